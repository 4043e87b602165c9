#include <algorithm>
#include <set>
#include <string_view>

#include "graph/passes/passes.h"
#include "ops/apply.h"
#include "tern/core/error.h"

namespace tern::passes {
namespace {

/// Larger values (transposed weights, tables of zeros) would cost more memory
/// in every function that uses them than computing them costs time.
constexpr std::size_t kMaxFoldedBytes = std::size_t{1} << 16;

/// Ops that look at the shape of their input alone.
bool reads_shape_only(const OpDef& op) {
  static const std::set<std::string_view> names = {
      "OnesLike", "Rank", "Shape", "ShapeN", "Size", "ZerosLike"};
  return names.contains(op.name);
}

/// What is known of an input before running: its value, or a tensor without
/// elements for an op that needs none. Undefined: not enough.
Tensor known_input(const Node& node, NodeOutput input, const Rewriter& graph) {
  if (!reads_shape_only(*node.op)) return constant_of(graph.graph(), input);
  Shape shape = graph.shape(input);
  if (node.op->name == "Rank" && shape.has_rank())
    for (int i = 0; i < shape.rank(); ++i) shape.set_dim(i, 1);
  return shape.is_fully_known() ? Tensor::meta(graph.dtype(input), shape)
                                : Tensor();
}

bool may_hold(const Node& node) {
  for (std::size_t k = 0; k < node.output_types.size(); ++k) {
    if (node.output_types[k].is_object() && !(node.output_types[k] == string))
      return false;
    const Shape& shape = node.output_shapes[k];
    if (shape.is_fully_known() &&
        static_cast<std::size_t>(shape.num_elements()) *
                node.output_types[k].size() >
            kMaxFoldedBytes)
      return false;
  }
  return !node.output_types.empty();
}

Replacement fold(Node& node, Rewriter& graph) {
  if (node.op->name == "Const" || !is_pure(node) || !may_hold(node)) return {};
  Tensors inputs;
  for (const NodeOutput& input : node.inputs) {
    inputs.push_back(known_input(node, input, graph));
    if (!inputs.back().defined()) return {};
  }
  Tensors values;
  try {
    values = execute(*node.op, inputs, node.attrs).to_vector();
  } catch (const Error&) {
    return {};  // is thrown again where it belongs: when the node runs
  }
  std::vector<NodeOutput> constants;
  for (const Tensor& value : values) {
    if (value.num_bytes() > kMaxFoldedBytes) return {};
    constants.push_back(graph.add_constant(node, value));
  }
  return constants;
}

}  // namespace

/// Replaces every node without state whose inputs are all constants by its
/// value, unless that is larger than kMaxFoldedBytes. Shapes and ranks are
/// constants where they are known.
FunctionBody fold_constants(FunctionBody body) {
  return rewrite(std::move(body), fold);
}

}  // namespace tern::passes
