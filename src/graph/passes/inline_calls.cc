#include <algorithm>
#include <set>
#include <string_view>

#include "graph/passes/passes.h"
#include "graph/program/program.h"
#include "tern/core/error.h"

namespace tern::passes {
namespace {

/// Beside so many nodes, the call itself costs nothing.
constexpr std::size_t kMaxFunctionNodes = 1000;
/// A body does not grow beyond this, nor calls in calls go deeper; what is left
/// stays a call.
constexpr std::size_t kMaxNodes = 20'000;
constexpr int kMaxDepth = 64;

bool is_call(const Node& node) {
  return node.op->name == "PartitionedCall" ||
         node.op->name == "StatefulPartitionedCall";
}

const GraphFunctionPtr& called(const Node& node) {
  return node.attr("f").get<FunctionRef>().function;
}

/// Whether it must keep its place among the effects.
bool has_effect(const Node& node) {
  return node.op->is_stateful() && !node.op->has(kRandom);
}

/// Whether a node remembers something between runs: all calls of a function
/// share what its nodes remember, and would not if each had nodes of its own.
/// What is in a variable is nobody's.
bool remembers(const Graph& graph, const Node& node) {
  static const std::set<std::string_view> forgets = {
      "Assert", "If", "PrintV2", "Print", "StatefulPartitionedCall", "While"};
  return node.op->is_stateful() && !forgets.contains(node.op->name) &&
         std::none_of(
             node.inputs.begin(), node.inputs.end(), [&](NodeOutput input) {
               return graph.node(input.node)
                          .output_types[static_cast<std::size_t>(
                              input.output)] == resource;
             });
}

/// Functions that call themselves, by whatever way, were made as a group.
bool may_be_recursive(const GraphFunctionPtr& function) {
  const GraphFunctionPtr owner = GraphFunction::owned(function);
  return owner.owner_before(function) || function.owner_before(owner);
}

bool can_inline(const Node& call) {
  if (!is_call(call) || !called(call)) return false;
  const GraphFunction& f = *called(call);
  const Graph& graph = f.graph();
  if (may_be_recursive(called(call)) || graph.size() > kMaxFunctionNodes ||
      f.arguments().size() != call.inputs.size() ||
      f.outputs().size() != call.output_types.size() || has_frames(graph))
    return false;
  return std::none_of(graph.nodes().begin(),
                      graph.nodes().end(),
                      [&](const Node& node) { return remembers(graph, node); });
}

/// Copies nodes into a new graph; calls become the nodes of their functions.
class Inliner {
 public:
  explicit Inliner(FunctionBody body) : before_(std::move(body)) {
    graph_.library() = before_.graph.library();
  }

  FunctionBody run() {
    Scope scope(before_.graph, "");
    for (const Node& node : before_.graph.nodes()) copy(node, scope);
    FunctionBody result;
    for (int argument : before_.arguments)
      result.arguments.push_back(scope.now({argument, 0}).node);
    for (const NodeOutput& output : before_.outputs)
      result.outputs.push_back(scope.now(output));
    for (int node : before_.control_outputs)
      for (int now : scope.control[at(node)])
        result.control_outputs.push_back(now);
    result.graph = std::move(graph_);
    return result;
  }

 private:
  static std::size_t at(int i) { return static_cast<std::size_t>(i); }

  /// The nodes of one graph on their way into the new one.
  struct Scope {
    Scope(const Graph& source, std::string name_prefix)
        : prefix(std::move(name_prefix)),
          outputs(source.size()),
          control(source.size()) {}
    NodeOutput now(NodeOutput before) const {
      return outputs[at(before.node)][at(before.output)];
    }

    std::string prefix;
    std::vector<std::vector<NodeOutput>> outputs;  // by node
    std::vector<std::vector<int>> control;  // where edges from a node start
    std::vector<int> first;                 // nodes that run before all effects
    std::vector<int> effects;  // nodes that were added and have some
  };

  void copy(const Node& original, Scope& scope) {
    Node node = original;
    node.custom_gradient = nullptr;  // nobody differentiates what runs
    node.name = graph_.unique_name(scope.prefix + original.name);
    for (NodeOutput& input : node.inputs) input = scope.now(input);
    std::set<int> before;
    for (int control : original.control_inputs)
      before.insert(scope.control[at(control)].begin(),
                    scope.control[at(control)].end());
    if (has_effect(node)) before.insert(scope.first.begin(), scope.first.end());
    node.control_inputs.assign(before.begin(), before.end());
    if (fits(node))
      expand(node, original.id, scope);
    else
      add(std::move(node), original.id, scope);
  }

  bool fits(const Node& node) const {
    if (depth_ >= kMaxDepth || !can_inline(node) ||
        graph_.size() + called(node)->graph().size() > kMaxNodes)
      return false;
    const std::vector<DType> types = called(node)->argument_types();
    for (std::size_t i = 0; i < types.size(); ++i)
      if (!(type_of(node.inputs[i]) == types[i])) return false;
    return true;
  }

  DType type_of(NodeOutput output) const {
    return graph_.node(output.node).output_types[at(output.output)];
  }

  void add(Node node, int before, Scope& scope) {
    if (!scope.prefix.empty()) infer_anew(node);
    const Node& added = graph_.add_raw_node(std::move(node));
    for (int k = 0; k < static_cast<int>(added.output_types.size()); ++k)
      scope.outputs[at(before)].push_back({added.id, k});
    scope.control[at(before)] = {added.id};
    if (has_effect(added)) scope.effects.push_back(added.id);
  }

  /// A caller may know more of the shapes than the function was made for.
  void infer_anew(Node& node) const {
    Node inferred = node;
    try {
      graph_.infer_outputs(inferred);
    } catch (const Error&) {
      return;  // the run will say so, when the node's turn comes
    }
    for (std::size_t k = 0; k < node.output_shapes.size(); ++k)
      if (!node.output_shapes[k].is_fully_known())
        node.output_shapes[k] = inferred.output_shapes[k];
    node.output_handles = std::move(inferred.output_handles);
  }

  void expand(const Node& call, int before, Scope& scope) {
    const GraphFunction& f = *called(call);
    Scope inner(f.graph(), call.name + "/");
    inner.first = call.control_inputs;
    for (std::size_t i = 0; i < call.inputs.size(); ++i)
      inner.outputs[at(f.arguments()[i])] = {call.inputs[i]};
    ++depth_;
    for (int id : execution_order(f))
      if (f.argument_of(id) < 0) copy(f.graph().node(id), inner);
    --depth_;
    std::set<int> last(inner.effects.begin(), inner.effects.end());
    for (const NodeOutput& output : f.outputs()) {
      scope.outputs[at(before)].push_back(inner.now(output));
      // Where nothing has effects, some node stands for the call's end.
      if (inner.effects.empty()) last.insert(inner.now(output).node);
    }
    scope.control[at(before)].assign(last.begin(), last.end());
    scope.effects.insert(
        scope.effects.end(), inner.effects.begin(), inner.effects.end());
  }

  FunctionBody before_;
  Graph graph_;
  int depth_ = 0;
};

}  // namespace

/// Puts the nodes of called functions in the place of the calls, so that other
/// passes see them. Nodes are named "call/node". Effects keep their order:
/// those of the function come after what the call came after, and before what
/// came after the call. Large functions, those that may call themselves, and
/// those whose nodes remember something between runs, stay calls.
FunctionBody inline_calls(FunctionBody body) {
  if (std::none_of(
          body.graph.nodes().begin(), body.graph.nodes().end(), can_inline))
    return body;
  return Inliner(std::move(body)).run();
}

}  // namespace tern::passes
