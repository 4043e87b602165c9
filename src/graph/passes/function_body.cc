#include "graph/passes/function_body.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "graph/program/program.h"

namespace tern::passes {
namespace {

std::size_t index(int i) { return static_cast<std::size_t>(i); }

}  // namespace

FunctionBody body_of(const GraphFunction& function) {
  const Graph& graph = function.graph();
  std::vector<int> order = function.arguments();
  std::vector<int> now(graph.size(), -1);
  for (int argument : order) now[index(argument)] = 0;
  for (int id : execution_order(function))
    if (now[index(id)] < 0) order.push_back(id);
  for (std::size_t i = 0; i < order.size(); ++i)
    now[index(order[i])] = static_cast<int>(i);

  FunctionBody body;
  body.graph.library() = graph.library();
  for (int id : order) {
    Node node = graph.node(id);
    node.custom_gradient = nullptr;  // nobody differentiates what runs
    for (NodeOutput& input : node.inputs) input.node = now[index(input.node)];
    for (int& before : node.control_inputs) before = now[index(before)];
    body.graph.add_raw_node(std::move(node));
  }
  for (int argument : function.arguments())
    body.arguments.push_back(now[index(argument)]);
  for (NodeOutput output : function.outputs())
    body.outputs.push_back({now[index(output.node)], output.output});
  for (int node : function.control_outputs())
    body.control_outputs.push_back(now[index(node)]);
  return body;
}

std::vector<bool> live_nodes(const FunctionBody& body) {
  std::vector<bool> live(body.graph.size());
  for (int argument : body.arguments) live[index(argument)] = true;
  for (const NodeOutput& output : body.outputs) live[index(output.node)] = true;
  for (int node : body.control_outputs) live[index(node)] = true;
  for (std::size_t i = body.graph.size(); i-- > 0;) {
    if (!live[i]) continue;
    const Node& node = body.graph.node(static_cast<int>(i));
    for (const NodeOutput& input : node.inputs) live[index(input.node)] = true;
    for (int before : node.control_inputs) live[index(before)] = true;
  }
  return live;
}

UseCounts::UseCounts(const FunctionBody& body) {
  std::size_t outputs = 0;
  for (const Node& node : body.graph.nodes()) {
    first_.push_back(outputs);
    outputs += node.output_types.size();
  }
  counts_.resize(outputs);
  auto count = [&](NodeOutput output) {
    ++counts_[first_[index(output.node)] + index(output.output)];
  };
  auto hold = [&](int id) {
    auto outputs_of = static_cast<int>(body.graph.node(id).output_types.size());
    for (int k = 0; k < outputs_of; ++k)
      counts_[first_[index(id)] + index(k)] += 2;
  };
  std::vector<bool> live = live_nodes(body);
  for (const Node& node : body.graph.nodes()) {
    if (!live[index(node.id)]) continue;
    for (const NodeOutput& input : node.inputs) count(input);
    for (int before : node.control_inputs) hold(before);
  }
  for (const NodeOutput& output : body.outputs) count(output);
  for (int node : body.control_outputs) hold(node);
}

Rewriter::Rewriter(Graph graph, std::size_t nodes_before)
    : graph_(std::move(graph)), now_(nodes_before), control_(nodes_before) {}

NodeOutput Rewriter::now(NodeOutput before) const {
  const std::vector<NodeOutput>& outputs = now_[index(before.node)];
  return outputs.empty() ? NodeOutput() : outputs[index(before.output)];
}

void Rewriter::place(NodeOutput before, NodeOutput now) {
  now_[index(before.node)] = {now};
}

NodeOutput Rewriter::add(const Node& stands_for,
                         std::string_view op_name,
                         std::vector<NodeOutput> inputs,
                         const Attrs& attrs) {
  const OpDef& op = OpRegistry::global().get(op_name);
  Tensors symbols;
  for (const NodeOutput& input : inputs)
    symbols.push_back(Tensor::meta(dtype(input), Shape({0})));
  Attrs complete = CallSignature::complete(op, symbols, attrs);
  Node& node = graph_.add_node(
      op, std::move(inputs), std::move(complete), stands_for.name);
  node.device = stands_for.device;
  return {node.id, 0};
}

NodeOutput Rewriter::add_constant(const Node& stands_for, const Tensor& value) {
  const OpDef& op = OpRegistry::global().get("Const");
  return add(
      stands_for,
      op.name,
      {},
      detail::attrs_by_name(op, {{"dtype", value.dtype()}, {"value", value}}));
}

void Rewriter::keep(Node node) {
  auto before = index(node.id);
  before_.resize(graph_.size(), -1);
  before_.push_back(node.id);
  node.name = graph_.unique_name(node.name);
  const Node& added = graph_.add_raw_node(std::move(node));
  for (int k = 0; k < static_cast<int>(added.output_types.size()); ++k)
    now_[before].push_back({added.id, k});
  control_[before] = {added.id};
}

void Rewriter::replace(int before, std::vector<NodeOutput> by) {
  std::vector<int>& control = control_[index(before)];
  for (const NodeOutput& output : by)
    if (std::find(control.begin(), control.end(), output.node) == control.end())
      control.push_back(output.node);
  now_[index(before)] = std::move(by);
}

FunctionBody rewrite(FunctionBody body, const Rule& rule) {
  std::vector<bool> live = live_nodes(body);
  std::vector<bool> is_argument(body.graph.size());
  for (int argument : body.arguments) is_argument[index(argument)] = true;
  Graph fresh;
  fresh.library() = std::move(body.graph.library());
  Rewriter rewriter(std::move(fresh), body.graph.size());
  for (int id = 0; id < static_cast<int>(body.graph.size()); ++id) {
    if (!live[index(id)]) continue;
    Node node = std::move(body.graph.node(id));
    for (NodeOutput& input : node.inputs) input = rewriter.now(input);
    std::vector<int> control;
    for (int before : node.control_inputs)
      for (int now : rewriter.control_now(before))
        if (std::find(control.begin(), control.end(), now) == control.end())
          control.push_back(now);
    node.control_inputs = std::move(control);
    Replacement by;
    if (!is_argument[index(id)] && node.control_inputs.empty())
      by = rule(node, rewriter);
    if (by)
      rewriter.replace(id, std::move(*by));
    else
      rewriter.keep(std::move(node));
  }
  FunctionBody result;
  for (int argument : body.arguments)
    result.arguments.push_back(rewriter.now({argument, 0}).node);
  for (const NodeOutput& output : body.outputs)
    result.outputs.push_back(rewriter.now(output));
  for (int node : body.control_outputs)
    for (int now : rewriter.control_now(node))
      result.control_outputs.push_back(now);
  result.graph = std::move(rewriter.graph_);
  return result;
}

bool is_pure(const Node& node) {
  const OpDef& op = *node.op;
  if (op.is_stateful() || op.has(kRandom) || op.name.starts_with("Placeholder"))
    return false;
  for (const AttrValue& attr : node.attrs)
    if (attr.holds<FunctionRef>() || attr.holds<std::vector<FunctionRef>>())
      return false;
  return true;
}

bool has_frames(const Graph& graph) {
  static const std::set<std::string_view> names = {"Enter",
                                                   "Exit",
                                                   "LoopCond",
                                                   "Merge",
                                                   "NextIteration",
                                                   "RefEnter",
                                                   "RefExit",
                                                   "RefMerge",
                                                   "RefNextIteration",
                                                   "RefSwitch",
                                                   "Switch"};
  return std::any_of(
      graph.nodes().begin(), graph.nodes().end(), [](const Node& node) {
        return names.contains(node.op->name);
      });
}

Tensor constant_of(const Graph& graph, NodeOutput output) {
  const Node& node = graph.node(output.node);
  if (node.op->name != "Const" || !node.control_inputs.empty()) return {};
  return node.attr("value").get<Tensor>();
}

}  // namespace tern::passes
