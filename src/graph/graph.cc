#include "graph/graph.h"

#include <algorithm>

#include "graph/symbolic.h"
#include "tern/core/error.h"

namespace tern {
namespace {

/// A node keeps the functions it calls, also one copied from a function that
/// calls itself.
void own_functions(Attrs& attrs) {
  auto own = [](FunctionRef& ref) {
    if (ref.function) ref.function = GraphFunction::owned(ref.function);
  };
  for (AttrValue& attr : attrs) {
    if (attr.holds<FunctionRef>()) {
      FunctionRef ref = attr.get<FunctionRef>();
      own(ref);
      attr = std::move(ref);
    } else if (attr.holds<std::vector<FunctionRef>>()) {
      auto refs = attr.get<std::vector<FunctionRef>>();
      std::for_each(refs.begin(), refs.end(), own);
      attr = std::move(refs);
    }
  }
}

}  // namespace

std::string Graph::unique_name(std::string_view wanted) const {
  std::string base(wanted), name = base;
  auto last = last_suffix_.find(base);
  int suffix = last == last_suffix_.end() ? 1 : last->second;
  for (; by_name_.contains(name); ++suffix)
    name = base + "_" + std::to_string(suffix);
  return name;
}

Node& Graph::add_raw_node(Node node) {
  node.id = static_cast<int>(nodes_.size());
  if (!by_name_.emplace(node.name, node.id).second)
    throw InvalidArgumentError("Node '", node.name, "' is not unique");
  return nodes_.emplace_back(std::move(node));
}

Node& Graph::add_node(const OpDef& op,
                      std::vector<NodeOutput> inputs,
                      Attrs complete_attrs,
                      std::string_view name) {
  Node node;
  std::string wanted(name.empty() ? std::string_view(op.name) : name);
  node.name = unique_name(wanted);
  if (node.name.size() > wanted.size())
    last_suffix_[wanted] = std::stoi(node.name.substr(wanted.size() + 1));
  node.op = &op;
  node.inputs = std::move(inputs);
  node.output_types = CallSignature::output_types(op, complete_attrs);
  node.attrs = std::move(complete_attrs);
  own_functions(node.attrs);
  infer_outputs(node);
  return add_raw_node(std::move(node));
}

void Graph::infer_outputs(Node& node) const {
  Tensors symbols;
  for (const NodeOutput& input : node.inputs)
    symbols.push_back(symbol_of(*this, input));
  InferContext shapes(*node.op, symbols, node.attrs);
  if (node.op->infer) node.op->infer(shapes);
  node.output_shapes.assign(shapes.outputs().begin(), shapes.outputs().end());
  node.output_handles.resize(node.output_shapes.size());
  for (const auto& [output, info] : shapes.output_handles())
    node.output_handles[static_cast<std::size_t>(output)] = info;
}

const Node* Graph::find(std::string_view name) const {
  auto it = by_name_.find(std::string(name));
  return it == by_name_.end() ? nullptr : &node(it->second);
}

std::vector<int> Graph::topological_order(const std::vector<int>& roots) const {
  enum : char { kNew, kOpen, kDone };
  std::vector<char> state(nodes_.size(), kNew);
  std::vector<int> order;
  struct Visit {
    int node;
    std::size_t next;
  };
  std::vector<Visit> stack;  // explicit: graphs may be 100,000 nodes deep
  for (int root : roots) {
    if (state[static_cast<std::size_t>(root)] == kDone) continue;
    stack.push_back({root, 0});
    state[static_cast<std::size_t>(root)] = kOpen;
    while (!stack.empty()) {
      Visit& visit = stack.back();
      const Node& n = node(visit.node);
      std::size_t i = visit.next++;
      if (i >= n.inputs.size() + n.control_inputs.size()) {
        state[static_cast<std::size_t>(visit.node)] = kDone;
        order.push_back(visit.node);
        stack.pop_back();
        continue;
      }
      int before = i < n.inputs.size() ? n.inputs[i].node
                                       : n.control_inputs[i - n.inputs.size()];
      char& mark = state[static_cast<std::size_t>(before)];
      if (mark == kOpen)
        throw InvalidArgumentError(
            "Graph has a cycle through node '", node(before).name, "'");
      if (mark == kNew) {
        mark = kOpen;
        stack.push_back({before, 0});
      }
    }
  }
  return order;
}

}  // namespace tern
