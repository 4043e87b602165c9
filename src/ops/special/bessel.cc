// bessel.cc: Bessel functions of order 0 and 1.

#include "ops/apply.h"
#include "ops/grad_context.h"
#include "ops/infer_context.h"
#include "ops/op_def.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"
#include "tern/ops/special_functions.h"

namespace tern {
namespace {

using namespace math::special;

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

/// A derivative with y / x in it, which is 1/2 at 0.
Tensor unless_zero(const Tensor& x, const Tensor& slope) {
  return where(x == 0, 0.5, slope);
}

}  // namespace

void register_bessel_ops(OpRegistry& registry) {
  using T = const Tensor&;
  add_function(registry, "BesselI0", [](T x, T) { return bessel_i1(x); });
  add_function(registry, "BesselI0e", [](T x, T y) {
    return bessel_i1e(x) - sign(x) * y;
  });
  add_function(registry, "BesselI1", [](T x, T y) {
    return unless_zero(x, bessel_i0(x) - y / x);
  });
  add_function(registry, "BesselI1e", [](T x, T y) {
    return unless_zero(x, bessel_i0e(x) - y * (sign(x) + math::reciprocal(x)));
  });
  add_function(registry, "BesselK0", [](T x, T) { return -bessel_k1(x); });
  add_function(
      registry, "BesselK0e", [](T x, T y) { return y - bessel_k1e(x); });
  add_function(
      registry, "BesselK1", [](T x, T y) { return -bessel_k0(x) - y / x; });
  add_function(registry, "BesselK1e", [](T x, T y) {
    return y * (1 - math::reciprocal(x)) - bessel_k0e(x);
  });
  add_function(registry, "BesselJ0", [](T x, T) { return -bessel_j1(x); });
  add_function(registry, "BesselJ1", [](T x, T y) {
    return unless_zero(x, bessel_j0(x) - y / x);
  });
  add_function(registry, "BesselY0", [](T x, T) { return -bessel_y1(x); });
  add_function(
      registry, "BesselY1", [](T x, T y) { return bessel_y0(x) - y / x; });
}

namespace math::special {

Tensor bessel_i0(const Tensor& x) { return raw<"BesselI0">(x); }
Tensor bessel_i0e(const Tensor& x) { return raw<"BesselI0e">(x); }
Tensor bessel_i1(const Tensor& x) { return raw<"BesselI1">(x); }
Tensor bessel_i1e(const Tensor& x) { return raw<"BesselI1e">(x); }
Tensor bessel_k0(const Tensor& x) { return raw<"BesselK0">(x); }
Tensor bessel_k0e(const Tensor& x) { return raw<"BesselK0e">(x); }
Tensor bessel_k1(const Tensor& x) { return raw<"BesselK1">(x); }
Tensor bessel_k1e(const Tensor& x) { return raw<"BesselK1e">(x); }
Tensor bessel_j0(const Tensor& x) { return raw<"BesselJ0">(x); }
Tensor bessel_j1(const Tensor& x) { return raw<"BesselJ1">(x); }
Tensor bessel_y0(const Tensor& x) { return raw<"BesselY0">(x); }
Tensor bessel_y1(const Tensor& x) { return raw<"BesselY1">(x); }

}  // namespace math::special
}  // namespace tern
