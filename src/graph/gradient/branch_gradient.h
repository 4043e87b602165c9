#pragma once

#include "ops/grad_context.h"
#include "ops/op_def.h"

namespace tern {

/// Both branches become their forward variants; each also gives placeholders
/// for what only the other one saves.
ForwardVariant branch_forward_variant(const Tensors& inputs,
                                      const Attrs& attrs,
                                      const std::vector<bool>& watched);
/// An If over the backward functions of both branches.
void branch_gradient(GradContext& g);

}  // namespace tern
