#pragma once

#include <map>
#include <mutex>
#include <string>

#include "graph/graph.h"
#include "ops/kernel.h"

namespace tern {

/// What the stateful nodes of a function or a session keep between runs, by
/// node name; nodes that share a resource by `shared_name` share it here.
/// Thread-safe, the slots are not.
class NodeStates {
 public:
  /// The node's slot, which stays where it is.
  KernelState& of(const Node& node);

 private:
  std::mutex mutex_;
  std::map<std::string, KernelState> states_;
};

}  // namespace tern
