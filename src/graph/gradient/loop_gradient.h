#pragma once

#include "ops/grad_context.h"
#include "ops/op_def.h"

namespace tern {

/// The loop with a counter and one tensor list for each value that a step of
/// the backward loop needs; its initial lists are extra inputs.
ForwardVariant loop_forward_variant(const Tensors& inputs,
                                    const Attrs& attrs,
                                    const std::vector<bool>& watched);
/// A loop that runs the steps' backward functions from last to first.
void loop_gradient(GradContext& g);

}  // namespace tern
