#include "graph/v1/control_flow.h"

#include <algorithm>

namespace tern::v1 {

Flow flow_of(const OpDef& op) {
  std::string_view name = op.name;
  if (name.starts_with("Ref")) name.remove_prefix(3);
  if (name == "Switch") return Flow::kSwitch;
  if (name == "Merge") return Flow::kMerge;
  if (name == "Enter") return Flow::kEnter;
  if (name == "Exit") return Flow::kExit;
  if (name == "NextIteration") return Flow::kNextIteration;
  if (name == "LoopCond") return Flow::kLoopCond;
  return Flow::kNone;
}

bool has_control_flow(const Graph& graph) {
  return std::any_of(
      graph.nodes().begin(), graph.nodes().end(), [](const Node& node) {
        return flow_of(node) != Flow::kNone;
      });
}

}  // namespace tern::v1
