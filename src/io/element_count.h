#pragma once

#include <cstdint>
#include <span>

namespace tern::io {

/// Product of sizes read from outside: -1 when it exceeds `limit`, when it
/// would overflow, or when a size is negative. Any size 0 makes it 0.
inline std::int64_t element_count(std::span<const std::int64_t> dims,
                                  std::int64_t limit) {
  bool empty = false;
  for (std::int64_t size : dims) {
    if (size < 0) return -1;
    empty = empty || size == 0;
  }
  if (empty) return 0;
  std::int64_t count = 1;
  for (std::int64_t size : dims) {
    if (count > limit / size) return -1;
    count *= size;
  }
  return count;
}

}  // namespace tern::io
