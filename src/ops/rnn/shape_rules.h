#pragma once

#include <cstdint>

#include "tern/core/error.h"
#include "tern/core/shape.h"

namespace tern {

/// -1 where it or the rank is not known.
inline std::int64_t dimension(const Shape& shape, int axis) {
  return shape.has_rank() ? shape[axis] : -1;
}

/// factor · size, unknown where size is.
inline std::int64_t multiple(std::int64_t size, std::int64_t factor) {
  if (size < 0) return -1;
  std::int64_t product;
  if (__builtin_mul_overflow(size, factor, &product))
    throw InvalidArgumentError(
        "Overflow of the product of dimensions ", size, " and ", factor);
  return product;
}

}  // namespace tern
