#pragma once

#include "ops/grad_context.h"
#include "ops/op_def.h"

namespace tern {

/// All branches become their forward variants; each also gives placeholders
/// for what only the others save.
ForwardVariant if_forward_variant(const Tensors& inputs,
                                  const Attrs& attrs,
                                  const std::vector<bool>& watched);
ForwardVariant case_forward_variant(const Tensors& inputs,
                                    const Attrs& attrs,
                                    const std::vector<bool>& watched);
/// The same choice among the backward functions of the branches.
void if_gradient(GradContext& g);
void case_gradient(GradContext& g);

}  // namespace tern
