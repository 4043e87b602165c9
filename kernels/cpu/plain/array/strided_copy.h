#pragma once

#include <cstdint>
#include <vector>

#include "tern/core/dtype.h"
#include "tern/core/shape.h"

namespace tern {

/// One axis of a box of elements that lies in two layouts. Strides count
/// elements; they may be zero (repeat) or negative (reverse).
struct StridedAxis {
  std::int64_t size;
  std::int64_t from;
  std::int64_t to;
};

/// Copies a box: the element at index (i, j, ...) from
/// from[i * from_i + j * from_j + ...] to to[i * to_i + ...]. Axes are listed
/// outermost first, best in the order of the target. The two memories must not
/// overlap, nor two elements share a place in the target.
/// Any dtype; uses this lane's threads when the box is large.
void strided_copy(DType dtype,
                  const void* from,
                  void* to,
                  std::vector<StridedAxis> axes);

/// Writes `count` copies of the element at `value`.
void fill_elements(DType dtype,
                   void* to,
                   const void* value,
                   std::int64_t count);

/// Row-major strides of a fully known shape.
std::vector<std::int64_t> row_major_strides(const Shape& shape);

/// The address `offset` elements behind `base`.
inline const void* at(DType dtype, const void* base, std::int64_t offset) {
  return static_cast<const char*>(base) +
         offset * static_cast<std::int64_t>(dtype.size());
}
inline void* at(DType dtype, void* base, std::int64_t offset) {
  return static_cast<char*>(base) +
         offset * static_cast<std::int64_t>(dtype.size());
}

}  // namespace tern
