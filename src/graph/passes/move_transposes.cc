#include <algorithm>
#include <string>
#include <vector>

#include "graph/passes/passes.h"
#include "ops/apply.h"

namespace tern::passes {
namespace {

using Permutation = std::vector<std::int64_t>;

/// The constant permutation of a Transpose, empty where there is none.
Permutation permutation_of(const Graph& graph, const Node& node) {
  if (node.op->name != "Transpose") return {};
  Tensor value = constant_of(graph, node.inputs[1]);
  Permutation axes;
  auto read = [&](auto numbers) {
    axes.assign(numbers.begin(), numbers.end());
  };
  if (value.defined() && value.dtype() == int32)
    read(value.values<std::int32_t>());
  else if (value.defined())
    read(value.values<std::int64_t>());
  for (std::int64_t& axis : axes)
    if (axis < 0) axis += static_cast<std::int64_t>(axes.size());
  return axes;
}

/// The permutation that does what `first` and then `second` do.
Permutation compose(const Permutation& first, const Permutation& second) {
  Permutation both;
  for (std::int64_t axis : second)
    both.push_back(first[static_cast<std::size_t>(axis)]);
  return both;
}

bool is_identity(const Permutation& axes) {
  for (std::size_t i = 0; i < axes.size(); ++i)
    if (axes[i] != static_cast<std::int64_t>(i)) return false;
  return true;
}

/// Rebuilds what a transpose is applied to, without the transposes in it.
class Untransposed {
 public:
  Untransposed(const UseCounts& uses, Rewriter& graph)
      : uses_(uses), graph_(graph) {}

  /// Whether `value` is elementwise work on tensors that were all transposed
  /// alike, and on scalars. Then axes() is how.
  bool finds(NodeOutput value, int depth = 0) {
    const Node& source = graph_.source(value);
    if (Permutation axes = permutation_of(graph_.graph(), source);
        !axes.empty()) {
      if (axes_.empty()) axes_ = axes;
      return axes == axes_;
    }
    if (is_scalar(value)) return true;
    int before = graph_.before(source.id);
    bool movable = depth < kMaxDepth && before >= 0 && is_pure(source) &&
                   source.op->has(kElementwise) &&
                   source.op->name != "Select" &&  // its vector picks rows
                   source.output_types.size() == 1 &&
                   source.control_inputs.empty() && uses_.of({before, 0}) == 1;
    return movable && std::all_of(source.inputs.begin(),
                                  source.inputs.end(),
                                  [&](const NodeOutput& input) {
                                    return finds(input, depth + 1);
                                  });
  }
  const Permutation& axes() const { return axes_; }

  NodeOutput build(NodeOutput value) {
    // A copy: adding nodes moves the graph's memory.
    const Node source = graph_.source(value);
    if (!permutation_of(graph_.graph(), source).empty())
      return source.inputs[0];
    if (is_scalar(value)) return value;
    std::vector<NodeOutput> inputs;
    for (const NodeOutput& input : source.inputs)
      inputs.push_back(build(input));
    return graph_.add(source, source.op->name, std::move(inputs), source.attrs);
  }

 private:
  static constexpr int kMaxDepth = 32;

  bool is_scalar(NodeOutput value) const {
    return graph_.shape(value).rank() == 0;
  }

  const UseCounts& uses_;
  Rewriter& graph_;
  Permutation axes_;
};

NodeOutput transposed(const Node& node,
                      NodeOutput x,
                      const Permutation& axes,
                      Rewriter& graph) {
  if (is_identity(axes)) return x;
  return graph.add(
      node,
      "Transpose",
      {x,
       graph.add_constant(node, Tensor(std::span<const std::int64_t>(axes)))});
}

}  // namespace

/// Two transposes one after the other are one, or none if the second undoes
/// the first; elementwise work between them is done on what the first was
/// given.
FunctionBody move_transposes(FunctionBody body) {
  const auto& nodes = body.graph.nodes();
  if (std::none_of(nodes.begin(), nodes.end(), [](const Node& node) {
        return node.op->name == "Transpose";
      }))
    return body;
  const UseCounts uses(body);
  return rewrite(
      std::move(body), [&](Node& node, Rewriter& graph) -> Replacement {
        Permutation axes = permutation_of(graph.graph(), node);
        if (axes.empty()) return {};
        NodeOutput x = node.inputs[0];
        if (is_identity(axes)) return std::vector<NodeOutput>{x};
        Untransposed inner(uses, graph);
        if (!inner.finds(x) || inner.axes().size() != axes.size()) return {};
        Permutation both = compose(inner.axes(), axes);
        // Work between the two is done again: only for no transpose at all.
        bool adjacent = !permutation_of(graph.graph(), graph.source(x)).empty();
        if (!adjacent && !is_identity(both)) return {};
        return std::vector<NodeOutput>{
            transposed(node, inner.build(x), both, graph)};
      });
}

}  // namespace tern::passes
