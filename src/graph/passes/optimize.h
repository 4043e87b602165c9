#pragma once

#include "graph/graph.h"

namespace tern {

/// The function to run instead: same arguments, outputs and effects, through
/// the passes that are on (config::optimizer). Null where it is to run as it
/// is.
GraphFunctionPtr optimize(const GraphFunction& function);

}  // namespace tern
