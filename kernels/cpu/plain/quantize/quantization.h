#pragma once

#include <cstdint>

#include "tern/core/dtype.h"
#include "tern/core/error.h"
#include "tern/core/shape.h"

namespace tern::quantize {

/// Calls visit(T{}) for the integer type that a quantized dtype is kept in.
template <class Visit>
void visit_quantized(DType dtype, Visit&& visit) {
  if (dtype == qint8) return visit(std::int8_t{});
  if (dtype == quint8) return visit(std::uint8_t{});
  if (dtype == qint16) return visit(std::int16_t{});
  if (dtype == quint16) return visit(std::uint16_t{});
  if (dtype == qint32) return visit(std::int32_t{});
  throw UnimplementedError(dtype.name(), " is not a quantized dtype");
}

/// A tensor as slices along an axis, each with a range of its own; axis -1
/// makes it one slice. Element i of it belongs to slice (i / inner) % slices.
struct Slices {
  Slices(const Shape& shape, std::int64_t axis) {
    if (axis < 0) return;
    count = shape[static_cast<int>(axis)];
    for (int i = static_cast<int>(axis) + 1; i < shape.rank(); ++i)
      inner *= shape[i];
  }
  /// visit(slice, begin, end) for runs of elements of one slice.
  template <class Visit>
  void for_each(std::int64_t size, Visit&& visit) const {
    if (count == 1) return visit(std::int64_t{0}, std::int64_t{0}, size);
    if (inner == 0) return;
    std::int64_t slice = 0;
    for (std::int64_t begin = 0; begin < size; begin += inner) {
      visit(slice, begin, begin + inner);
      slice = slice + 1 == count ? 0 : slice + 1;
    }
  }
  std::int64_t count = 1, inner = 1;
};

}  // namespace tern::quantize
