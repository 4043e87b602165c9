// The host allocator. Small blocks are cut by size class and kept per thread;
// large ones are kept for everybody, oldest out first, since the system would
// map and clear them anew each time.

#include "tern/core/allocator.h"

#include <sys/mman.h>
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#endif

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstdlib>
#include <mutex>

#include "tern/core/error.h"

namespace tern {
namespace {

constexpr std::size_t kAlignment = 64;
/// Blocks up to this size are small.
constexpr std::size_t kSmallBytes = 32 << 10;
constexpr std::size_t kHugePageBytes = 2 << 20;
/// From here on huge pages save more page faults than they waste memory.
constexpr std::size_t kHugeBlockBytes = 4 << 20;
/// Room for the header in front of a tensor's elements: large classes are
/// round numbers of payload.
constexpr std::size_t kHeaderBytes = 64;
/// What a process can address on today's 64-bit machines.
constexpr std::size_t kAddressableBytes = std::size_t{1} << 47;
/// Unused memory kept even when little was ever in use.
constexpr std::int64_t kKeptBytes = 256 << 20;
#ifdef __SANITIZE_ADDRESS__
constexpr std::size_t kThreadBytes = 0;  // let the sanitizer see every block
#else
constexpr std::size_t kThreadBytes = 64 << 10;  // per class and thread
#endif

/// Size classes: powers of two from 64 on, each with three steps between it
/// and the next: 64, 80 -> 128 (multiples of the alignment), ..., 1024, 1280,
/// 1536, 1792, 2048, ...
struct SizeClass {
  int index;
  std::size_t bytes;
};

constexpr SizeClass size_class(std::size_t bytes) {
  if (bytes <= kAlignment) return {0, kAlignment};
  // bytes lies in (2^e, 2^(e+1)], cut in four.
  int exponent = static_cast<int>(std::bit_width(bytes - 1)) - 1;
  std::size_t step = std::size_t{1} << (exponent - 2);
  std::size_t base = std::size_t{1} << exponent;
  std::size_t quarter = (bytes - base + step - 1) / step;
  return {(exponent - 6) * 4 + static_cast<int>(quarter),
          base + quarter * step};
}

constexpr int kSmallClasses = size_class(kSmallBytes).index + 1;
constexpr int kLargeClasses = 4 * 58;

/// A block nobody uses; large ones are also in the order of their release.
struct FreeBlock {
  FreeBlock* next;
  FreeBlock* previous;
  FreeBlock* younger;
  FreeBlock* older;
  std::size_t bytes;
  int bin;
};

/// Under AddressSanitizer nobody may touch a block while it is kept.
void hide([[maybe_unused]] FreeBlock* block) {
#ifdef __SANITIZE_ADDRESS__
  __asan_poison_memory_region(block + 1, block->bytes - sizeof *block);
#endif
}
void reveal([[maybe_unused]] FreeBlock* block) {
#ifdef __SANITIZE_ADDRESS__
  __asan_unpoison_memory_region(block, block->bytes);
#endif
}

void* allocate_from_system(std::size_t bytes) {
  bool huge = bytes >= kHugeBlockBytes;
  std::size_t alignment = huge ? kHugePageBytes : kAlignment;
  std::size_t rounded = (bytes + alignment - 1) / alignment * alignment;
  void* block = std::aligned_alloc(alignment, rounded);
#ifdef MADV_HUGEPAGE
  if (block && huge) madvise(block, rounded, MADV_HUGEPAGE);
#endif
  return block;
}

std::size_t small_block_bytes(int index) {
  std::size_t exponent = static_cast<std::size_t>(index) / 4 + 6;
  std::size_t quarter = static_cast<std::size_t>(index) % 4;
  std::size_t bytes = (std::size_t{4} + quarter) << (exponent - 2);
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

/// Small blocks of one thread. No destructor, as the pool of tensor headers:
/// see ThreadReaper.
struct ThreadCache {
  std::array<FreeBlock*, kSmallClasses> heads;
  std::array<std::uint16_t, kSmallClasses> counts;
  bool open;
  bool closed;
};
[[gnu::tls_model("initial-exec")]] constinit thread_local ThreadCache cache{};

void release_thread_cache() noexcept {
  for (int i = 0; i < kSmallClasses; ++i) {
    auto index = static_cast<std::size_t>(i);
    while (FreeBlock* block = cache.heads[index]) {
      cache.heads[index] = block->next;
      std::free(block);
    }
    cache.counts[index] = 0;
  }
}

struct ThreadReaper {
  ~ThreadReaper() {
    cache.open = false;
    cache.closed = true;
    release_thread_cache();
  }
};

[[gnu::noinline]] bool open_thread_cache() {
  if (cache.closed) return false;
  [[maybe_unused]] static thread_local ThreadReaper reaper;
  return cache.open = kThreadBytes > 0;
}

/// Large blocks kept for reuse.
class LargeBlocks {
 public:
  /// Null when there is none of this class.
  void* take(int bin) {
    std::lock_guard lock(mutex_);
    FreeBlock* block = bins_[static_cast<std::size_t>(bin)];
    if (block) unlink(block);
    return block;
  }

  /// Keeps the block; frees the oldest ones while more than `bound` bytes are
  /// kept.
  void give(void* memory, int bin, std::size_t bytes, std::int64_t bound) {
    std::lock_guard lock(mutex_);
    FreeBlock*& head = bins_[static_cast<std::size_t>(bin)];
    auto* block =
        new (memory) FreeBlock{head, nullptr, nullptr, youngest_, bytes, bin};
    if (head) head->previous = block;
    head = block;
    (youngest_ ? youngest_->younger : oldest_) = block;
    youngest_ = block;
    kept_ += static_cast<std::int64_t>(bytes);
    hide(block);
    trim(bound);
  }

  void release_all() {
    std::lock_guard lock(mutex_);
    trim(0);
  }

  std::int64_t kept() const {
    std::lock_guard lock(mutex_);
    return kept_;
  }

 private:
  void trim(std::int64_t bound) {
    while (kept_ > bound && oldest_) {
      FreeBlock* block = oldest_;
      unlink(block);
      std::free(block);
    }
  }

  void unlink(FreeBlock* block) {
    if (block->next) block->next->previous = block->previous;
    (block->previous ? block->previous->next
                     : bins_[static_cast<std::size_t>(block->bin)]) =
        block->next;
    (block->younger ? block->younger->older : youngest_) = block->older;
    (block->older ? block->older->younger : oldest_) = block->younger;
    kept_ -= static_cast<std::int64_t>(block->bytes);
    reveal(block);
  }

  mutable std::mutex mutex_;
  std::array<FreeBlock*, kLargeClasses> bins_{};
  FreeBlock* youngest_ = nullptr;
  FreeBlock* oldest_ = nullptr;
  std::int64_t kept_ = 0;
};

void raise_to(std::atomic<std::int64_t>& maximum, std::int64_t value) {
  std::int64_t known = maximum.load(std::memory_order_relaxed);
  while (value > known && !maximum.compare_exchange_weak(
                              known, value, std::memory_order_relaxed)) {
  }
}

class CpuAllocator : public Allocator {
 public:
  void* allocate(std::size_t bytes) override {
    std::int64_t asked = account(bytes);
    void* block = bytes <= kSmallBytes ? take_small(bytes) : take_large(bytes);
    if (!block) {
      in_use_.fetch_sub(asked, std::memory_order_relaxed);
      throw_exhausted(bytes, "the system has no more memory");
    }
    return block;
  }

  void deallocate(void* pointer, std::size_t bytes) noexcept override {
    in_use_.fetch_sub(static_cast<std::int64_t>(bytes),
                      std::memory_order_relaxed);
    if (bytes <= kSmallBytes)
      give_small(pointer, bytes);
    else
      give_large(pointer, bytes);
  }

  AllocatorStatistics statistics() const override {
    AllocatorStatistics statistics;
    statistics.allocations = allocations_.load(std::memory_order_relaxed);
    statistics.bytes_in_use = in_use_.load(std::memory_order_relaxed);
    statistics.peak_bytes_in_use = peak_.load(std::memory_order_relaxed);
    statistics.bytes_reserved = statistics.bytes_in_use + large_.kept();
    statistics.largest_allocation = largest_.load(std::memory_order_relaxed);
    statistics.bytes_limit = limit_.load(std::memory_order_relaxed);
    return statistics;
  }

  void reset_peak() override {
    peak_.store(in_use_.load(std::memory_order_relaxed),
                std::memory_order_relaxed);
    largest_.store(0, std::memory_order_relaxed);
  }

  void set_limit(std::int64_t bytes) override {
    if (bytes < 0)
      throw InvalidArgumentError("memory limit ", bytes, " is negative");
    limit_.store(bytes, std::memory_order_relaxed);
  }

  void release_cached() override {
    release_thread_cache();
    large_.release_all();
  }

 private:
  /// Counts `bytes` as in use, unless the limit forbids it.
  std::int64_t account(std::size_t bytes) {
    if (bytes > kAddressableBytes)
      throw_exhausted(bytes, "more than can be addressed");
    auto asked = static_cast<std::int64_t>(bytes);
    std::int64_t used =
        in_use_.fetch_add(asked, std::memory_order_relaxed) + asked;
    std::int64_t limit = limit_.load(std::memory_order_relaxed);
    if (limit > 0 && used > limit) {
      in_use_.fetch_sub(asked, std::memory_order_relaxed);
      throw_exhausted(bytes, "beyond the limit");
    }
    allocations_.fetch_add(1, std::memory_order_relaxed);
    raise_to(peak_, used);
    raise_to(largest_, asked);
    return asked;
  }

  void* take_small(std::size_t bytes) {
    auto index = static_cast<std::size_t>(size_class(bytes).index);
    if (FreeBlock* block = cache.heads[index]) {
      cache.heads[index] = block->next;
      --cache.counts[index];
      return block;
    }
    return from_system(small_block_bytes(static_cast<int>(index)));
  }

  void give_small(void* pointer, std::size_t bytes) noexcept {
    int index = size_class(bytes).index;
    auto i = static_cast<std::size_t>(index);
    bool open = cache.open || open_thread_cache();
    if (!open || cache.counts[i] * small_block_bytes(index) >= kThreadBytes) {
      std::free(pointer);
      return;
    }
    auto* block = static_cast<FreeBlock*>(pointer);
    block->next = cache.heads[i];
    cache.heads[i] = block;
    ++cache.counts[i];
  }

  void* take_large(std::size_t bytes) {
    SizeClass bin = size_class(bytes - kHeaderBytes);
    if (void* block = large_.take(bin.index)) return block;
    return from_system(bin.bytes + kHeaderBytes);
  }

  void give_large(void* pointer, std::size_t bytes) noexcept {
    SizeClass bin = size_class(bytes - kHeaderBytes);
    std::int64_t bound =
        std::max(kKeptBytes, peak_.load(std::memory_order_relaxed));
    large_.give(pointer, bin.index, bin.bytes + kHeaderBytes, bound);
  }

  /// Null when even returning all unused memory does not help.
  void* from_system(std::size_t bytes) {
    if (void* block = allocate_from_system(bytes)) return block;
    release_cached();
    return allocate_from_system(bytes);
  }

  [[noreturn]] void throw_exhausted(std::size_t bytes, const char* reason) {
    throw ResourceExhaustedError(
        "OOM when allocating ",
        bytes,
        " bytes on /device:CPU:0: ",
        reason,
        " (",
        in_use_.load(),
        " bytes in use, limit ",
        limit_.load() ? std::to_string(limit_.load()) : "none",
        ")");
  }

  std::atomic<std::int64_t> in_use_{0};
  std::atomic<std::int64_t> peak_{0};
  std::atomic<std::int64_t> allocations_{0};
  std::atomic<std::int64_t> largest_{0};
  std::atomic<std::int64_t> limit_{0};
  LargeBlocks large_;
};

}  // namespace

Allocator& cpu_allocator() {
  // Never destroyed: tensors of static life are freed after everything else.
  static CpuAllocator& allocator = *new CpuAllocator;
  return allocator;
}

}  // namespace tern
