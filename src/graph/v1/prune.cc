#include "graph/v1/prune.h"

#include <map>

#include "ops/apply.h"
#include "tern/core/error.h"

namespace tern::v1 {
namespace {

using Fed = std::map<std::pair<int, int>, int>;  // node, output → argument

/// By node, whether the roots need it when the fed tensors are there.
std::vector<bool> needed_nodes(const Graph& graph,
                               const std::vector<int>& order,
                               const std::vector<NodeOutput>& roots,
                               const Fed& fed) {
  std::vector<bool> needed(graph.size(), false);
  auto need = [&](NodeOutput output) {
    if (!fed.contains({output.node, output.output}))
      needed[static_cast<std::size_t>(output.node)] = true;
  };
  for (const NodeOutput& root : roots) need(root);
  for (auto id = order.rbegin(); id != order.rend(); ++id) {
    if (!needed[static_cast<std::size_t>(*id)]) continue;
    const Node& node = graph.node(*id);
    for (const NodeOutput& input : node.inputs) need(input);
    for (int before : node.control_inputs) need({before, -1});
  }
  return needed;
}

/// A placeholder for what is fed in place of an output.
Node argument_for(const Node& from, int output) {
  const OpDef& placeholder = OpRegistry::global().get("Placeholder");
  auto i = static_cast<std::size_t>(output);
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
  std::vector<int> roots;
  for (const NodeOutput& fetch : fetches) roots.push_back(fetch.node);
  std::vector<int> order = graph.topological_order(roots);
  std::vector<bool> needed = needed_nodes(graph, order, fetches, fed);

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
    if (it != fed.end())
      return {arguments[static_cast<std::size_t>(it->second)], 0};
    return {place[static_cast<std::size_t>(output.node)], output.output};
  };
  for (int id : order) {
    if (!needed[static_cast<std::size_t>(id)]) continue;
    Node node = graph.node(id);
    if (node.op->name.starts_with("Placeholder") && node.inputs.empty())
      throw InvalidArgumentError(
          "You must feed a value for placeholder tensor '",
          node.name,
          "' with dtype ",
          node.output_types[0].name(),
          " and shape ",
          node.output_shapes[0].debug_string());
    for (NodeOutput& input : node.inputs) input = moved(input);
    for (int& before : node.control_inputs)
      before = place[static_cast<std::size_t>(before)];
    place[static_cast<std::size_t>(id)] =
        part->add_raw_node(std::move(node)).id;
  }
  std::vector<NodeOutput> outputs;
  std::vector<int> control_outputs;
  for (const NodeOutput& fetch : fetches) {
    if (fetch.output < 0)
      control_outputs.push_back(place[static_cast<std::size_t>(fetch.node)]);
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
