#pragma once

#include "tools/golden/check.h"
#include "tools/golden/graph_case.h"

namespace tern::golden {

/// Imports and exports the graph, as bytes and as text, and compares every
/// value that the case records. Left out are values of random ops and of what
/// is computed from them, and handles.
Result check_graph(const GraphCase& c);

}  // namespace tern::golden
