#include <map>
#include <set>
#include <string_view>

#include "graph/passes/passes.h"
#include "ops/apply.h"

namespace tern::passes {
namespace {

/// Nodes that become one, by their ids; -1 where there is no activation.
struct Dense {
  int product, bias, activation = -1;
};

bool is_activation(const Node& node) {
  static const std::set<std::string_view> names = {"Elu",
                                                   "Relu",
                                                   "Relu6",
                                                   "Selu",
                                                   "Sigmoid",
                                                   "Softplus",
                                                   "Softsign",
                                                   "Tanh"};
  return names.contains(node.op->name);
}

/// Adds a vector along the last axis. For AddV2 that must follow from the
/// shapes: a matrix may be added, or a vector that widens the product.
bool adds_bias(const Graph& graph, const Node& node) {
  const std::string& op = node.op->name;
  if (op == "BiasAddV1") return true;
  if (op == "BiasAdd")
    return node.attr("data_format").get<std::string>() == "NHWC";
  if (op != "AddV2" && op != "Add") return false;
  auto shape = [&](std::size_t i) {
    return graph.node(node.inputs[i].node)
        .output_shapes[static_cast<std::size_t>(node.inputs[i].output)];
  };
  Shape value = shape(0), bias = shape(1);
  return value.rank() == 2 && bias.rank() == 1 && bias[0] > 0 &&
         bias[0] == value[1];
}

bool is_product(const Node& node) {
  DType type = node.output_types[0];
  return node.op->name == "MatMul" && (type == float32 || type == float64 ||
                                       type == float16 || type == bfloat16);
}

/// What may go into an op with what comes after it.
bool is_free(const UseCounts& uses, const Node& node) {
  return node.control_inputs.empty() && uses.of({node.id, 0}) == 1;
}

/// The products to replace, by the last node of each.
std::map<int, Dense> find_dense(const FunctionBody& body) {
  const Graph& graph = body.graph;
  const UseCounts uses(body);
  std::map<int, Dense> found;
  for (const Node& node : graph.nodes()) {
    if (node.inputs.empty() || !node.control_inputs.empty()) continue;
    const Node& source = graph.node(node.inputs[0].node);
    if (source.output_types.size() != 1 || !is_free(uses, source)) continue;
    if (adds_bias(graph, node) && is_product(source)) {
      found.emplace(node.id, Dense{source.id, node.id});
    } else if (auto dense = found.find(source.id);
               dense != found.end() && dense->second.activation < 0 &&
               is_activation(node)) {
      found.emplace(node.id, Dense{dense->second.product, source.id, node.id});
      found.erase(source.id);
    }
  }
  return found;
}

}  // namespace

/// A matrix product, its bias and its activation become `_TernFusedMatMul`,
/// where nothing else uses the values between them.
FunctionBody fuse_matmul(FunctionBody body) {
  std::map<int, Dense> found = find_dense(body);
  if (found.empty()) return body;
  struct Call {
    std::vector<NodeOutput> inputs;  // of the body before
    Attrs attrs;
  };
  const OpDef& op = OpRegistry::global().get("_TernFusedMatMul");
  std::map<int, Call> calls;
  for (const auto& [last, dense] : found) {
    const Node& product = body.graph.node(dense.product);
    const Node& bias = body.graph.node(dense.bias);
    std::string activation =
        dense.activation < 0 ? "" : body.graph.node(last).op->name;
    calls[last] = {
        {product.inputs[0], product.inputs[1], bias.inputs[1]},
        detail::attrs_by_name(op,
                              {{"transpose_a", product.attr("transpose_a")},
                               {"transpose_b", product.attr("transpose_b")},
                               {"activation", activation}})};
  }
  return rewrite(
      std::move(body), [&](Node& node, Rewriter& graph) -> Replacement {
        auto call = calls.find(node.id);
        if (call == calls.end()) return {};
        std::vector<NodeOutput> inputs;
        for (const NodeOutput& input : call->second.inputs)
          inputs.push_back(graph.now(input));
        return std::vector<NodeOutput>{
            graph.add(node, op.name, std::move(inputs), call->second.attrs)};
      });
}

}  // namespace tern::passes
