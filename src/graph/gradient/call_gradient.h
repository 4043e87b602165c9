#pragma once

#include "graph/graph.h"
#include "ops/grad_context.h"
#include "ops/op_def.h"

namespace tern {

/// A call of f becomes a call of f's forward variant.
ForwardVariant call_forward_variant(const Tensors& inputs,
                                    const Attrs& attrs,
                                    const std::vector<bool>& watched);
/// Calls the backward function of the variant.
void call_gradient(GradContext& g);

/// Calls `function` in the context of this thread: an op that tapes see.
Tensors call_function(const GraphFunctionPtr& function, Tensors inputs);

}  // namespace tern
