#pragma once

#include <memory>

#include "graph/v1/functional/function_builder.h"

namespace tern::v1 {

/// Puts While in the place of every loop of Enter, Merge, LoopCond, Switch,
/// NextIteration and Exit, innermost first. Names of other nodes stay. Throws
/// Refusal for loops that no While does the same as, and where something
/// inside of a loop is asked for.
void convert_loops(FunctionBody& body,
                   const std::shared_ptr<NodeStates>& states);

}  // namespace tern::v1
