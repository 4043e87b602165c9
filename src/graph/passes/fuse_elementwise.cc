#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "graph/passes/block_compiler.h"
#include "graph/passes/passes.h"

namespace tern::passes {
namespace {

/// A larger group runs as several: blocks of many inputs leave the cache.
constexpr std::size_t kMaxNodes = 2048;
constexpr std::size_t kMaxInputs = 32;

/// A group that grows: `open` until a node outside uses a value of its. Then it
/// has to run before that node, and takes no more.
struct OpenGroup : BlockGroup {
  std::set<std::pair<int, int>> inputs;  // nodes outside and their outputs
  bool open = true;
};

/// Finds the groups, walking the nodes in order. A node joins the open groups
/// that its inputs are of, if it has their shape: a smaller value, as that of
/// a bias, is computed for itself and read again and again.
class Grouping {
 public:
  explicit Grouping(const FunctionBody& body)
      : graph_(body.graph),
        group_of_(body.graph.size(), -1),
        reduced_by_(body.graph.size(), -1) {
    std::vector<bool> live = live_nodes(body);
    std::vector<bool> is_held(body.graph.size());
    for (int argument : body.arguments) hold(is_held, argument);
    for (int node : body.control_outputs) hold(is_held, node);
    for (const Node& node : graph_.nodes()) {
      if (!live[at(node.id)]) continue;
      if (!node.control_inputs.empty()) hold(is_held, node.id);
      for (int before : node.control_inputs) hold(is_held, before);
    }
    for (const Node& node : graph_.nodes())
      if (live[at(node.id)]) visit(node, !is_held[at(node.id)]);
  }

  /// Groups of several nodes.
  std::vector<BlockGroup> take() {
    std::vector<BlockGroup> result;
    for (OpenGroup& group : groups_) {
      if (group.nodes.empty() ||
          (group.nodes.size() == 1 && group.reduction < 0))
        continue;
      std::sort(group.nodes.begin(), group.nodes.end());
      result.push_back({std::move(group.nodes), group.reduction});
    }
    return result;
  }

 private:
  static std::size_t at(int i) { return static_cast<std::size_t>(i); }
  static void hold(std::vector<bool>& is_held, int node) {
    is_held[at(node)] = true;
  }

  void visit(const Node& node, bool may_join) {
    if (may_join && ends_group(node)) return;
    bool joins = may_join && block_form(graph_, node).op >= 0;
    int joined = -1;
    for (const NodeOutput& input : node.inputs)
      if (int group = reduced_by_[at(input.node)]; group >= 0)
        groups_[at(group)].open = false;
    for (const NodeOutput& input : node.inputs) {
      int group = group_of_[at(input.node)];
      if (group < 0 || group == joined) continue;
      if (joins && takes(group, joined, node))
        joined = joined < 0 ? group : merge(joined, group);
      else
        groups_[at(group)].open = false;
    }
    if (!joins) return;
    if (joined < 0) {
      joined = static_cast<int>(groups_.size());
      groups_.emplace_back();
    }
    groups_[at(joined)].nodes.push_back(node.id);
    group_of_[at(node.id)] = joined;
    for (const NodeOutput& input : node.inputs)
      if (group_of_[at(input.node)] != joined)
        groups_[at(joined)].inputs.insert({input.node, input.output});
  }

  /// Whether the node reduces a value of an open group, and is its end now: no
  /// node of the group can use what it gives.
  bool ends_group(const Node& node) {
    if (node.inputs.empty()) return false;
    int group = group_of_[at(node.inputs[0].node)];
    if (group < 0 || !groups_[at(group)].open ||
        groups_[at(group)].reduction >= 0 || !reduced_axes(graph_, node) ||
        graph_.node(groups_[at(group)].nodes[0]).device != node.device)
      return false;
    groups_[at(group)].reduction = node.id;
    reduced_by_[at(node.id)] = group;
    return true;
  }

  /// Whether `group` may take a node that has joined another group already,
  /// if that is not -1.
  bool takes(int group, int joined, const Node& node) const {
    const OpenGroup& g = groups_[at(group)];
    if (joined >= 0 && g.reduction >= 0 && groups_[at(joined)].reduction >= 0)
      return false;
    std::size_t nodes = g.nodes.size();
    std::size_t inputs = g.inputs.size() + node.inputs.size();
    if (joined >= 0) {
      nodes += groups_[at(joined)].nodes.size();
      inputs += groups_[at(joined)].inputs.size();
    }
    const Node& first = graph_.node(g.nodes[0]);
    return g.open && nodes < kMaxNodes && inputs <= kMaxInputs &&
           first.output_shapes[0] == node.output_shapes[0] &&
           first.device == node.device;
  }

  /// The smaller group becomes part of the larger one.
  int merge(int a, int b) {
    if (groups_[at(a)].nodes.size() < groups_[at(b)].nodes.size())
      std::swap(a, b);
    for (int node : groups_[at(b)].nodes) {
      groups_[at(a)].nodes.push_back(node);
      group_of_[at(node)] = a;
    }
    groups_[at(a)].inputs.merge(groups_[at(b)].inputs);
    groups_[at(b)].nodes.clear();
    if (int reduction = groups_[at(b)].reduction; reduction >= 0) {
      groups_[at(a)].reduction = reduction;
      reduced_by_[at(reduction)] = a;
    }
    return a;
  }

  const Graph& graph_;
  std::vector<OpenGroup> groups_;
  std::vector<int> group_of_;
  std::vector<int> reduced_by_;  // by node: the group that it ends, or -1
};

}  // namespace

/// Replaces groups of elementwise nodes, and the reduction of a value of
/// theirs, by one that runs them block by block: values between them never
/// reach memory.
FunctionBody fuse_elementwise(FunctionBody body) {
  std::vector<BlockGroup> groups = Grouping(body).take();
  if (groups.empty()) return body;
  UseCounts uses(body);
  std::map<int, BlockCompiler> programs;  // by the group's last node
  std::vector<int> last_of(body.graph.size(), -1);
  for (const BlockGroup& group : groups) {
    programs.try_emplace(group.last(), body, uses, group);
    for (int node : group.nodes)
      last_of[static_cast<std::size_t>(node)] = group.last();
    if (group.reduction >= 0)
      last_of[static_cast<std::size_t>(group.reduction)] = group.last();
  }
  return rewrite(std::move(body),
                 [&](Node& node, Rewriter& graph) -> Replacement {
                   int last = last_of[static_cast<std::size_t>(node.id)];
                   if (last < 0) return {};
                   if (node.id != last) return std::vector<NodeOutput>();
                   const BlockCompiler& program = programs.at(last);
                   NodeOutput fused = program.add_call(node, graph);
                   Replacement result = std::vector<NodeOutput>();
                   for (std::size_t k = 0; k < program.results().size(); ++k) {
                     NodeOutput now{fused.node, static_cast<int>(k)};
                     if (program.results()[k] == last)
                       result = std::vector<NodeOutput>{now};
                     else
                       graph.place({program.results()[k], 0}, now);
                   }
                   return result;
                 });
}

}  // namespace tern::passes
