#pragma once

#include "ops/kernel.h"
#include "ops/list/tensor_list.h"

namespace tern {

// What the kernels of tensor lists share.

/// Input i as a partial shape; -1 stands for an unknown rank.
Shape list_shape_input(const KernelContext& context, int i);

/// The op's element_dtype must be the list's.
void check_element_dtype(const KernelContext& context, const TensorList& list);

/// What both the list and the op allow. Throws InvalidArgumentError.
Shape merged_element_shape(const TensorList& list, const Shape& asked);

Tensor zeros_of(DType dtype, const Shape& shape);

}  // namespace tern
