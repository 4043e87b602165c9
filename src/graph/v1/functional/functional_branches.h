#pragma once

#include <memory>

#include "graph/v1/functional/function_builder.h"

namespace tern::v1 {

/// Puts If in the place of Switch and Merge, and leaves out control edges from
/// nodes that nothing waits for. The outputs must be there whatever the
/// conditions are; what else only runs in branches has its effects in the If.
/// Throws Refusal where branches do not nest.
FunctionBody convert_branches(FunctionBody body,
                              const std::shared_ptr<NodeStates>& states);

}  // namespace tern::v1
