#pragma once

#include <cstddef>
#include <cstdint>

namespace tern {

/// Counters of an allocator, in bytes unless said otherwise.
struct AllocatorStatistics {
  std::int64_t allocations = 0;        ///< calls of allocate so far
  std::int64_t bytes_in_use = 0;       ///< handed out now
  std::int64_t peak_bytes_in_use = 0;  ///< largest value of bytes_in_use
  std::int64_t bytes_reserved = 0;     ///< handed out or kept for reuse
  std::int64_t largest_allocation = 0;
  std::int64_t bytes_limit = 0;  ///< 0: no limit
};

/// A source of memory for tensor buffers, aligned to 64 bytes. Thread-safe.
class Allocator {
 public:
  virtual ~Allocator() = default;
  /// Throws ResourceExhaustedError when the limit or the system refuses.
  virtual void* allocate(std::size_t bytes) = 0;
  /// `bytes` must be what was asked for.
  virtual void deallocate(void* pointer, std::size_t bytes) noexcept = 0;
  virtual AllocatorStatistics statistics() const = 0;
  /// Sets peak and largest allocation back to the present state.
  virtual void reset_peak() = 0;
  /// Refuses to go beyond `bytes` in use; 0 lifts the limit.
  virtual void set_limit(std::int64_t bytes) = 0;
  /// Returns memory kept for reuse to the system.
  virtual void release_cached() = 0;
};

/// Host memory: large blocks are kept and reused, since the system would map
/// and clear them anew each time.
Allocator& cpu_allocator();

}  // namespace tern
