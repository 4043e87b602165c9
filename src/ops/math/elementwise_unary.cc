#include <numbers>

#include "ops/apply.h"
#include "ops/infer_context.h"
#include "ops/math/elementwise_gradients.h"
#include "tern/core/error.h"
#include "tern/ops/math.h"

namespace tern {
namespace {

constexpr std::string_view kFloatingOrComplex =
    "T: {bfloat16, half, float, double, complex64, complex128}";
constexpr std::string_view kFloating = "T: {bfloat16, half, float, double}";
constexpr std::string_view kSignedOrComplex =
    "T: {bfloat16, half, float, double, int8, int16, int32, int64, complex64, "
    "complex128}";
constexpr std::string_view kReal =
    "T: {float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, "
    "half, uint32, uint64}";

OpBuilder add_unary(OpRegistry& registry,
                    std::string_view name,
                    std::string_view types) {
  OpBuilder op = registry.add(name);
  op.input("x: T").output("y: T").attr(types).infer(same_as_input);
  op.traits(kElementwise);
  return op;
}

OpBuilder add_predicate(OpRegistry& registry, std::string_view name) {
  OpBuilder op = registry.add(name);
  op.input("x: T").output("y: bool").attr(kFloating).infer(same_as_input);
  op.traits(kElementwise);
  return op.no_grad();
}

/// Elements pair up in memory order, whatever the shapes: z has y's.
void infer_gradient_op(InferContext& c) {
  const Shape &y = c.input(0), &dy = c.input(1);
  if (y.is_fully_known() && dy.is_fully_known() &&
      y.num_elements() != dy.num_elements())
    throw InvalidArgumentError(
        "The two arguments to a cwise op must have same number of elements, "
        "got ",
        y.num_elements(),
        " and ",
        dy.num_elements());
  c.set_output(0, y);
}

/// TensorFlow's `FooGrad(y, dy)`, where y is Foo's output.
OpBuilder add_gradient_op(OpRegistry& registry, std::string_view name) {
  OpBuilder op = registry.add(name);
  op.input("y: T").input("dy: T").output("z: T").attr(kFloatingOrComplex);
  op.infer(infer_gradient_op).traits(kElementwise);
  return op;
}

void add_exponential_ops(OpRegistry& registry) {
  add_unary(registry, "Exp", kFloatingOrComplex)
      .grad([](GradContext& g) { g.set(0, g.dy() * conjugate(g.output())); })
      .grad_reads({"y"});
  add_unary(registry, "Expm1", kFloatingOrComplex)
      .grad(
          [](GradContext& g) { g.set(0, g.dy() * exp(conjugate(g.input(0)))); })
      .grad_reads({"x"});
  add_unary(registry, "Log", kFloatingOrComplex)
      .grad([](GradContext& g) {
        g.set(0, g.dy() * math::reciprocal(conjugate(g.input(0))));
      })
      .grad_reads({"x"});
  add_unary(registry, "Log1p", kFloatingOrComplex)
      .grad([](GradContext& g) {
        g.set(0, g.dy() * math::reciprocal(1 + conjugate(g.input(0))));
      })
      .grad_reads({"x"});
  add_unary(registry, "Sin", kFloatingOrComplex)
      .grad(
          [](GradContext& g) { g.set(0, g.dy() * cos(conjugate(g.input(0)))); })
      .grad_reads({"x"});
  add_unary(registry, "Cos", kFloatingOrComplex)
      .grad([](GradContext& g) {
        g.set(0, -g.dy() * sin(conjugate(g.input(0))));
      })
      .grad_reads({"x"});
}

void add_power_ops(OpRegistry& registry) {
  add_unary(registry,
            "Square",
            "T: {bfloat16, half, float, double, int8, int16, int32, int64, "
            "uint8, uint16, uint32, uint64, complex64, complex128}")
      .grad([](GradContext& g) {
        g.set(0, g.dy() * (2 * conjugate(g.input(0))));
      })
      .grad_reads({"x"});
  add_unary(registry, "Sqrt", kFloatingOrComplex)
      .grad(
          [](GradContext& g) { g.set(0, raw<"SqrtGrad">(g.output(), g.dy())); })
      .grad_reads({"y"});
  add_unary(registry, "Rsqrt", kFloatingOrComplex)
      .grad([](GradContext& g) {
        g.set(0, raw<"RsqrtGrad">(g.output(), g.dy()));
      })
      .grad_reads({"y"});
  for (const char* name : {"Reciprocal", "Inv"})
    add_unary(registry, name, kSignedOrComplex)
        .grad([](GradContext& g) {
          g.set(0, raw<"ReciprocalGrad">(g.output(), g.dy()));
        })
        .grad_reads({"y"});

  // z = 0.5 dy / conj(y)
  add_gradient_op(registry, "SqrtGrad").grad([](GradContext& g) {
    Tensor dz_over_y = g.dy() / g.input(0);
    if (g.needs(0)) g.set(0, -conjugate(dz_over_y) * g.output());
    if (g.needs(1)) g.set(1, 0.5 * dz_over_y);
  });
  // z = -0.5 dy conj(y)^3
  add_gradient_op(registry, "RsqrtGrad").grad([](GradContext& g) {
    Tensor y = conjugate(g.input(0));
    if (g.needs(0)) g.set(0, -1.5 * conjugate(g.dy()) * g.input(1) * square(y));
    if (g.needs(1)) g.set(1, raw<"RsqrtGrad">(y, g.dy()));
  });
  // z = -dy conj(y)^2
  for (const char* name : {"ReciprocalGrad", "InvGrad"})
    add_gradient_op(registry, name).grad([](GradContext& g) {
      Tensor y = conjugate(g.input(0));
      if (g.needs(0)) g.set(0, -2.0 * conjugate(g.dy()) * g.input(1) * y);
      if (g.needs(1)) g.set(1, raw<"ReciprocalGrad">(y, g.dy()));
    });
}

void add_activation_ops(OpRegistry& registry) {
  add_unary(registry, "Tanh", kFloatingOrComplex)
      .grad([](GradContext& g) {
        g.set(0, raw<"TanhGrad">(conjugate(g.output()), g.dy()));
      })
      .grad_reads({"y"});
  add_unary(registry, "Sigmoid", kFloatingOrComplex)
      .grad([](GradContext& g) {
        g.set(0, raw<"SigmoidGrad">(conjugate(g.output()), g.dy()));
      })
      .grad_reads({"y"});
  // z = dy (1 - y^2)
  add_gradient_op(registry, "TanhGrad").grad([](GradContext& g) {
    Tensor y = conjugate(g.input(0));
    if (g.needs(0)) g.set(0, -2.0 * g.dy() * conjugate(g.input(1)) * y);
    if (g.needs(1)) g.set(1, raw<"TanhGrad">(y, g.dy()));
  });
  // z = dy y (1 - y)
  add_gradient_op(registry, "SigmoidGrad").grad([](GradContext& g) {
    Tensor y = conjugate(g.input(0));
    Tensor product = g.dy() * conjugate(g.input(1));
    if (g.needs(0)) g.set(0, product - 2.0 * product * y);
    if (g.needs(1)) g.set(1, raw<"SigmoidGrad">(y, g.dy()));
  });

  registry.add("Relu")
      .input("features: T")
      .output("activations: T")
      .attr(kReal)
      .infer(same_as_input)
      .traits(kElementwise)
      .grad(
          [](GradContext& g) { g.set(0, raw<"ReluGrad">(g.dy(), g.output())); })
      .grad_reads({"activations"});
  registry.add("ReluGrad")
      .input("gradients: T")
      .input("features: T")
      .output("backprops: T")
      .attr(kReal)
      .infer(merge_inputs)
      .traits(kElementwise)
      .grad([](GradContext& g) {
        // Linear in the gradients; constant in the features almost everywhere.
        if (g.needs(0)) g.set(0, raw<"ReluGrad">(g.dy(), g.input(1)));
        if (g.needs(1)) g.set(1, raw<"ZerosLike">(g.dy()));
      })
      .grad_reads({"features"});
}

void add_sign_and_rounding_ops(OpRegistry& registry) {
  add_unary(registry, "Neg", kSignedOrComplex)
      .grad([](GradContext& g) { g.set(0, -g.dy()); })
      .grad_reads({});
  add_unary(registry,
            "Abs",
            "T: {bfloat16, half, float, double, int8, int16, int32, int64}")
      .grad([](GradContext& g) { g.set(0, g.dy() * sign(g.input(0))); })
      .grad_reads({"x"});
  add_unary(registry, "Sign", kSignedOrComplex)
      .grad([](GradContext& g) { g.set(0, raw<"ZerosLike">(g.dy())); })
      .grad_reads({});
  add_unary(registry, "Floor", kFloating).no_grad();
  add_unary(registry, "Ceil", kFloating).no_grad();
  add_unary(registry, "Round", kSignedOrComplex).no_grad();
  add_predicate(registry, "IsNan");
  add_predicate(registry, "IsInf");
  add_predicate(registry, "IsFinite");
  registry.add("LogicalNot")
      .input("x: bool")
      .output("y: bool")
      .infer(same_as_input)
      .traits(kElementwise)
      .no_grad();
  add_unary(registry,
            "Invert",
            "T: {int8, int16, int32, int64, uint8, uint16, uint32, uint64}")
      .no_grad();
}

Tensor real_part(const Tensor& x) {
  return raw<"Real">(x, {{"Tout", x.dtype() == complex64 ? float32 : float64}});
}

Tensor imaginary_part(const Tensor& x) {
  return raw<"Imag">(x, {{"Tout", x.dtype() == complex64 ? float32 : float64}});
}

void add_complex_ops(OpRegistry& registry) {
  constexpr std::string_view complex_in =
      "T: {complex64, complex128} = DT_COMPLEX64";
  constexpr std::string_view real_out = "Tout: {float, double} = DT_FLOAT";
  registry.add("Conj")
      .input("input: T")
      .output("output: T")
      .attr("T: {complex64, complex128, variant} = DT_COMPLEX64")
      .infer(same_as_input)
      .traits(kElementwise)
      .grad([](GradContext& g) { g.set(0, math::conj(g.dy())); })
      .grad_reads({});
  registry.add("Real")
      .input("input: T")
      .output("output: Tout")
      .attr(complex_in)
      .attr(real_out)
      .infer(same_as_input)
      .traits(kElementwise)
      .grad([](GradContext& g) {
        g.set(0, complex(g.dy(), raw<"ZerosLike">(g.dy())));
      })
      .grad_reads({});
  registry.add("Imag")
      .input("input: T")
      .output("output: Tout")
      .attr(complex_in)
      .attr(real_out)
      .infer(same_as_input)
      .traits(kElementwise)
      .grad([](GradContext& g) {
        g.set(0, complex(raw<"ZerosLike">(g.dy()), g.dy()));
      })
      .grad_reads({});
  registry.add("ComplexAbs")
      .input("x: T")
      .output("y: Tout")
      .attr(complex_in)
      .attr(real_out)
      .infer(same_as_input)
      .traits(kElementwise)
      .grad([](GradContext& g) {
        Tensor zero = raw<"ZerosLike">(g.dy());
        g.set(0,
              math::divide_no_nan(complex(g.dy(), zero) * g.input(0),
                                  complex(g.output(), zero)));
      });
  registry.add("Angle")
      .input("input: T")
      .output("output: Tout")
      .attr(complex_in)
      .attr(real_out)
      .infer(same_as_input)
      .traits(kElementwise)
      .grad([](GradContext& g) {
        const Tensor& x = g.input(0);
        // -dy / (im + i re), NaN at infinity.
        Tensor re = real_part(x), im = imaginary_part(x);
        Tensor scale = -g.dy() / (square(re) + square(im));
        g.set(0, complex(scale * im, -scale * re));
      })
      .grad_reads({"input"});
  registry.add("Complex")
      .input("real: T")
      .input("imag: T")
      .output("out: Tout")
      .attr("T: {float, double} = DT_FLOAT")
      .attr("Tout: {complex64, complex128} = DT_COMPLEX64")
      .infer(broadcast_inputs)
      .traits(kElementwise)
      .grad([](GradContext& g) {
        if (g.needs(0))
          g.set(0, sum_to_operand(real_part(g.dy()), g.input(0), g.input(1)));
        if (g.needs(1))
          g.set(1,
                sum_to_operand(imaginary_part(g.dy()), g.input(1), g.input(0)));
      })
      .grad_reads({});
}

}  // namespace

void register_elementwise_unary_ops(OpRegistry& registry) {
  add_exponential_ops(registry);
  add_power_ops(registry);
  add_activation_ops(registry);
  add_sign_and_rounding_ops(registry);
  add_complex_ops(registry);
}

Tensor conjugate(const Tensor& x) { return math::conj(x); }

Tensor negative(const Tensor& x) { return raw<"Neg">(x); }
Tensor abs(const Tensor& x) {
  if (!x.dtype().is_complex()) return raw<"Abs">(x);
  return raw<"ComplexAbs">(
      x, {{"Tout", x.dtype() == complex64 ? float32 : float64}});
}
Tensor sign(const Tensor& x) {
  // As in TensorFlow: the op alone has no derivative for complex numbers.
  if (x.dtype().is_complex())
    return math::divide_no_nan(x, cast(abs(x), x.dtype()));
  return raw<"Sign">(x);
}
Tensor square(const Tensor& x) { return raw<"Square">(x); }
Tensor sqrt(const Tensor& x) { return raw<"Sqrt">(x); }
Tensor exp(const Tensor& x) { return raw<"Exp">(x); }
Tensor log(const Tensor& x) { return raw<"Log">(x); }
Tensor sin(const Tensor& x) { return raw<"Sin">(x); }
Tensor cos(const Tensor& x) { return raw<"Cos">(x); }
Tensor tanh(const Tensor& x) { return raw<"Tanh">(x); }
Tensor sigmoid(const Tensor& x) { return raw<"Sigmoid">(x); }
Tensor floor(const Tensor& x) { return raw<"Floor">(x); }
Tensor round(const Tensor& x) {
  // As tf.round: integers are whole already.
  return x.dtype().is_integer() ? x : raw<"Round">(x);
}
Tensor logical_not(const Tensor& x) { return raw<"LogicalNot">(x); }

Tensor complex(const Tensor& real, const Tensor& imag) {
  DType part = real.is_weak() && !imag.is_weak() ? imag.dtype() : real.dtype();
  return raw<"Complex">(
      real, imag, {{"Tout", part == float64 ? complex128 : complex64}});
}

Tensor operator-(const Tensor& x) { return raw<"Neg">(x); }
Tensor operator~(const Tensor& x) {
  return x.dtype() == bool_ ? raw<"LogicalNot">(x) : raw<"Invert">(x);
}

namespace math {

Tensor ceil(const Tensor& x) { return raw<"Ceil">(x); }
Tensor rsqrt(const Tensor& x) { return raw<"Rsqrt">(x); }
Tensor reciprocal(const Tensor& x) { return raw<"Reciprocal">(x); }
Tensor log1p(const Tensor& x) { return raw<"Log1p">(x); }
Tensor expm1(const Tensor& x) { return raw<"Expm1">(x); }
Tensor is_nan(const Tensor& x) { return raw<"IsNan">(x); }
Tensor is_inf(const Tensor& x) { return raw<"IsInf">(x); }
Tensor is_finite(const Tensor& x) { return raw<"IsFinite">(x); }

Tensor conj(const Tensor& x) {
  return x.dtype().is_complex() ? raw<"Conj">(x) : x;
}
Tensor real(const Tensor& x) {
  return x.dtype().is_complex() ? real_part(x) : x;
}
Tensor imag(const Tensor& x) {
  return x.dtype().is_complex() ? imaginary_part(x) : raw<"ZerosLike">(x);
}
Tensor angle(const Tensor& x) {
  if (!x.dtype().is_complex())
    return where(x < 0, std::numbers::pi, raw<"ZerosLike">(x));
  return raw<"Angle">(x,
                      {{"Tout", x.dtype() == complex64 ? float32 : float64}});
}

}  // namespace math
}  // namespace tern
