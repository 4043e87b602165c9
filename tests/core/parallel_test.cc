#include "tern/core/parallel.h"

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <mutex>
#include <numeric>
#include <thread>
#include <vector>

#include "core/lane.h"
#include "tern/core/error.h"

namespace tern {
namespace {

/// Sets the number of threads back at the end of a test.
class ThreadsScope {
 public:
  explicit ThreadsScope(int n) : before_(num_threads()) { set_num_threads(n); }
  ~ThreadsScope() { set_num_threads(before_); }

 private:
  int before_;
};

TEST_CASE("pieces cover the range once and start at multiples of the grain",
          "[threads]") {
  ThreadsScope threads(4);
  for (std::int64_t size : {0, 1, 9, 10, 11, 1000, 1001}) {
    std::vector<int> visits(static_cast<std::size_t>(size));
    std::atomic<int> misplaced = 0;
    parallel_for(size, 10, [&](std::int64_t begin, std::int64_t end) {
      if (begin % 10 != 0 || end > size || end - begin > 10) ++misplaced;
      for (std::int64_t i = begin; i < end; ++i)
        ++visits[static_cast<std::size_t>(i)];
    });
    CHECK(misplaced == 0);
    CHECK(std::accumulate(visits.begin(), visits.end(), 0) == size);
    CHECK(std::ranges::count(visits, 1) == size);
  }
}

TEST_CASE("sums over pieces have the same bits for any number of threads",
          "[threads]") {
  auto sum = [](int n) {
    ThreadsScope threads(n);
    std::vector<float> partial(100);
    parallel_for(100000, 1000, [&](std::int64_t begin, std::int64_t end) {
      float s = 0;
      for (std::int64_t i = begin; i < end; ++i)
        s += 1.f / static_cast<float>(i + 1);
      partial[static_cast<std::size_t>(begin / 1000)] = s;
    });
    return std::accumulate(partial.begin(), partial.end(), 0.f);
  };
  float one = sum(1);
  for (int n : {2, 3, 4, 8}) CHECK(sum(n) == one);
}

TEST_CASE("the exception of the first failing piece reaches the caller",
          "[threads]") {
  for (int n : {1, 4}) {
    ThreadsScope threads(n);
    for (int repeat = 0; repeat < 50; ++repeat)
      CHECK_THROWS_WITH(parallel_for(1000,
                                     10,
                                     [](std::int64_t begin, std::int64_t) {
                                       if (begin >= 300)
                                         throw NotFoundError("at ", begin);
                                     }),
                        "at 300");
    // The next loop works as if nothing had happened.
    std::atomic<int> pieces = 0;
    parallel_for(1000, 10, [&](std::int64_t, std::int64_t) { ++pieces; });
    CHECK(pieces == 100);
  }
}

TEST_CASE("nested loops run on the calling thread", "[threads]") {
  ThreadsScope threads(4);
  std::atomic<int> strangers = 0, inner = 0;
  parallel_for(16, 1, [&](std::int64_t, std::int64_t) {
    std::thread::id self = std::this_thread::get_id();
    if (num_threads() != 1) ++strangers;
    parallel_for(100, 10, [&](std::int64_t, std::int64_t) {
      ++inner;
      if (std::this_thread::get_id() != self) ++strangers;
    });
  });
  CHECK(inner == 160);
  CHECK(strangers == 0);
  CHECK(num_threads() == 4);
}

TEST_CASE("concurrent callers share the cores", "[threads]") {
  ThreadsScope threads(4);
  std::atomic<int> working = 0, most = 0;
  std::atomic<std::int64_t> total = 0;
  std::vector<std::thread> callers;
  for (int t = 0; t < 8; ++t)
    callers.emplace_back([&] {
      for (int i = 0; i < 50; ++i)
        parallel_for(64, 1, [&](std::int64_t begin, std::int64_t end) {
          int now = ++working;
          int known = most;
          while (now > known && !most.compare_exchange_weak(known, now)) {
          }
          total += end - begin;
          --working;
        });
    });
  for (std::thread& caller : callers) caller.join();
  CHECK(total == 8 * 50 * 64);
  // One team of four at most; the other callers are alone.
  CHECK(most <= 4 + 7);
}

TEST_CASE("a lane bounds the threads of its owner alone", "[threads]") {
  ThreadsScope threads(4);
  {
    Lane lane(1);
    CHECK(num_threads() == 1);
    std::thread::id self = std::this_thread::get_id();
    std::atomic<int> strangers = 0;
    parallel_for(100, 1, [&](std::int64_t, std::int64_t) {
      if (std::this_thread::get_id() != self) ++strangers;
    });
    CHECK(strangers == 0);
    int elsewhere = 0;
    std::thread([&] { elsewhere = num_threads(); }).join();
    CHECK(elsewhere == 4);
  }
  CHECK(num_threads() == 4);
  CHECK_THROWS_AS(Lane(0), InvalidArgumentError);
  CHECK_THROWS_AS(set_num_threads(0), InvalidArgumentError);
}

}  // namespace
}  // namespace tern
