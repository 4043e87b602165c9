#include "graph/program/node_states.h"

namespace tern {
namespace {

std::string text_attr(const Node& node, std::string_view name) {
  int index = node.op->find_attr(name);
  return index < 0
             ? std::string()
             : node.attrs[static_cast<std::size_t>(index)].get<std::string>();
}

}  // namespace

KernelState& NodeStates::of(const Node& node) {
  std::string shared = text_attr(node, "shared_name");
  std::scoped_lock lock(mutex_);
  if (shared.empty()) return states_["node " + node.name];
  return states_["shared " + node.op->name + " " +
                 text_attr(node, "container") + "/" + shared];
}

}  // namespace tern
