// gamma.cc: the gamma function's logarithm, its derivatives, and the incomplete
// gamma and beta functions.

#include "ops/apply.h"
#include "ops/infer_context.h"
#include "ops/math/elementwise_gradients.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"
#include "tern/ops/special_functions.h"

namespace tern {
namespace {

constexpr const char* kFloating = "T: {bfloat16, half, float, double}";
constexpr const char* kWide = "T: {float, double}";

OpBuilder add_pair(OpRegistry& registry,
                   const char* name,
                   const char* types,
                   const char* first = "a: T",
                   const char* second = "x: T") {
  OpBuilder op = registry.add(name);
  op.input(first).input(second).output(
      std::string_view(name) == "RandomGammaGrad" ? "output: T" : "z: T");
  return op.attr(types).infer(broadcast_inputs).traits(kElementwise);
}

/// dP(a, x)/dx, the density of the gamma distribution.
Tensor gamma_density(const Tensor& a, const Tensor& x) {
  return exp(-x + (a - 1) * log(x) - math::lgamma(a));
}

void igamma_gradient(GradContext& g, bool upper) {
  const Tensor &a = g.input(0), &x = g.input(1);
  Tensor dy = upper ? -g.dy() : g.dy();
  if (g.needs(0)) g.set(0, sum_to_operand(dy * raw<"IgammaGradA">(a, x), a, x));
  if (g.needs(1)) g.set(1, sum_to_operand(dy * gamma_density(a, x), x, a));
}

/// Scalars fit any shape, all others must be alike.
void infer_betainc(InferContext& c) {
  Shape merged;
  bool is_first = true;
  for (int i = 0; i < 3; ++i) {
    const Shape& shape = c.input(i);
    if (!shape.has_rank()) return c.set_output(0, Shape::unknown());
    if (shape.rank() == 0) continue;
    if (!is_first && !merged.is_compatible_with(shape)) {
      if (merged.rank() == shape.rank())
        for (int d = 0; d < shape.rank(); ++d)
          if (merged[d] >= 0 && shape[d] >= 0 && merged[d] != shape[d])
            throw InvalidArgumentError(
                "Dimension ",
                d,
                " in both shapes must be equal, but are ",
                merged[d],
                " and ",
                shape[d],
                ". Shapes are ",
                merged.debug_string(),
                " and ",
                shape.debug_string(),
                ".");
      throw InvalidArgumentError("Shapes must be equal rank, but are ",
                                 merged.rank(),
                                 " and ",
                                 shape.rank());
    }
    merged = is_first ? shape : merged.merge(shape);
    is_first = false;
  }
  c.set_output(0, merged);
}

}  // namespace

void register_gamma_ops(OpRegistry& registry) {
  for (const char* name : {"Lgamma", "Digamma"})
    registry.add(name)
        .input("x: T")
        .output("y: T")
        .attr(kFloating)
        .infer(same_as_input)
        .traits(kElementwise)
        .grad([](GradContext& g) {
          const Tensor& x = g.input(0);
          g.set(0,
                g.dy() * (g.op().name == "Lgamma" ? math::digamma(x)
                                                  : math::polygamma(1, x)));
        })
        .grad_reads({"x"});
  add_pair(registry, "Polygamma", kWide)
      .grad([](GradContext& g) {
        const Tensor &a = g.input(0), &x = g.input(1);
        if (g.needs(1))
          g.set(1, sum_to_operand(g.dy() * math::polygamma(a + 1, x), x, a));
      })
      .grad_reads({"a", "x"});

  add_pair(registry, "Igamma", kFloating)
      .grad([](GradContext& g) { igamma_gradient(g, false); })
      .grad_reads({"a", "x"});
  add_pair(registry, "Igammac", kFloating)
      .grad([](GradContext& g) { igamma_gradient(g, true); })
      .grad_reads({"a", "x"});
  add_pair(registry, "IgammaGradA", kWide);
  add_pair(registry, "RandomGammaGrad", kWide, "alpha: T", "sample: T");

  registry.add("Betainc")
      .input("a: T")
      .input("b: T")
      .input("x: T")
      .output("z: T")
      .attr(kWide)
      .infer(infer_betainc)
      .grad([](GradContext& g) {
        if (!g.needs(2)) return;
        const Tensor &a = g.input(0), &b = g.input(1), &x = g.input(2);
        Tensor log_beta =
            math::lgamma(a) + math::lgamma(b) - math::lgamma(a + b);
        Tensor density =
            exp(math::xlog1py(b - 1, -x) + math::xlogy(a - 1, x) - log_beta);
        g.set(2, sum_to_shape_of(g.dy() * density, x));
      })
      .grad_reads({"a", "b", "x"});
}

namespace math {

Tensor lgamma(const Tensor& x) { return raw<"Lgamma">(x); }
Tensor digamma(const Tensor& x) { return raw<"Digamma">(x); }
Tensor polygamma(const Tensor& a, const Tensor& x) {
  return raw<"Polygamma">(a, x);
}
Tensor igamma(const Tensor& a, const Tensor& x) { return raw<"Igamma">(a, x); }
Tensor igammac(const Tensor& a, const Tensor& x) {
  return raw<"Igammac">(a, x);
}
Tensor betainc(const Tensor& a, const Tensor& b, const Tensor& x) {
  return raw<"Betainc">(a, b, x);
}
Tensor lbeta(const Tensor& x) {
  return reduce_sum(lgamma(x), {.axis = -1}) -
         lgamma(reduce_sum(x, {.axis = -1}));
}

}  // namespace math
}  // namespace tern
