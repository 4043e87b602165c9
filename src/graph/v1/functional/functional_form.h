#pragma once

#include <memory>
#include <string>

#include "graph/graph.h"
#include "graph/program/node_states.h"

namespace tern::v1 {

/// A function without TensorFlow 1's control flow, or why there is none.
struct FunctionalForm {
  GraphFunctionPtr function;
  std::string refusal;
};

/// The function with While and If in place of loops and branches made of
/// Switch, Merge, Enter, Exit, NextIteration and LoopCond. None where values
/// are asked for that are not always there, feeds cut into loops, or what is
/// there was not written by while_loop and cond: FrameInterpreter runs that.
/// What nodes of loops and branches keep between runs is in `states` (null: in
/// the functions).
FunctionalForm functional_form(
    const GraphFunction& function,
    const std::shared_ptr<NodeStates>& states = nullptr);

}  // namespace tern::v1
