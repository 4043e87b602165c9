#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "tern/core/shape.h"

namespace tern {

/// The masks of StridedSlice: bit i speaks of entry i of begin/end/strides.
struct StridedSliceMasks {
  std::int64_t begin = 0;
  std::int64_t end = 0;
  std::int64_t ellipsis = 0;
  std::int64_t new_axis = 0;
  std::int64_t shrink_axis = 0;
};

/// What begin, end and strides say where they are known before running.
struct StridedSliceBounds {
  std::optional<std::vector<std::int64_t>> begin;
  std::optional<std::vector<std::int64_t>> end;
  std::vector<std::int64_t> strides;
};

/// A strided slice worked out against the shape it cuts.
struct StridedSlicePlan {
  /// One entry an input dimension; begin is meaningless where the input's
  /// dimension or the bounds are not known.
  std::vector<std::int64_t> begin;
  std::vector<std::int64_t> strides;
  /// Elements taken of each input dimension, -1 where not known.
  Shape taken;
  /// `taken` with new axes put in and shrunk ones left out.
  Shape result;
  /// Which input dimension each dimension of the result is, -1 for a new axis.
  std::vector<int> result_dims;
};

/// Resolves masks, ellipsis, new axes and negative bounds against `input`,
/// whose rank must be known. Throws InvalidArgumentError in TensorFlow's words.
StridedSlicePlan plan_strided_slice(const Shape& input,
                                    const StridedSliceBounds& bounds,
                                    const StridedSliceMasks& masks);

/// Throws InvalidArgumentError unless values of this shape can be assigned to
/// such a slice. One without elements takes any; one that is not fully known
/// is not checked.
void check_broadcasts_into(const Shape& slice, const Shape& value);

}  // namespace tern
