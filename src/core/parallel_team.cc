#include "core/parallel_team.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#ifdef __SSE2__
#include <immintrin.h>
#endif

namespace tern::detail {
namespace {

/// How often a thread looks for work, or for the end of others' work, before it
/// sleeps: some 20 microseconds. Loops often follow one another at once, and
/// waking a thread costs as much as a small loop.
constexpr int kLooks = 2000;

void pause() {
#ifdef __SSE2__
  _mm_pause();
#else
  std::this_thread::yield();
#endif
}

/// Whether `ready` came true while looking.
template <class Ready>
bool look_for(Ready ready) {
  for (int i = 0; i < kLooks; ++i) {
    if (ready()) return true;
    pause();
  }
  return ready();
}

/// One call of run_on_team. Each entry of the queue is a place in its team.
struct Job {
  void (*work)(void*);
  void* argument;
  std::atomic<int> running{0};  // changed under the pool's mutex
};

/// The process's threads beside its callers. They stay for good: nobody can
/// know when the last loop was.
class ThreadPool {
 public:
  static ThreadPool& instance() {
    static ThreadPool& pool = *new ThreadPool;
    return pool;
  }

  void run(int threads, void (*work)(void*), void* argument) {
    Job job{.work = work, .argument = argument};
    bool wake = false;
    {
      std::lock_guard lock(mutex_);
      places_.insert(
          places_.end(), static_cast<std::size_t>(threads - 1), &job);
      num_places_.store(places_.size(), std::memory_order_release);
      for (; size_ < threads - 1; ++size_)
        std::thread([this] { serve(); }).detach();
      wake = sleepers_ > 0;
    }
    if (wake) work_came_.notify_all();
    work(argument);
    std::unique_lock lock(mutex_);
    // Places nobody took are not needed any more: the work is done.
    std::erase(places_, &job);
    num_places_.store(places_.size(), std::memory_order_release);
    lock.unlock();
    auto is_done = [&] {
      return job.running.load(std::memory_order_acquire) == 0;
    };
    if (look_for(is_done)) return;
    lock.lock();
    job_ended_.wait(lock, is_done);
  }

 private:
  [[noreturn]] void serve() {
    for (;;) {
      look_for(
          [this] { return num_places_.load(std::memory_order_acquire) > 0; });
      std::unique_lock lock(mutex_);
      ++sleepers_;
      work_came_.wait(lock, [this] { return !places_.empty(); });
      --sleepers_;
      Job* job = places_.front();
      places_.pop_front();
      num_places_.store(places_.size(), std::memory_order_release);
      job->running.fetch_add(1, std::memory_order_relaxed);
      lock.unlock();
      job->work(job->argument);
      lock.lock();
      // The caller may leave, and the job with it, once this is zero.
      bool last = job->running.fetch_sub(1, std::memory_order_release) == 1;
      lock.unlock();
      if (last) job_ended_.notify_all();
    }
  }

  std::mutex mutex_;
  std::condition_variable work_came_, job_ended_;
  std::deque<Job*> places_;
  std::atomic<std::size_t> num_places_{0};
  int sleepers_ = 0;
  int size_ = 0;
};

}  // namespace

void run_on_team(int threads, void (*work)(void*), void* argument) {
  ThreadPool::instance().run(threads, work, argument);
}

}  // namespace tern::detail
