#include "core/parallel_team.h"

#ifdef TERN_PARALLEL_STD_THREAD

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace tern::detail {
namespace {

/// One call of run_on_team. Each entry of the queue is a place in its team.
struct Job {
  void (*work)(void*);
  void* argument;
  int running = 0;
  std::condition_variable done;
};

/// Threads that stay for the life of the process. For builds under
/// ThreadSanitizer, which does not see OpenMP's synchronisation.
class ThreadPool {
 public:
  static ThreadPool& instance() {
    static ThreadPool& pool = *new ThreadPool;
    return pool;
  }

  void run(int threads, void (*work)(void*), void* argument) {
    Job job{.work = work, .argument = argument, .done = {}};
    {
      std::lock_guard lock(mutex_);
      places_.insert(
          places_.end(), static_cast<std::size_t>(threads - 1), &job);
      for (; size_ < threads - 1; ++size_)
        std::thread([this] { serve(); }).detach();
    }
    wake_.notify_all();
    work(argument);
    std::unique_lock lock(mutex_);
    // Places nobody took are not needed any more: the work is done.
    std::erase(places_, &job);
    job.done.wait(lock, [&] { return job.running == 0; });
  }

 private:
  [[noreturn]] void serve() {
    std::unique_lock lock(mutex_);
    for (;;) {
      wake_.wait(lock, [this] { return !places_.empty(); });
      Job* job = places_.front();
      places_.pop_front();
      ++job->running;
      lock.unlock();
      job->work(job->argument);
      lock.lock();
      if (--job->running == 0) job->done.notify_one();
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job*> places_;
  int size_ = 0;
};

}  // namespace

void run_on_team(int threads, void (*work)(void*), void* argument) {
  ThreadPool::instance().run(threads, work, argument);
}

bool in_foreign_team() { return false; }

}  // namespace tern::detail

#else

#include <omp.h>

namespace tern::detail {

void run_on_team(int threads, void (*work)(void*), void* argument) {
#pragma omp parallel num_threads(threads)
  work(argument);
}

bool in_foreign_team() { return omp_in_parallel(); }

}  // namespace tern::detail

#endif
