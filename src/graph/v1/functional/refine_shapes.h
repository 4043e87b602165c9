#pragma once

#include "graph/graph.h"

namespace tern::v1 {

/// Shapes of what loops compute. An import knows of the first Merge of a loop
/// only that something comes back to it; this assumes that it has the shape of
/// what enters, and gives up the dimensions for which that proves wrong.
void refine_loop_shapes(Graph& graph);

}  // namespace tern::v1
