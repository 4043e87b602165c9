#pragma once

#include <span>

#include "ops/array/strided_slice_spec.h"
#include "tern/core/tensor.h"

namespace tern {

/// An indexing expression as the inputs and masks of StridedSlice (and of
/// ResourceStridedSliceAssign).
struct StridedSliceArguments {
  Tensor begin, end, strides;
  StridedSliceMasks masks;
};

/// Throws InvalidArgumentError for an index tensor that is no integer scalar.
StridedSliceArguments strided_slice_arguments(std::span<const Index> indices);

}  // namespace tern
