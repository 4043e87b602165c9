#include <algorithm>
#include <numeric>
#include <set>
#include <string_view>
#include <unordered_map>

#include "core/visit_dtype.h"
#include "graph/passes/passes.h"
#include "ops/apply.h"

namespace tern::passes {
namespace {

/// A node with its inputs in the new graph. Rules give what stands for its
/// output 0, or nothing.
struct Call {
  Node& node;
  Rewriter& graph;

  NodeOutput input(std::size_t i) const { return node.inputs[i]; }
  std::string_view op() const { return node.op->name; }
  /// The node that gives input i.
  const Node& source(std::size_t i) const { return graph.source(input(i)); }
  /// Whether input i comes from one of these ops, which has one output.
  bool is_from(std::size_t i, std::string_view op_name) const {
    return source(i).op->name == op_name;
  }
  /// Whether output 0 has the known shape of `output`.
  bool keeps_shape(NodeOutput output) const {
    const Shape& shape = graph.shape(output);
    return shape.is_fully_known() && shape == node.output_shapes[0];
  }
};

using Result = std::optional<NodeOutput>;

/// Whether every element of a number constant is `wanted`, with its sign.
bool is_all(const Tensor& value, double wanted) {
  if (!value.defined() || value.dtype().is_object() ||
      value.dtype().is_complex() || value.num_elements() == 0)
    return false;
  bool all = true;
  visit_number(value.dtype(), [&](auto zero) {
    using T = decltype(zero);
    if constexpr (std::is_convertible_v<T, double>) {
      const T* elements = static_cast<const T*>(value.raw_data());
      for (std::int64_t i = 0; i < value.num_elements() && all; ++i) {
        auto x = static_cast<double>(elements[i]);
        all = x == wanted && std::signbit(x) == std::signbit(wanted);
      }
    } else {
      all = false;
    }
  });
  return all;
}

/// Kernels read and write subnormal numbers as 0: what arithmetic gave is
/// flushed already, and may take the way past an operation that would give it
/// unchanged. Anything may take the way if it is no float.
bool passes_unchanged(const Call& call, NodeOutput x) {
  static const std::set<std::string_view> arithmetic = {
      "Add", "AddV2", "BatchMatMulV2", "MatMul", "Mul", "RealDiv", "Sub"};
  return call.graph.dtype(x).is_integer() ||
         arithmetic.contains(call.graph.source(x).op->name);
}

/// The neutral element of an operation is a scalar, or so shaped that it does
/// not widen x.
bool is_neutral(const Call& call, std::size_t operand, double neutral) {
  NodeOutput x = call.input(1 - operand);
  Tensor value = constant_of(call.graph.graph(), call.input(operand));
  return is_all(value, neutral) &&
         (value.shape().rank() == 0 || call.keeps_shape(x)) &&
         passes_unchanged(call, x);
}

Result multiply(const Call& call) {
  if (is_neutral(call, 1, 1)) return call.input(0);
  if (is_neutral(call, 0, 1)) return call.input(1);
  return {};
}

Result divide(const Call& call) {
  if (is_neutral(call, 1, 1)) return call.input(0);
  return {};
}

/// -0 is what may be added to any float: x + 0 makes -0 to 0.
Result add(const Call& call) {
  double zero = call.graph.dtype(call.input(0)).is_integer() ? 0.0 : -0.0;
  if (is_neutral(call, 1, zero)) return call.input(0);
  if (is_neutral(call, 0, zero)) return call.input(1);
  return {};
}

Result subtract(const Call& call) {
  if (is_neutral(call, 1, 0)) return call.input(0);
  return {};
}

/// x^2, as the kernel of Pow computes it.
Result power(const Call& call) {
  DType dtype = call.node.output_types[0];
  Tensor exponent = constant_of(call.graph.graph(), call.input(1));
  if (!(dtype == float32 || dtype == float64) || !is_all(exponent, 2) ||
      exponent.shape().rank() != 0)
    return {};
  return call.graph.add(call.node, "Square", {call.input(0)});
}

/// f(f(x)) = x.
Result involution(const Call& call) {
  if (call.is_from(0, call.op())) return call.source(0).inputs[0];
  return {};
}

/// f(f(x)) = f(x).
Result idempotent(const Call& call) {
  if (call.is_from(0, call.op())) return call.input(0);
  return {};
}

/// f(-x) = f(|x|) = f(x) and, for the absolute value itself, f(f(x)) = f(x).
Result even(const Call& call) {
  if (call.is_from(0, "Neg") || call.is_from(0, "Abs"))
    return call.graph.add(
        call.node, call.op(), {call.source(0).inputs[0]}, call.node.attrs);
  return {};
}

/// f(x, x) = x.
Result same_operands(const Call& call) {
  if (call.input(0) == call.input(1)) return call.input(0);
  return {};
}

Result identity(const Call& call) { return call.input(0); }

/// The shape that was to be ensured is known to be there.
Result ensured(const Call& call) {
  const Shape& shape = call.graph.shape(call.input(0));
  const auto& wanted = call.node.attr("shape").get<Shape>();
  if (shape.is_fully_known() && wanted.is_compatible_with(shape))
    return call.input(0);
  return {};
}

bool is_reshape(const Node& node) {
  return node.op->name == "Reshape" || node.op->name == "ExpandDims" ||
         node.op->name == "Squeeze";
}

/// Reshapes of reshapes go straight to the last shape. Only where shapes are
/// known: a reshape in between may be one that fails.
Result reshape(const Call& call) {
  const Shape& shape = call.node.output_shapes[0];
  NodeOutput x = call.input(0);
  while (is_reshape(call.graph.source(x)) &&
         call.graph.shape(call.graph.source(x).inputs[0]).is_fully_known())
    x = call.graph.source(x).inputs[0];
  if (call.keeps_shape(x)) return x;
  if (x == call.input(0) || !shape.is_fully_known() ||
      !call.graph.shape(x).is_fully_known())
    return {};
  Tensor dims(shape.dims(), Shape({shape.rank()}));
  return call.graph.add(
      call.node, "Reshape", {x, call.graph.add_constant(call.node, dims)});
}

/// To the dtype it has; or back from an integer dtype that held every value.
Result cast(const Call& call) {
  NodeOutput x = call.input(0);
  DType to = call.node.output_types[0];
  if (call.graph.dtype(x) == to) return x;
  if (!call.is_from(0, "Cast")) return {};
  NodeOutput origin = call.source(0).inputs[0];
  auto is_signed = [](DType type) {
    return type == int8 || type == int16 || type == int32 || type == int64;
  };
  DType between = call.graph.dtype(x);
  bool widened = to == bool_ ? between.is_integer()
                             : is_signed(to) && is_signed(between) &&
                                   between.size() > to.size();
  if (call.graph.dtype(origin) == to && widened) return origin;
  return {};
}

/// One summand is its own sum; two are added as any two numbers.
Result sum(const Call& call) {
  if (call.node.inputs.size() == 1) return call.input(0);
  DType dtype = call.node.output_types[0];
  if (call.node.inputs.size() == 2 && !dtype.is_object() &&
      call.graph.shape(call.input(0)).is_fully_known() &&
      call.graph.shape(call.input(0)) == call.graph.shape(call.input(1)))
    return call.graph.add(call.node, "AddV2", call.node.inputs);
  return {};
}

/// Copies of all of x, under the shape it has.
Result copy(const Call& call) {
  if (call.keeps_shape(call.input(0))) return call.input(0);
  return {};
}

/// A concatenation of one part.
Result concatenate(const Call& call) {
  if (call.node.inputs.size() == 2 && call.keeps_shape(call.input(0)))
    return call.input(0);
  return {};
}

Replacement simplify(Node& node, Rewriter& graph) {
  using SimplifyFunction = Result (*)(const Call&);
  static const std::unordered_map<std::string_view, SimplifyFunction> rules = {
      {"Abs", even},
      {"Add", add},
      {"AddN", sum},
      {"AddV2", add},
      {"BroadcastTo", copy},
      {"Cast", cast},
      {"Ceil", idempotent},
      {"ConcatV2", concatenate},
      {"Conj", involution},
      {"EnsureShape", ensured},
      {"ExpandDims", reshape},
      {"Floor", idempotent},
      {"Identity", identity},
      {"Invert", involution},
      {"LogicalAnd", same_operands},
      {"LogicalNot", involution},
      {"LogicalOr", same_operands},
      {"Maximum", same_operands},
      {"Minimum", same_operands},
      {"Mul", multiply},
      {"Neg", involution},
      {"Pad", copy},
      {"PadV2", copy},
      {"Pow", power},
      {"PreventGradient", identity},
      {"RealDiv", divide},
      {"Relu", idempotent},
      {"Relu6", idempotent},
      {"Reshape", reshape},
      {"Round", idempotent},
      {"Slice", copy},
      {"Square", even},
      {"Squeeze", reshape},
      {"StopGradient", identity},
      {"Sub", subtract},
      {"Tile", copy},
  };
  if (node.op->name == "IdentityN") return node.inputs;
  auto rule = rules.find(node.op->name);
  if (rule == rules.end()) return {};
  Result result = rule->second({node, graph});
  if (!result) return {};
  return std::vector<NodeOutput>{*result};
}

}  // namespace

/// Takes out calls that give an input unchanged, and replaces others by
/// cheaper ones: only where results are the same to the bit for every input,
/// NaN, infinities and -0 included, and have the same shape.
FunctionBody simplify_arithmetic(FunctionBody body) {
  return rewrite(std::move(body), simplify);
}

}  // namespace tern::passes
