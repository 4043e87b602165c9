#include <algorithm>

#include "graph/passes/passes.h"

namespace tern::passes {

/// Leaves out what neither an output nor an effect needs, and keeps all
/// arguments. `rewrite` drops such nodes by itself.
FunctionBody remove_dead_code(FunctionBody body) {
  std::vector<bool> live = live_nodes(body);
  if (std::find(live.begin(), live.end(), false) == live.end()) return body;
  return rewrite(std::move(body),
                 [](Node&, Rewriter&) { return Replacement(); });
}

}  // namespace tern::passes
