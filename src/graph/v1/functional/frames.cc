#include "graph/v1/functional/frames.h"

#include <map>

#include "graph/v1/control_flow.h"

namespace tern::v1 {
namespace {

bool closes_loop(const Node& from, const Node& to) {
  return flow_of(to) == Flow::kMerge && flow_of(from) == Flow::kNextIteration;
}

}  // namespace

std::vector<int> loop_order(const Graph& graph) {
  std::vector<std::vector<int>> users(graph.size());
  std::vector<int> missing(graph.size(), 0);
  std::vector<int> order;
  for (const Node& node : graph.nodes()) {
    for_each_input(node, [&](int before) {
      if (closes_loop(graph.node(before), node)) return;
      users[index(before)].push_back(node.id);
      ++missing[index(node.id)];
    });
    if (missing[index(node.id)] == 0) order.push_back(node.id);
  }
  for (std::size_t next = 0; next < order.size(); ++next)
    for (int user : users[index(order[next])])
      if (--missing[index(user)] == 0) order.push_back(user);
  if (order.size() < graph.size()) throw Refusal("the graph has a cycle");
  return order;
}

Frames find_frames(const Graph& graph) {
  Frames result;
  result.frames.emplace_back();
  result.frame_of.assign(graph.size(), 0);
  std::map<std::pair<int, std::string>, int> by_name;
  auto after = [&](int id) {  // where users of the node stand
    int frame = result.frame_of[index(id)];
    return flow_of(graph.node(id)) == Flow::kExit
               ? result.frames[index(frame)].parent
               : frame;
  };
  for (int id : loop_order(graph)) {
    const Node& node = graph.node(id);
    int frame = -1;
    for_each_input(node, [&](int before) {
      if (closes_loop(graph.node(before), node)) return;
      if (frame >= 0 && frame != after(before))
        throw Refusal("'" + node.name + "' takes values of different loops");
      frame = after(before);
    });
    if (frame < 0) frame = 0;
    if (flow_of(node) == Flow::kEnter) {
      const auto& name = node.attr("frame_name").get<std::string>();
      auto [known, is_new] = by_name.try_emplace(
          {frame, name}, static_cast<int>(result.frames.size()));
      if (is_new) result.frames.push_back({name, frame, {}});
      frame = known->second;
    } else if (flow_of(node) == Flow::kExit && frame == 0) {
      throw Refusal("Exit '" + node.name + "' is in no loop");
    }
    result.frame_of[index(id)] = frame;
    result.frames[index(frame)].nodes.push_back(id);
  }
  for (const Node& node : graph.nodes())
    for (const NodeOutput& input : node.inputs)
      if (closes_loop(graph.node(input.node), node) &&
          result.frame_of[index(input.node)] != result.frame_of[index(node.id)])
        throw Refusal("'" + node.name + "' is in another loop than '" +
                      graph.node(input.node).name + "'");
  return result;
}

}  // namespace tern::v1
