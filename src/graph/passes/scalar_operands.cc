#include <cstring>
#include <set>
#include <string_view>

#include "core/visit_dtype.h"
#include "graph/passes/passes.h"
#include "ops/apply.h"

namespace tern::passes {
namespace {

/// Elementwise ops that broadcast, and whose kernels compute the same whether
/// an operand is repeated by them or in memory: not Pow, which takes x^2 for
/// one exponent the short way.
bool broadcasts(const Node& node) {
  static const std::set<std::string_view> names = {"Add",
                                                   "AddV2",
                                                   "Div",
                                                   "DivNoNan",
                                                   "Equal",
                                                   "Greater",
                                                   "GreaterEqual",
                                                   "Less",
                                                   "LessEqual",
                                                   "LogicalAnd",
                                                   "LogicalOr",
                                                   "Maximum",
                                                   "Minimum",
                                                   "Mul",
                                                   "NotEqual",
                                                   "RealDiv",
                                                   "Select",
                                                   "SelectV2",
                                                   "SquaredDifference",
                                                   "Sub"};
  return names.contains(node.op->name);
}

/// The first element of a constant that has several, all alike.
Tensor repeated_element(const Tensor& value) {
  if (!value.defined() || value.dtype().is_object() || value.num_elements() < 2)
    return {};
  const std::size_t size = value.dtype().size();
  const char* elements = static_cast<const char*>(value.raw_data());
  // Each element equals the one before it.
  if (std::memcmp(elements, elements + size, value.num_bytes() - size) != 0)
    return {};
  Tensor element = Tensor::allocate(value.dtype(), Shape());
  std::memcpy(element.mutable_data(), elements, size);
  return element;
}

/// Undefined for the dtypes that block programs do not know.
Tensor number(DType dtype, int value) {
  static const std::set<int> codes = {float32.code,
                                      float64.code,
                                      float16.code,
                                      bfloat16.code,
                                      int32.code,
                                      int64.code,
                                      bool_.code};
  if (!codes.contains(dtype.code)) return {};
  Tensor result = Tensor::allocate(dtype, Shape());
  visit_number(dtype, [&](auto zero) {
    using T = decltype(zero);
    *static_cast<T*>(result.mutable_data()) =
        static_cast<T>(static_cast<float>(value));
  });
  return result;
}

/// A scalar that each element of the output equals, node -1 for none.
NodeOutput repeated_value(const Node& user, NodeOutput x, Rewriter& graph) {
  const Node& source = graph.source(x);
  const std::string& op = source.op->name;
  DType dtype = graph.dtype(x);
  if (op == "Fill" && graph.shape(source.inputs[1]).rank() == 0)
    return source.inputs[1];
  Tensor element = op == "ZerosLike" ? number(dtype, 0)
                   : op == "OnesLike"
                       ? number(dtype, 1)
                       : repeated_element(constant_of(graph.graph(), x));
  return element.defined() ? graph.add_constant(user, element) : NodeOutput();
}

/// Whether all inputs but one give the node's shape.
bool others_have_shape(const Node& node,
                       std::size_t but,
                       const Rewriter& graph) {
  for (std::size_t i = 0; i < node.inputs.size(); ++i)
    if (i != but && graph.shape(node.inputs[i]) == node.output_shapes[0])
      return true;
  return false;
}

Replacement use_scalars(Node& node, Rewriter& graph) {
  const Shape& shape =
      node.output_shapes.empty() ? Shape::unknown() : node.output_shapes[0];
  if (!broadcasts(node) || !shape.is_fully_known() || shape.rank() == 0)
    return {};
  const std::size_t first = node.op->name.starts_with("Select") ? 1 : 0;
  bool changed = false;
  for (std::size_t i = first; i < node.inputs.size(); ++i) {
    if (!(graph.shape(node.inputs[i]) == shape) ||
        !others_have_shape(node, i, graph))
      continue;
    // Select takes branches of one shape alone; SelectV2 broadcasts.
    if (node.op->name == "Select" && !(graph.shape(node.inputs[0]) == shape))
      continue;
    NodeOutput scalar = repeated_value(node, node.inputs[i], graph);
    if (scalar.node < 0) continue;
    node.inputs[i] = scalar;
    changed = true;
  }
  if (changed && node.op->name == "Select")
    return std::vector<NodeOutput>{graph.add(node, "SelectV2", node.inputs)};
  return {};
}

}  // namespace

/// An operand that holds one number again and again becomes that number, where
/// the other operands have the result's shape: nothing fills memory with it.
FunctionBody scalar_operands(FunctionBody body) {
  return rewrite(std::move(body), use_scalars);
}

}  // namespace tern::passes
