#pragma once

#include "tern/core/tensor.h"

namespace tern {

/// Whether tensors of this dtype carry gradients; handles and lists stand for
/// their contents.
bool is_differentiable(DType dtype);

/// Zeros as the gradient of `source` would be: of its own shape, or of that of
/// the variable which a handle stands for.
Tensor zero_gradient(const Tensor& source);

}  // namespace tern
