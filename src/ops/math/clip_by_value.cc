// clip_by_value.cc: elements held between two bounds, in one op.

#include "ops/apply.h"
#include "ops/grad_context.h"
#include "ops/infer_context.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"

namespace tern {
namespace {

void infer_clip(InferContext& c) {
  const Shape &t = c.input(0), &low = c.input(1), &high = c.input(2);
  auto fits = [&](const Shape& bound) {
    return bound.rank() == 0 || bound.is_compatible_with(t);
  };
  if (!fits(low) || !fits(high))
    throw InvalidArgumentError(
        "clip_value_min and clip_value_max must be either of the same shape "
        "as input, or a scalar. input shape: ",
        t.debug_string(),
        "clip_value_min shape: ",
        low.debug_string(),
        "clip_value_max shape: ",
        high.debug_string());
  c.set_output(0, t);
}

/// What lies outside passes its gradient to the bound it meets.
void clip_gradient(GradContext& g) {
  const Tensor &t = g.input(0), &low = g.input(1), &high = g.input(2);
  Tensor zeros = zeros_like(g.dy());
  Tensor is_low = t<low, is_high = t> high;
  if (g.needs(0)) g.set(0, where(logical_or(is_low, is_high), zeros, g.dy()));
  if (g.needs(1)) g.set(1, sum_to_shape_of(where(is_low, g.dy(), zeros), low));
  if (g.needs(2))
    g.set(2, sum_to_shape_of(where(is_high, g.dy(), zeros), high));
}

}  // namespace

void register_clip_by_value_ops(OpRegistry& registry) {
  registry.add("ClipByValue")
      .input("t: T")
      .input("clip_value_min: T")
      .input("clip_value_max: T")
      .output("output: T")
      .attr("T: numbertype")
      .infer(infer_clip)
      .grad(clip_gradient)
      .grad_reads({"t", "clip_value_min", "clip_value_max"});
}

}  // namespace tern
