#include "graph/v1/functional/function_builder.h"

#include <algorithm>

namespace tern::v1 {
namespace {

template <class T>
T of_output(const Graph& graph, NodeOutput output, std::vector<T> Node::*list) {
  return (graph.node(output.node).*list)[index(output.output)];
}

}  // namespace

NodeOutput FunctionBuilder::add_argument(NodeOutput stands_for) {
  const OpDef& op = OpRegistry::global().get("Placeholder");
  Node node;
  node.name =
      body_.graph.unique_name("arg" + std::to_string(body_.arguments.size()));
  node.op = &op;
  node.output_types = {of_output(from_, stands_for, &Node::output_types)};
  node.output_shapes = {of_output(from_, stands_for, &Node::output_shapes)};
  node.output_handles = {of_output(from_, stands_for, &Node::output_handles)};
  node.attrs = detail::attrs_by_name(
      op, {{"dtype", node.output_types[0]}, {"shape", node.output_shapes[0]}});
  NodeOutput added{body_.graph.add_raw_node(std::move(node)).id, 0};
  body_.arguments.push_back(added.node);
  place(stands_for, added);
  return added;
}

NodeOutput FunctionBuilder::add_constant(const std::string& name,
                                         const Tensor& value) {
  const OpDef& op = OpRegistry::global().get("Const");
  return {body_.graph
              .add_node(op,
                        {},
                        detail::attrs_by_name(
                            op, {{"dtype", value.dtype()}, {"value", value}}),
                        name)
              .id,
          0};
}

NodeOutput FunctionBuilder::now(NodeOutput output) const {
  auto it = place_.find(key_of(output));
  if (it == place_.end())
    throw Refusal("the value of '" + from_.node(output.node).name +
                  "' is used where it may not be there");
  return it->second;
}

int FunctionBuilder::copied(int node) const {
  auto it = copied_.find(node);
  return it == copied_.end() ? -1 : it->second;
}

int FunctionBuilder::copy(const Node& node) {
  Node copy = node;
  for (NodeOutput& input : copy.inputs) input = now(input);
  copy.control_inputs.clear();
  for (int before : node.control_inputs)
    if (int there = copied(before); there >= 0)
      copy.control_inputs.push_back(there);
  copy.name = body_.graph.unique_name(node.name);
  int id = body_.graph.add_raw_node(std::move(copy)).id;
  copied_[node.id] = id;
  for (int k = 0; k < static_cast<int>(node.output_types.size()); ++k)
    place({node.id, k}, {id, k});
  return id;
}

Node& FunctionBuilder::add_call(const std::string& op,
                                const std::string& name,
                                std::vector<NodeOutput> inputs,
                                detail::NamedAttrs attrs,
                                const std::vector<NodeOutput>& like) {
  return v1::add_call(
      body_.graph, op, name, std::move(inputs), attrs, from_, like);
}

Node& add_call(Graph& graph,
               const std::string& op_name,
               const std::string& name,
               std::vector<NodeOutput> inputs,
               detail::NamedAttrs attrs,
               const Graph& from,
               const std::vector<NodeOutput>& like) {
  const OpDef& op = OpRegistry::global().get(op_name);
  Node node;
  node.name = graph.unique_name(name);
  node.op = &op;
  node.inputs = std::move(inputs);
  node.attrs = detail::attrs_by_name(op, attrs);
  for (std::size_t i = 0; i < op.attrs.size(); ++i)
    if (!node.attrs[i].is_set()) node.attrs[i] = op.attrs[i].default_value;
  for (const NodeOutput& output : like) {
    node.output_types.push_back(of_output(from, output, &Node::output_types));
    node.output_shapes.push_back(of_output(from, output, &Node::output_shapes));
    node.output_handles.push_back(
        of_output(from, output, &Node::output_handles));
  }
  return graph.add_raw_node(std::move(node));
}

std::vector<DType> types_of(const Graph& graph,
                            const std::vector<NodeOutput>& outputs) {
  std::vector<DType> types;
  for (const NodeOutput& output : outputs)
    types.push_back(of_output(graph, output, &Node::output_types));
  return types;
}

FunctionRef make_function(FunctionBody body,
                          const std::string& name,
                          const std::shared_ptr<NodeStates>& states) {
  auto function = std::make_shared<GraphFunction>(
      unique_function_name(name),
      std::make_shared<const Graph>(std::move(body.graph)),
      std::move(body.arguments),
      std::move(body.outputs),
      std::move(body.control_outputs));
  function->keep_states_in(states);
  return {function->name(), function};
}

bool has_effects(const Node& node) {
  return node.op->is_stateful() || node.op->has(kRandom);
}

}  // namespace tern::v1
