#include "tern/core/allocator.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <cstring>
#include <mutex>
#include <thread>
#include <vector>

#include "tern/core/error.h"
#include "tern/core/tensor.h"

namespace tern {
namespace {

using Catch::Matchers::Contains;

/// Lifts the limit at the end of a test, however it ends.
struct LimitScope {
  explicit LimitScope(std::int64_t bytes) { cpu_allocator().set_limit(bytes); }
  ~LimitScope() { cpu_allocator().set_limit(0); }
};

TEST_CASE("statistics follow what is in use") {
  Allocator& allocator = cpu_allocator();
  allocator.reset_peak();
  AllocatorStatistics before = allocator.statistics();
  {
    Tensor tensor = Tensor::allocate(float32, {1 << 20});
    AllocatorStatistics during = allocator.statistics();
    CHECK(during.bytes_in_use - before.bytes_in_use >= 4 << 20);
    CHECK(during.bytes_in_use - before.bytes_in_use < (4 << 20) + 4096);
    CHECK(during.allocations == before.allocations + 1);
    CHECK(during.largest_allocation >= 4 << 20);
  }
  AllocatorStatistics after = allocator.statistics();
  CHECK(after.bytes_in_use == before.bytes_in_use);
  CHECK(after.peak_bytes_in_use - before.bytes_in_use >= 4 << 20);
  allocator.reset_peak();
  CHECK(allocator.statistics().peak_bytes_in_use == after.bytes_in_use);
}

TEST_CASE("a large block is reused and given back on request") {
  Allocator& allocator = cpu_allocator();
  void* first = allocator.allocate(10 << 20);
  allocator.deallocate(first, 10 << 20);
  CHECK(allocator.statistics().bytes_reserved -
            allocator.statistics().bytes_in_use >=
        10 << 20);
  void* second = allocator.allocate((10 << 20) - 100);
  CHECK(first == second);
  allocator.deallocate(second, (10 << 20) - 100);
  allocator.release_cached();
  AllocatorStatistics statistics = allocator.statistics();
  CHECK(statistics.bytes_reserved == statistics.bytes_in_use);
}

TEST_CASE("blocks of every size are aligned and apart from each other") {
  Allocator& allocator = cpu_allocator();
  std::vector<std::pair<unsigned char*, std::size_t>> blocks;
  for (std::size_t size = 1; size < 300000; size += 1 + size / 7) {
    auto* block = static_cast<unsigned char*>(allocator.allocate(size));
    CHECK(reinterpret_cast<std::uintptr_t>(block) % 64 == 0);
    std::memset(block, static_cast<int>(blocks.size() % 251), size);
    blocks.emplace_back(block, size);
  }
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    auto [block, size] = blocks[i];
    CHECK(block[0] == i % 251);
    CHECK(block[size - 1] == i % 251);
    allocator.deallocate(block, size);
  }
}

TEST_CASE("the limit refuses with the numbers in the error") {
  Allocator& allocator = cpu_allocator();
  std::int64_t in_use = allocator.statistics().bytes_in_use;
  LimitScope limit(in_use + (1 << 20));
  Tensor fits = Tensor::allocate(float32, {1000});
  CHECK_THROWS_WITH(
      Tensor::allocate(float32, {1 << 20}),
      Contains("OOM") && Contains(std::to_string((4 << 20) + 64)) &&
          Contains("bytes in use") &&
          Contains("limit " + std::to_string(in_use + (1 << 20))));
  CHECK_THROWS_AS(Tensor::allocate(float32, {1 << 20}), ResourceExhaustedError);
  CHECK(allocator.statistics().bytes_limit == in_use + (1 << 20));
  fits = Tensor();
  CHECK(allocator.statistics().bytes_in_use == in_use);
  CHECK_THROWS_AS(allocator.set_limit(-1), InvalidArgumentError);
}

TEST_CASE("blocks move between threads", "[threads]") {
  std::int64_t in_use = cpu_allocator().statistics().bytes_in_use;
  std::vector<Tensor> tensors;
  std::vector<std::thread> threads;
  std::mutex mutex;
  std::atomic<bool> overwritten = false;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 400; ++i) {
        Tensor mine(std::vector<int>(20 + 37 * (i % 30) * (i % 11), t));
        if (mine.values<int>().back() != t) overwritten = true;
        std::lock_guard lock(mutex);
        tensors.push_back(mine);
        if (tensors.size() > 50) tensors.erase(tensors.begin());
      }
    });
  for (std::thread& thread : threads) thread.join();
  CHECK_FALSE(overwritten);
  tensors.clear();
  CHECK(cpu_allocator().statistics().bytes_in_use == in_use);
}

}  // namespace
}  // namespace tern
