#pragma once

#include <span>

#include "ops/op_def.h"
#include "tern/core/inlined_vector.h"

namespace tern {

using Inputs = InlinedVector<Tensor, 4>;

/// The inputs with literals bound to the dtype of the firm operands that share
/// their type attr, as TensorFlow does with Python values.
Inputs bind_weak_inputs(const OpDef& op,
                        std::span<const Tensor> inputs,
                        const Attrs& attrs);

/// A literal as a tensor of its own dtype; other tensors as they are. A watched
/// literal stays connected to what is computed from it.
Tensor bind_literal(const Tensor& tensor);

}  // namespace tern
