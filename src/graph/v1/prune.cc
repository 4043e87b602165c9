#include "graph/v1/prune.h"

#include <map>

#include "graph/v1/control_flow.h"
#include "ops/apply.h"
#include "tern/core/error.h"

namespace tern::v1 {
namespace {

using Fed = std::map<std::pair<int, int>, int>;  // node, output → argument

bool is_placeholder(const Node& node) {
  return node.op->name.starts_with("Placeholder") && node.inputs.empty();
}

/// Who waits for a placeholder that is fed waits for the argument.
bool is_fed_placeholder(const Node& node, const Fed& fed) {
  return is_placeholder(node) && fed.contains({node.id, 0});
}

/// By node, whether the roots need it when the fed tensors are there. Loops of
/// TensorFlow 1 are cycles.
std::vector<bool> needed_nodes(const Graph& graph,
                               const std::vector<NodeOutput>& roots,
                               const Fed& fed) {
  std::vector<bool> needed(graph.size(), false);
  std::vector<int> open;
  auto need = [&](NodeOutput output) {
    if (needed[index(output.node)] ||
        fed.contains({output.node, output.output}))
      return;
    needed[index(output.node)] = true;
    open.push_back(output.node);
  };
  for (const NodeOutput& root : roots) need(root);
  while (!open.empty()) {
    const Node& node = graph.node(open.back());
    open.pop_back();
    for (const NodeOutput& input : node.inputs) need(input);
    for (int before : node.control_inputs)
      if (!is_fed_placeholder(graph.node(before), fed)) need({before, -1});
  }
  return needed;
}

/// A placeholder for what is fed in place of an output.
Node argument_for(const Node& from, int output) {
  const OpDef& placeholder = OpRegistry::global().get("Placeholder");
  auto i = index(output);
  Node argument;
  argument.name = from.name + "/fed_" + std::to_string(output);
  argument.op = &placeholder;
  argument.attrs = CallSignature::complete(
      placeholder,
      {},
      detail::attrs_by_name(
          placeholder,
          {{"dtype", from.output_types[i]}, {"shape", Shape::unknown()}}));
  argument.output_types = {from.output_types[i]};
  argument.output_shapes = {Shape::unknown()};
  argument.output_handles = {from.output_handles[i]};
  return argument;
}

}  // namespace

GraphFunctionPtr prune(const Graph& graph,
                       const std::vector<NodeOutput>& fetches,
                       const std::vector<NodeOutput>& feeds) {
  Fed fed;
  for (std::size_t i = 0; i < feeds.size(); ++i)
    fed[{feeds[i].node, feeds[i].output}] = static_cast<int>(i);
  std::vector<bool> needed = needed_nodes(graph, fetches, fed);

  auto part = std::make_shared<Graph>();
  part->library() = graph.library();
  std::vector<int> arguments;
  for (const NodeOutput& feed : feeds)
    arguments.push_back(
        part->add_raw_node(argument_for(graph.node(feed.node), feed.output))
            .id);
  std::vector<int> place(graph.size(), -1);
  auto moved = [&](NodeOutput output) -> NodeOutput {
    auto it = fed.find({output.node, output.output});
    if (it != fed.end()) return {arguments[index(it->second)], 0};
    return {place[index(output.node)], output.output};
  };
  std::vector<int> added;
  for (const Node& node : graph.nodes()) {
    if (!needed[index(node.id)]) continue;
    if (is_placeholder(node))
      throw InvalidArgumentError(
          "You must feed a value for placeholder tensor '",
          node.name,
          "' with dtype ",
          node.output_types[0].name(),
          " and shape ",
          node.output_shapes[0].debug_string());
    place[index(node.id)] = part->add_raw_node(node).id;
    added.push_back(place[index(node.id)]);
  }
  for (int id : added) {
    Node& node = part->node(id);
    for (NodeOutput& input : node.inputs) input = moved(input);
    for (int& before : node.control_inputs) {
      auto argument = fed.find({before, 0});
      before = is_fed_placeholder(graph.node(before), fed)
                   ? arguments[index(argument->second)]
                   : place[index(before)];
    }
  }
  std::vector<NodeOutput> outputs;
  std::vector<int> control_outputs;
  for (const NodeOutput& fetch : fetches) {
    if (fetch.output < 0)
      control_outputs.push_back(place[index(fetch.node)]);
    else
      outputs.push_back(moved(fetch));
  }
  return std::make_shared<GraphFunction>(unique_function_name("session"),
                                         std::move(part),
                                         std::move(arguments),
                                         std::move(outputs),
                                         std::move(control_outputs));
}

}  // namespace tern::v1
