#include "graph/passes/passes.h"

namespace tern::passes {

/// Leaves out what neither an output nor an effect needs, and keeps all
/// arguments. `rewrite` drops such nodes by itself.
FunctionBody remove_dead_code(FunctionBody body) {
  return rewrite(std::move(body),
                 [](Node&, Rewriter&) { return Replacement(); });
}

}  // namespace tern::passes
