#include "ops/apply.h"
#include "ops/infer_context.h"
#include "ops/math/elementwise_gradients.h"
#include "tern/core/error.h"
#include "tern/ops/math.h"

namespace tern {
namespace {

constexpr std::string_view kNumber =
    "T: {bfloat16, half, float, double, uint8, int8, uint16, int16, int32, "
    "uint32, uint64, int64, complex64, complex128}";
constexpr std::string_view kReal =
    "T: {bfloat16, half, float, double, int8, uint8, int16, uint16, int32, "
    "uint32, int64, uint64}";
constexpr std::string_view kFloatingOrComplex =
    "T: {half, bfloat16, float, double, complex64, complex128}";
constexpr std::string_view kInteger =
    "T: {int8, int16, int32, int64, uint8, uint16, uint32, uint64}";

OpBuilder add_binary(OpRegistry& registry,
                     std::string_view name,
                     std::string_view types) {
  OpBuilder op = registry.add(name);
  op.input("x: T").input("y: T").output("z: T").attr(types);
  op.infer(broadcast_inputs).traits(kElementwise);
  return op;
}

/// Sets input 0's or 1's gradient from one of the broadcast shape.
void set_x(GradContext& g, const Tensor& gradient) {
  g.set(0, sum_to_operand(gradient, g.input(0), g.input(1)));
}
void set_y(GradContext& g, const Tensor& gradient) {
  g.set(1, sum_to_operand(gradient, g.input(1), g.input(0)));
}

void add_gradient(GradContext& g) {
  if (g.needs(0)) set_x(g, g.dy());
  if (g.needs(1)) set_y(g, g.dy());
}

void multiply_gradient(GradContext& g) {
  if (g.needs(0)) set_x(g, g.dy() * conjugate(g.input(1)));
  if (g.needs(1)) set_y(g, conjugate(g.input(0)) * g.dy());
}

/// d(x/y)/dx = 1/y, d(x/y)/dy = -x/y/y (this order does not overflow), with
/// the given division.
template <auto& Divide>
void quotient_gradient(GradContext& g) {
  Tensor y = conjugate(g.input(1));
  if (g.needs(0)) set_x(g, Divide(g.dy(), y));
  if (g.needs(1)) {
    Tensor slope = Divide(Divide(-conjugate(g.input(0)), y), y);
    set_y(g, g.dy() * slope);
  }
}

void pow_gradient(GradContext& g) {
  Tensor x = conjugate(g.input(0));
  Tensor y = conjugate(g.input(1));
  if (g.needs(0)) set_x(g, g.dy() * y * pow(x, y - 1));
  if (g.needs(1)) {
    // The logarithm is taken as 0 where it is not defined.
    Tensor defined = x.dtype().is_complex() ? not_equal(x, 0) : x > 0;
    Tensor log_x = where(defined, log(where(defined, x, 1)), 0);
    set_y(g, g.dy() * conjugate(g.output()) * log_x);
  }
}

/// Maximum and Minimum pass the gradient to the operand chosen, ties to x.
void choice_gradient(GradContext& g, const Tensor& x_chosen) {
  if (g.needs(0)) set_x(g, where(x_chosen, g.dy(), 0));
  if (g.needs(1)) set_y(g, where(x_chosen, 0, g.dy()));
}

void add_sum_ops(OpRegistry& registry) {
  add_binary(registry, "AddV2", kNumber)
      .traits(kElementwise | kCommutative)
      .grad(add_gradient)
      .grad_reads({});
  add_binary(registry,
             "Add",
             "T: {bfloat16, half, float, double, uint8, int8, int16, int32, "
             "int64, complex64, complex128, string}")
      .grad(add_gradient)
      .grad_reads({});
  add_binary(registry, "Sub", kNumber)
      .grad([](GradContext& g) {
        if (g.needs(0)) set_x(g, g.dy());
        if (g.needs(1)) set_y(g, -g.dy());
      })
      .grad_reads({});
  add_binary(registry,
             "SquaredDifference",
             "T: {bfloat16, half, float, double, int32, int64, complex64, "
             "complex128}")
      .traits(kElementwise | kCommutative)
      .grad([](GradContext& g) {
        Tensor slope = 2 * g.dy() * (g.input(0) - g.input(1));
        if (g.needs(0)) set_x(g, slope);
        if (g.needs(1)) set_y(g, -slope);
      })
      .grad_reads({"x", "y"});
  registry.add("AddN")
      .input("inputs: N * T")
      .output("sum: T")
      .attr("N: int >= 1")
      .attr(
          "T: {float, double, int32, uint8, int16, int8, complex64, int64, "
          "qint8, quint8, qint32, bfloat16, qint16, quint16, uint16, "
          "complex128, half, uint32, uint64, variant}")
      .infer([](InferContext& c) {
        Shape sum = c.input(0);
        for (int i = 1; i < c.num_inputs(); ++i) sum = sum.merge(c.input(i));
        c.set_output(0, sum);
      })
      .traits(kElementwise | kCommutative)
      .grad([](GradContext& g) {
        for (int i = 0; i < g.num_inputs(); ++i) g.set(i, g.dy());
      })
      .grad_reads({});
}

/// AddN that is told the shape beforehand.
void add_accumulate_op(OpRegistry& registry) {
  registry.add("AccumulateNV2")
      .input("inputs: N * T")
      .output("sum: T")
      .attr("N: int >= 1")
      .attr("T: numbertype")
      .attr("shape: shape")
      .infer([](InferContext& c) {
        Shape sum = c.attr<Shape>("shape");
        for (int i = 0; i < c.num_inputs(); ++i) sum = sum.merge(c.input(i));
        c.set_output(0, sum);
      })
      .traits(kElementwise | kCommutative)
      .grad([](GradContext& g) {
        for (int i = 0; i < g.num_inputs(); ++i) g.set(i, g.dy());
      })
      .grad_reads({});
}

void add_product_ops(OpRegistry& registry) {
  add_binary(registry, "Mul", kNumber)
      .traits(kElementwise | kCommutative)
      .grad(multiply_gradient)
      .grad_reads({"x", "y"});
  add_binary(registry, "MulNoNan", kFloatingOrComplex)
      .grad([](GradContext& g) {
        // Not conjugated: as TensorFlow.
        if (g.needs(0)) set_x(g, math::multiply_no_nan(g.dy(), g.input(1)));
        if (g.needs(1)) set_y(g, math::multiply_no_nan(g.input(0), g.dy()));
      })
      .grad_reads({"x", "y"});
  add_binary(registry, "RealDiv", kNumber)
      .grad(quotient_gradient<raw<"RealDiv">>)
      .grad_reads({"x", "y"});
  add_binary(registry, "Div", kNumber)
      .grad(quotient_gradient<raw<"Div">>)
      .grad_reads({"x", "y"});
  add_binary(registry, "DivNoNan", kFloatingOrComplex)
      .grad(quotient_gradient<raw<"DivNoNan">>)
      .grad_reads({"x", "y"});
  add_binary(registry, "TruncateDiv", kNumber).no_grad();
  add_binary(registry, "FloorDiv", kNumber).no_grad();
  add_binary(registry, "FloorMod", kReal)
      .grad([](GradContext& g) {
        if (g.needs(0)) set_x(g, g.dy());
        if (g.needs(1)) set_y(g, g.dy() * -floor_div(g.input(0), g.input(1)));
      })
      .grad_reads({"x", "y"});
  for (const char* name : {"Mod", "TruncateMod"})
    add_binary(
        registry, name, "T: {int32, int64, half, bfloat16, float, double}")
        .no_grad();
  add_binary(registry,
             "Pow",
             "T: {bfloat16, float, half, double, int8, int16, int32, int64, "
             "complex64, complex128}")
      .grad(pow_gradient)
      .grad_reads({"x", "y", "z"});
}

void add_guarded_ops(OpRegistry& registry) {
  // x log(y) and the like, which are 0 where x is 0 whatever y.
  auto nonzero = [](const Tensor& x) {
    return cast(not_equal(x, 0), x.dtype());
  };
  add_binary(registry, "Xlogy", kFloatingOrComplex)
      .grad([nonzero](GradContext& g) {
        const Tensor &x = g.input(0), &y = g.input(1);
        if (g.needs(0)) set_x(g, g.dy() * math::xlogy(nonzero(x), y));
        if (g.needs(1)) set_y(g, g.dy() * math::xdivy(x, y));
      })
      .grad_reads({"x", "y"});
  add_binary(registry, "Xlog1py", kFloatingOrComplex)
      .grad([nonzero](GradContext& g) {
        const Tensor &x = g.input(0), &y = g.input(1);
        if (g.needs(0)) set_x(g, g.dy() * math::xlog1py(nonzero(x), y));
        if (g.needs(1)) set_y(g, g.dy() * math::xdivy(x, y + 1));
      })
      .grad_reads({"x", "y"});
  add_binary(registry, "Xdivy", kFloatingOrComplex)
      .grad([nonzero](GradContext& g) {
        const Tensor &x = g.input(0), &y = g.input(1);
        if (g.needs(0)) set_x(g, g.dy() * math::xdivy(nonzero(x), y));
        if (g.needs(1)) set_y(g, g.dy() * math::xdivy(-x, square(y)));
      })
      .grad_reads({"x", "y"});
}

void add_choice_ops(OpRegistry& registry) {
  add_binary(registry, "Maximum", kReal)
      .grad(
          [](GradContext& g) { choice_gradient(g, g.input(0) >= g.input(1)); })
      .grad_reads({"x", "y"});
  add_binary(registry, "Minimum", kReal)
      .grad(
          [](GradContext& g) { choice_gradient(g, g.input(0) <= g.input(1)); })
      .grad_reads({"x", "y"});
}

void add_bitwise_ops(OpRegistry& registry) {
  for (const char* name : {"BitwiseAnd", "BitwiseOr", "BitwiseXor"})
    add_binary(registry, name, kInteger)
        .traits(kElementwise | kCommutative)
        .no_grad();
}

/// Python's true division: integers become floats wide enough for them, and
/// so does a literal that meets them.
Tensor as_divisible(const Tensor& x, DType dtype) {
  DType quotient =
      dtype.is_integer() ? (dtype.size() <= 2 ? float32 : float64) : dtype;
  if (x.is_weak() && x.dtype().is_floating()) return x.as_dtype(quotient);
  Tensor firm = x.is_weak() ? x.as_dtype(dtype) : x;
  return dtype.is_integer() ? cast(firm, quotient) : firm;
}

}  // namespace

void register_elementwise_binary_ops(OpRegistry& registry) {
  add_sum_ops(registry);
  add_accumulate_op(registry);
  add_product_ops(registry);
  add_guarded_ops(registry);
  add_choice_ops(registry);
  add_bitwise_ops(registry);
}

Tensor add(const Tensor& x, const Tensor& y) {
  if (x.dtype() == string) return raw<"Add">(x, y);
  return raw<"AddV2">(x, y);
}
Tensor subtract(const Tensor& x, const Tensor& y) { return raw<"Sub">(x, y); }
Tensor multiply(const Tensor& x, const Tensor& y) { return raw<"Mul">(x, y); }

Tensor truediv(const Tensor& x, const Tensor& y) {
  if (!x.is_weak() && !y.is_weak() && !x.dtype().is_integer())
    return raw<"RealDiv">(x, y);
  // A literal takes the other operand's dtype; between two, floats win.
  DType dtype = x.is_weak() && (!y.is_weak() || y.dtype().is_floating())
                    ? y.dtype()
                    : x.dtype();
  if (!dtype.is_integer()) return raw<"RealDiv">(x, y);
  if (!x.is_weak() && !y.is_weak() && x.dtype() != y.dtype())
    throw InvalidArgumentError("`x` and `y` must have the same dtype, got ",
                               x.dtype(),
                               " != ",
                               y.dtype());
  return raw<"RealDiv">(as_divisible(x, dtype), as_divisible(y, dtype));
}

Tensor divide(const Tensor& x, const Tensor& y) { return truediv(x, y); }
Tensor floor_div(const Tensor& x, const Tensor& y) {
  return raw<"FloorDiv">(x, y);
}
Tensor floormod(const Tensor& x, const Tensor& y) {
  return raw<"FloorMod">(x, y);
}
Tensor pow(const Tensor& x, const Tensor& y) { return raw<"Pow">(x, y); }
Tensor maximum(const Tensor& x, const Tensor& y) {
  return raw<"Maximum">(x, y);
}
Tensor minimum(const Tensor& x, const Tensor& y) {
  return raw<"Minimum">(x, y);
}
Tensor add_n(const Tensors& inputs) {
  if (inputs.empty())
    throw InvalidArgumentError(
        "Inputs must be an iterable of at least one Tensor/IndexedSlices with "
        "the same dtype and shape.");
  return inputs.size() == 1 ? inputs[0] : raw<"AddN">(inputs);
}

Tensor operator+(const Tensor& x, const Tensor& y) { return add(x, y); }
Tensor operator-(const Tensor& x, const Tensor& y) { return subtract(x, y); }
Tensor operator*(const Tensor& x, const Tensor& y) { return multiply(x, y); }
Tensor operator/(const Tensor& x, const Tensor& y) { return truediv(x, y); }
Tensor operator%(const Tensor& x, const Tensor& y) { return floormod(x, y); }

Tensor operator&(const Tensor& x, const Tensor& y) {
  return x.dtype() == bool_ || y.dtype() == bool_ ? raw<"LogicalAnd">(x, y)
                                                  : raw<"BitwiseAnd">(x, y);
}
Tensor operator|(const Tensor& x, const Tensor& y) {
  return x.dtype() == bool_ || y.dtype() == bool_ ? raw<"LogicalOr">(x, y)
                                                  : raw<"BitwiseOr">(x, y);
}

namespace math {

Tensor mod(const Tensor& x, const Tensor& y) { return floormod(x, y); }
Tensor floordiv(const Tensor& x, const Tensor& y) { return floor_div(x, y); }
Tensor squared_difference(const Tensor& x, const Tensor& y) {
  return raw<"SquaredDifference">(x, y);
}
Tensor divide_no_nan(const Tensor& x, const Tensor& y) {
  return raw<"DivNoNan">(x, y);
}
Tensor multiply_no_nan(const Tensor& x, const Tensor& y) {
  return raw<"MulNoNan">(x, y);
}
Tensor xlogy(const Tensor& x, const Tensor& y) { return raw<"Xlogy">(x, y); }
Tensor xlog1py(const Tensor& x, const Tensor& y) {
  return raw<"Xlog1py">(x, y);
}
Tensor xdivy(const Tensor& x, const Tensor& y) { return raw<"Xdivy">(x, y); }

}  // namespace math
}  // namespace tern
