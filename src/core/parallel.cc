// Parallel loops: who gets how many threads.
//
// A process-wide budget of cores keeps concurrent callers from getting in each
// other's way. A caller that is alone gets all of them; several get a fair
// share of those that are free, at least themselves.

#include "tern/core/parallel.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <exception>
#include <limits>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "core/lane.h"
#include "core/parallel_team.h"
#include "core/subnormals.h"
#include "tern/core/error.h"

namespace tern {
namespace {

/// 0 where the variable is not set to a positive number.
int threads_from(const char* variable) {
  const char* text = std::getenv(variable);
  return text ? std::max(std::atoi(text), 0) : 0;
}

int default_threads() {
  for (const char* variable : {"TERN_NUM_THREADS", "OMP_NUM_THREADS"})
    if (int threads = threads_from(variable)) return threads;
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

std::atomic<int>& total_threads() {
  static std::atomic<int> threads{default_threads()};
  return threads;
}

/// Cores at work in parallel loops now.
std::atomic<int> busy_cores{0};
/// Threads that are at work in or between loops (AtWork).
std::atomic<int> callers{0};

/// Of a thread. Programs ask at each run: no call to find them.
struct ThreadState {
  int lane_size = 0;  // 0: a caller that is its own lane
  bool in_loop = false;
  bool is_at_work = false;
};
[[gnu::tls_model("initial-exec")]] constinit thread_local ThreadState self;

/// Takes up to `wanted` cores from the budget, at least one: a loop never
/// waits.
class Share {
 public:
  explicit Share(int wanted) {
    int total = total_threads().load(std::memory_order_relaxed);
    int others =
        callers.load(std::memory_order_relaxed) - (self.is_at_work ? 1 : 0);
    if (self.lane_size == 0) wanted = std::min(wanted, total / (others + 1));
    int busy = busy_cores.load(std::memory_order_relaxed);
    do {
      size_ = std::max(1, std::min(wanted, total - busy));
    } while (!busy_cores.compare_exchange_weak(
        busy, busy + size_, std::memory_order_acq_rel));
  }
  ~Share() { busy_cores.fetch_sub(size_, std::memory_order_acq_rel); }
  Share(const Share&) = delete;
  int size() const { return size_; }

 private:
  int size_;
};

/// One parallel loop: threads take its pieces in order.
class Loop {
 public:
  Loop(std::int64_t size,
       std::int64_t grain,
       detail::RangeFunction function,
       void* context)
      : size_(size), grain_(grain), function_(function), context_(context) {}

  std::int64_t pieces() const { return (size_ - 1) / grain_ + 1; }

  /// Runs pieces until none is left. Exceptions are kept.
  void work() noexcept {
    FlushSubnormals flush;  // threads of a team have their own modes
    bool was_in_loop = std::exchange(self.in_loop, true);
    std::int64_t count = pieces();
    for (;;) {
      std::int64_t piece = next_.fetch_add(1, std::memory_order_relaxed);
      if (piece >= count) break;
      try {
        run(piece);
      } catch (...) {
        keep(piece, std::current_exception());
        next_.store(count, std::memory_order_relaxed);
      }
    }
    self.in_loop = was_in_loop;
  }

  /// On this thread alone; exceptions pass.
  void run_all() {
    for (std::int64_t piece = 0; piece < pieces(); ++piece) run(piece);
  }

  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  void run(std::int64_t piece) {
    std::int64_t begin = piece * grain_;
    function_(context_, begin, std::min(size_, begin + grain_));
  }

  /// All pieces before a piece that runs have begun, so the error of the first
  /// failing piece is found whatever the timing.
  void keep(std::int64_t piece, std::exception_ptr error) {
    std::lock_guard lock(mutex_);
    if (piece >= failed_piece_) return;
    failed_piece_ = piece;
    error_ = std::move(error);
  }

  const std::int64_t size_, grain_;
  const detail::RangeFunction function_;
  void* const context_;
  std::atomic<std::int64_t> next_{0};
  std::mutex mutex_;
  std::int64_t failed_piece_ = std::numeric_limits<std::int64_t>::max();
  std::exception_ptr error_;
};

}  // namespace

int num_threads() {
  if (self.in_loop) return 1;
  return self.lane_size > 0 ? self.lane_size
                            : total_threads().load(std::memory_order_relaxed);
}

void set_num_threads(int n) {
  if (n < 1)
    throw InvalidArgumentError(
        "set_num_threads: ", n, " threads, must be >= 1");
  total_threads().store(n, std::memory_order_relaxed);
}

Lane::Lane(int size) : previous_(std::exchange(self.lane_size, size)) {
  if (size < 1) {
    self.lane_size = previous_;
    throw InvalidArgumentError("a lane of ", size, " threads, must be >= 1");
  }
}

Lane::~Lane() { self.lane_size = previous_; }

AtWork::AtWork() : counts_(!std::exchange(self.is_at_work, true)) {
  if (counts_) callers.fetch_add(1, std::memory_order_relaxed);
}

AtWork::~AtWork() {
  if (!counts_) return;
  self.is_at_work = false;
  callers.fetch_sub(1, std::memory_order_relaxed);
}

void detail::parallel_ranges(std::int64_t size,
                             std::int64_t grain,
                             RangeFunction function,
                             void* context) {
  if (size <= 0) return;
  Loop loop(size, std::max<std::int64_t>(grain, 1), function, context);
  if (self.in_loop || loop.pieces() == 1) {
    loop.run_all();
    return;
  }
  Share share(num_threads());
  if (share.size() == 1)
    loop.work();
  else
    run_on_team(
        share.size(),
        [](void* work) { static_cast<Loop*>(work)->work(); },
        &loop);
  loop.rethrow();
}

}  // namespace tern
