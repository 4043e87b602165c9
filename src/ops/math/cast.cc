#include "ops/apply.h"
#include "ops/grad_context.h"
#include "ops/infer_context.h"
#include "tern/ops/math.h"

namespace tern {
namespace {

bool is_differentiable(DType dtype) {
  return dtype == float16 || dtype == bfloat16 || dtype == float32 ||
         dtype == float64 || dtype.is_complex();
}

}  // namespace

void register_cast_ops(OpRegistry& registry) {
  registry.add("Cast")
      .input("x: SrcT")
      .output("y: DstT")
      .attr("SrcT: type")
      .attr("DstT: type")
      .attr("Truncate: bool = false")
      .infer(same_as_input)
      .traits(kElementwise)
      .grad([](GradContext& g) {
        if (is_differentiable(g.input(0).dtype()) &&
            is_differentiable(g.output().dtype()))
          g.set(0, cast(g.dy(), g.input(0).dtype()));
      })
      .grad_reads({});
}

Tensor cast(const Tensor& x, DType dtype) {
  // A literal has no dtype of its own yet, and all its digits.
  bool exact =
      x.is_weak() && (x.dtype().is_integer()
                          ? dtype.is_numeric()
                          : x.dtype().is_floating() &&
                                (dtype.is_floating() || dtype.is_complex()));
  if (exact) return x.as_dtype(dtype);
  if (x.dtype() == dtype && !x.is_weak()) return x;
  return raw<"Cast">(x, {{"DstT", dtype}});
}

}  // namespace tern
