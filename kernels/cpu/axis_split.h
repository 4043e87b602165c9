#pragma once

#include <algorithm>
#include <cstdint>

#include "tern/core/parallel.h"
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

/// Calls body(offset, outer, column, width) for all columns, at most `widest`
/// next to each other at a time, from several threads; `offset` is that of the
/// first element.
template <class Body>
void for_columns(const AxisSplit& split,
                 std::int64_t widest,
                 const Body& body) {
  const std::int64_t pieces = (split.inner + widest - 1) / widest;
  const std::int64_t work = split.size * std::min(split.inner, widest);
  parallel_for(
      split.outer * pieces,
      std::max<std::int64_t>(1, 32768 / std::max<std::int64_t>(1, work)),
      [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
          const std::int64_t outer = i / pieces;
          const std::int64_t column = i % pieces * widest;
          body(outer * split.size * split.inner + column,
               outer,
               column,
               std::min(widest, split.inner - column));
        }
      });
}

}  // namespace tern::kernels
