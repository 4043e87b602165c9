#pragma once

#include <algorithm>
#include <cstddef>

namespace tern::io {

/// Reverses the bytes of each of `count` elements of `size` bytes.
inline void swap_bytes(void* data, std::size_t count, std::size_t size) {
  auto* bytes = static_cast<unsigned char*>(data);
  for (std::size_t i = 0; i < count; ++i, bytes += size)
    std::reverse(bytes, bytes + size);
}

/// Makes every byte 0 or 1: a bool of any other value is undefined in C++.
inline void normalize_bools(void* data, std::size_t count) {
  auto* bytes = static_cast<unsigned char*>(data);
  for (std::size_t i = 0; i < count; ++i) bytes[i] = bytes[i] != 0;
}

}  // namespace tern::io
