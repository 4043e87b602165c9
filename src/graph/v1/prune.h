#pragma once

#include <vector>

#include "graph/graph.h"

namespace tern::v1 {

/// The part of a graph that a run needs, as a function of what it is fed:
/// fetches (output -1: a node that is only run) that name fed tensors, and
/// nodes that only they need, are left out.
GraphFunctionPtr prune(const Graph& graph,
                       const std::vector<NodeOutput>& fetches,
                       const std::vector<NodeOutput>& feeds);

}  // namespace tern::v1
