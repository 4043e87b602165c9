// cross.cc: cross products of vectors of three elements.

#include "ops/apply.h"
#include "ops/grad_context.h"
#include "ops/infer_context.h"
#include "tern/core/error.h"
#include "tern/ops/linalg.h"

namespace tern {
namespace {

void infer_cross(InferContext& c) {
  const Shape &a = c.input(0), &b = c.input(1);
  if (a.has_rank() && b.has_rank() && a.rank() != b.rank())
    throw InvalidArgumentError(
        "Shapes must be equal rank, but are ", a.rank(), " and ", b.rank());
  if (!a.is_compatible_with(b))
    throw InvalidArgumentError("Both inputs must be of same shape: ",
                               a.debug_string(),
                               " vs. ",
                               b.debug_string());
  Shape product = a.merge(b);
  c.with_rank_at_least(0, 1);
  if (product.has_rank() && product[-1] >= 0 && product[-1] != 3)
    throw InvalidArgumentError(
        "Dimension must be 3 but is ",
        product[-1],
        ": cross products are only defined for 3-element vectors");
  c.set_output(0, product);
}

}  // namespace

void register_cross_ops(OpRegistry& registry) {
  registry.add("Cross")
      .input("a: T")
      .input("b: T")
      .output("product: T")
      .attr(
          "T: {float, double, int32, uint8, int16, int8, int64, bfloat16, "
          "uint16, half, uint32, uint64}")
      .infer(infer_cross)
      .grad([](GradContext& g) {
        if (g.needs(0)) g.set(0, raw<"Cross">(g.input(1), g.dy()));
        if (g.needs(1)) g.set(1, raw<"Cross">(g.dy(), g.input(0)));
      });
}

namespace linalg {

Tensor cross(const Tensor& a, const Tensor& b) { return raw<"Cross">(a, b); }

}  // namespace linalg
}  // namespace tern
