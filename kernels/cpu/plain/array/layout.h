#pragma once

#include "ops/array/strided_slice_spec.h"
#include "tern/core/tensor.h"

namespace tern {

/// Writes `value`, broadcast, into the slice that `plan` describes of elements
/// at `data` whose shape is `whole`.
void assign_strided_slice(const StridedSlicePlan& plan,
                          const Tensor& value,
                          const Shape& whole,
                          void* data);

}  // namespace tern
