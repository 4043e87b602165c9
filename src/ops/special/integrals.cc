// integrals.cc: functions defined as integrals, and inverses of two of them.

#include <numbers>

#include "ops/apply.h"
#include "ops/grad_context.h"
#include "ops/infer_context.h"
#include "ops/op_def.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"
#include "tern/ops/special_functions.h"

namespace tern {
namespace {

using Derivative = Tensor (*)(const Tensor& x, const Tensor& y);

void add_function(OpRegistry& registry,
                  const char* name,
                  Derivative derivative) {
  registry.add(name)
      .input("x: T")
      .output("y: T")
      .attr("T: {bfloat16, half, float, double}")
      .infer(same_as_input)
      .traits(kElementwise)
      .grad([derivative](GradContext& g) {
        g.set(0, g.dy() * derivative(g.input(0), g.output()));
      });
}

/// pi / 2 x^2
Tensor phase(const Tensor& x) { return std::numbers::pi / 2 * square(x); }

}  // namespace

void register_integral_ops(OpRegistry& registry) {
  using T = const Tensor&;
  add_function(registry, "Dawsn", [](T x, T y) { return 1 - 2 * x * y; });
  add_function(registry, "Expint", [](T x, T) { return exp(x) / x; });
  add_function(registry, "FresnelCos", [](T x, T) { return cos(phase(x)); });
  add_function(registry, "FresnelSin", [](T x, T) { return sin(phase(x)); });
  add_function(registry, "Spence", [](T x, T) {
    return where(x == 1, -1, log(x) / (1 - x));
  });
  add_function(registry, "Erfinv", [](T, T y) {
    return 0.5 / std::numbers::inv_sqrtpi * exp(square(y));
  });
  add_function(registry, "Ndtri", [](T, T y) {
    return std::numbers::sqrt2 / std::numbers::inv_sqrtpi * exp(square(y) / 2);
  });
}

namespace math {

Tensor erfinv(const Tensor& x) { return raw<"Erfinv">(x); }
Tensor erfcinv(const Tensor& x) {
  return ndtri(0.5 * x) * -std::numbers::sqrt2 / 2;
}
Tensor ndtri(const Tensor& x) { return raw<"Ndtri">(x); }

namespace special {

Tensor dawsn(const Tensor& x) { return raw<"Dawsn">(x); }
Tensor expint(const Tensor& x) { return raw<"Expint">(x); }
Tensor fresnel_cos(const Tensor& x) { return raw<"FresnelCos">(x); }
Tensor fresnel_sin(const Tensor& x) { return raw<"FresnelSin">(x); }
Tensor spence(const Tensor& x) { return raw<"Spence">(x); }

}  // namespace special
}  // namespace math
}  // namespace tern
