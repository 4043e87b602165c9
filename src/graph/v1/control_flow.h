#pragma once

#include "graph/graph.h"

namespace tern::v1 {

/// TensorFlow 1's control flow. References to variables have ops of their own
/// ("RefSwitch"), which count as the same.
enum class Flow {
  kNone,
  kSwitch,
  kMerge,
  kEnter,
  kExit,
  kNextIteration,
  kLoopCond
};

Flow flow_of(const OpDef& op);
inline Flow flow_of(const Node& node) { return flow_of(*node.op); }
bool has_control_flow(const Graph& graph);

/// Calls `visit(id)` for the nodes whose outputs or whose end a node needs.
template <class Visit>
void for_each_input(const Node& node, Visit visit) {
  for (const NodeOutput& input : node.inputs) visit(input.node);
  for (int before : node.control_inputs) visit(before);
}

inline std::size_t index(int i) { return static_cast<std::size_t>(i); }

/// Why control flow keeps its form: what is being converted cannot be.
class Refusal {
 public:
  explicit Refusal(std::string reason) : reason_(std::move(reason)) {}
  const std::string& reason() const { return reason_; }

 private:
  std::string reason_;
};

}  // namespace tern::v1
