#pragma once

#include "graph/graph.h"

namespace tern::v1 {

/// Whether some op takes or gives a reference to a variable.
bool has_references(const Graph& graph);

/// Turns variables of TensorFlow 1 into resources: each use of a reference as
/// a value becomes a read of its own, after what the user's control inputs and
/// the reference itself wait for; each op that changes what a reference refers
/// to becomes the same op on the resource. Names stay: what a node gave can be
/// fetched as before.
/// A reference to what is no variable (graphs whose variables were frozen to
/// constants) is a variable that starts with that value in each run.
/// Where references pass through control flow (RefSwitch, RefMerge, RefEnter,
/// RefExit, RefNextIteration, RefSelect), resources do: these nodes give
/// handles, and their users read.
Graph lower_references(const Graph& graph);

}  // namespace tern::v1
