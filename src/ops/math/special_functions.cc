// special_functions.cc: trigonometric and hyperbolic functions, their inverses,
// error functions and zeta.

#include "tern/ops/special_functions.h"

#include <cmath>
#include <numbers>

#include "ops/apply.h"
#include "ops/infer_context.h"
#include "ops/math/elementwise_gradients.h"
#include "tern/ops/math.h"

namespace tern {
namespace {

constexpr const char* kFloatingOrComplex =
    "T: {bfloat16, half, float, double, complex64, complex128}";
constexpr const char* kFloating = "T: {bfloat16, half, float, double}";

using Derivative = Tensor (*)(const Tensor& x, const Tensor& y);

/// y = f(x) with f' in terms of x and y, both conjugated where complex.
void add_function(OpRegistry& registry,
                  const char* name,
                  const char* types,
                  Derivative derivative) {
  registry.add(name)
      .input("x: T")
      .output("y: T")
      .attr(types)
      .infer(same_as_input)
      .traits(kElementwise)
      .grad([derivative](GradContext& g) {
        g.set(
            0,
            g.dy() * derivative(conjugate(g.input(0)), conjugate(g.output())));
      });
}

/// 2 / sqrt(pi) exp(-x^2)
Tensor slope_of_erf(const Tensor& x) {
  return 2 * std::numbers::inv_sqrtpi * exp(-square(x));
}

}  // namespace

void register_special_function_ops(OpRegistry& registry) {
  auto add = [&](const char* name, Derivative derivative) {
    add_function(registry, name, kFloatingOrComplex, derivative);
  };
  add("Tan", [](const Tensor& x, const Tensor&) {
    return square(math::reciprocal(cos(x)));
  });
  add("Asin", [](const Tensor& x, const Tensor&) {
    return math::reciprocal(sqrt(1 - square(x)));
  });
  add("Acos", [](const Tensor& x, const Tensor&) {
    return -math::reciprocal(sqrt(1 - square(x)));
  });
  add("Atan", [](const Tensor& x, const Tensor&) {
    return math::reciprocal(1 + square(x));
  });
  add("Sinh", [](const Tensor& x, const Tensor&) { return math::cosh(x); });
  add("Cosh", [](const Tensor& x, const Tensor&) { return math::sinh(x); });
  add("Asinh", [](const Tensor&, const Tensor& y) {
    return math::reciprocal(math::cosh(y));
  });
  add("Acosh", [](const Tensor&, const Tensor& y) {
    return math::reciprocal(math::sinh(y));
  });
  add("Atanh", [](const Tensor& x, const Tensor&) {
    return math::reciprocal(1 - square(x));
  });
  add_function(registry, "Erf", kFloating, [](const Tensor& x, const Tensor&) {
    return slope_of_erf(x);
  });
  add_function(registry, "Erfc", kFloating, [](const Tensor& x, const Tensor&) {
    return -slope_of_erf(x);
  });

  registry.add("Atan2")
      .input("y: T")
      .input("x: T")
      .output("z: T")
      .attr(kFloating)
      .infer(broadcast_inputs)
      .traits(kElementwise)
      .grad([](GradContext& g) {
        const Tensor &y = g.input(0), &x = g.input(1);
        Tensor scaled = g.dy() / (square(x) + square(y));
        if (g.needs(0)) g.set(0, sum_to_operand(x * scaled, y, x));
        if (g.needs(1)) g.set(1, sum_to_operand(-y * scaled, x, y));
      })
      .grad_reads({"y", "x"});
  registry.add("Zeta")
      .input("x: T")
      .input("q: T")
      .output("z: T")
      .attr("T: {float, double}")
      .infer(broadcast_inputs)
      .traits(kElementwise)
      .grad([](GradContext& g) {
        const Tensor &x = g.input(0), &q = g.input(1);
        if (g.needs(1))
          g.set(1, sum_to_operand(g.dy() * (-x * math::zeta(x + 1, q)), q, x));
      })
      .grad_reads({"x", "q"});
}

namespace math {

Tensor tan(const Tensor& x) { return raw<"Tan">(x); }
Tensor asin(const Tensor& x) { return raw<"Asin">(x); }
Tensor acos(const Tensor& x) { return raw<"Acos">(x); }
Tensor atan(const Tensor& x) { return raw<"Atan">(x); }
Tensor sinh(const Tensor& x) { return raw<"Sinh">(x); }
Tensor cosh(const Tensor& x) { return raw<"Cosh">(x); }
Tensor asinh(const Tensor& x) { return raw<"Asinh">(x); }
Tensor acosh(const Tensor& x) { return raw<"Acosh">(x); }
Tensor atanh(const Tensor& x) { return raw<"Atanh">(x); }
Tensor atan2(const Tensor& y, const Tensor& x) { return raw<"Atan2">(y, x); }
Tensor erf(const Tensor& x) { return raw<"Erf">(x); }
Tensor erfc(const Tensor& x) { return raw<"Erfc">(x); }
Tensor zeta(const Tensor& x, const Tensor& q) { return raw<"Zeta">(x, q); }

}  // namespace math
}  // namespace tern
