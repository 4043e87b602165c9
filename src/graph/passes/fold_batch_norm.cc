#include <algorithm>
#include <vector>

#include "graph/passes/passes.h"
#include "ops/apply.h"

namespace tern::passes {
namespace {

bool is_batch_norm(const Node& node) {
  return node.op->name == "FusedBatchNorm" ||
         node.op->name == "FusedBatchNormV2" ||
         node.op->name == "FusedBatchNormV3";
}

/// Whether it normalises float32 with given moments, channels last, for its
/// first output alone.
bool is_foldable(const Graph& graph, const Node& node, const UseCounts& uses) {
  if (!is_batch_norm(node) || node.attr("is_training").get<bool>() ||
      node.attr("data_format").get<std::string>()[1] == 'C' ||
      !(node.output_types[0] == float32) || !(node.output_types[1] == float32))
    return false;
  // What is put in its place would broadcast where it refuses.
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    const NodeOutput& input = node.inputs[i];
    const Shape& shape =
        graph.node(input.node)
            .output_shapes[static_cast<std::size_t>(input.output)];
    if (i == 0 ? shape.rank() < 4 || shape[-1] < 0 : !shape.is_fully_known())
      return false;
  }
  for (int k = 1; k < static_cast<int>(node.output_types.size()); ++k)
    if (uses.of({node.id, k}) > 0) return false;
  return true;
}

}  // namespace

/// Batch normalization with fixed moments becomes
/// (x - mean) · (scale / sqrt(variance + epsilon)) + offset, computed as its
/// kernel does: with what is around it, that fuses into one pass over x.
FunctionBody fold_batch_norm(FunctionBody body) {
  const UseCounts uses(body);
  std::vector<bool> folds;
  for (const Node& node : body.graph.nodes())
    folds.push_back(is_foldable(body.graph, node, uses));
  if (std::find(folds.begin(), folds.end(), true) == folds.end()) return body;
  return rewrite(
      std::move(body), [&](Node& node, Rewriter& graph) -> Replacement {
        if (!folds[static_cast<std::size_t>(node.id)]) return {};
        enum { kX, kScale, kOffset, kMean, kVariance };
        auto call = [&](const char* op, NodeOutput a, NodeOutput b) {
          return graph.add(node, op, {a, b});
        };
        const float value = node.attr("epsilon").get<float>();
        NodeOutput epsilon = graph.add_constant(
            node, Tensor(std::span<const float>(&value, 1), Shape()));
        NodeOutput deviation = graph.add(
            node, "Sqrt", {call("AddV2", node.inputs[kVariance], epsilon)});
        NodeOutput factor = call("RealDiv", node.inputs[kScale], deviation);
        NodeOutput centered = call("Sub", node.inputs[kX], node.inputs[kMean]);
        NodeOutput y =
            call("AddV2", call("Mul", centered, factor), node.inputs[kOffset]);
        // Nobody uses the other outputs.
        return std::vector<NodeOutput>(node.output_types.size(), y);
      });
}

}  // namespace tern::passes
