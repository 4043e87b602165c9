#pragma once

#include <cstdint>

#include "tern/core/shape.h"

namespace tern::kernels {

/// A row-major tensor seen as [outer, size, inner] around one axis.
struct AxisSplit {
  std::int64_t outer = 1, size = 1, inner = 1;
};

/// `axis` lies in the shape's rank; negative ones count from the end.
inline AxisSplit split_at(const Shape& shape, std::int64_t axis) {
  if (axis < 0) axis += shape.rank();
  AxisSplit split;
  for (int i = 0; i < shape.rank(); ++i)
    (i < axis ? split.outer : i == axis ? split.size : split.inner) *= shape[i];
  return split;
}

}  // namespace tern::kernels
