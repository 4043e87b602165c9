// numeric_checks.cc: nearness, truth, neighbours; checks for NaN and infinity.

#include "ops/apply.h"
#include "ops/grad_context.h"
#include "ops/infer_context.h"
#include "ops/math/elementwise_gradients.h"
#include "tern/core/error.h"
#include "tern/ops/debugging.h"
#include "tern/ops/math.h"

namespace tern {
namespace {

void infer_alike(InferContext& c) {
  if (!c.input(0).is_compatible_with(c.input(1)))
    throw InvalidArgumentError("x and y must be of the same shape. x shape: ",
                               c.input(0).debug_string(),
                               ". y shape: ",
                               c.input(1).debug_string());
  c.set_output(0, c.input(0).merge(c.input(1)));
}

/// The gradient is checked in its turn.
void check_gradient(GradContext& g) {
  std::string message =
      "Not a number (NaN) or infinity (Inf) values detected in gradient. " +
      g.attr<std::string>("message");
  Tensors dx = apply(g.op(),
                     Tensors{g.dy()},
                     {AttrValue(g.input(0).dtype()), AttrValue(message)})
                   .to_vector();
  g.set(0, dx[0]);
}

}  // namespace

void register_numeric_check_ops(OpRegistry& registry) {
  for (const char* name : {"CheckNumerics", "CheckNumericsV2"})
    registry.add(name)
        .input("tensor: T")
        .output("output: T")
        .attr("T: {bfloat16, half, float, double}")
        .attr("message: string")
        .infer(same_as_input)
        .forwards()
        .traits(kStateful)
        .grad(check_gradient)
        .grad_reads({});
  registry.add("ApproximateEqual")
      .input("x: T")
      .input("y: T")
      .output("z: bool")
      .attr("T: numbertype")
      .attr("tolerance: float = 0.00001")
      .infer(infer_alike)
      .traits(kElementwise | kCommutative)
      .no_grad();
  registry.add("NextAfter")
      .input("x1: T")
      .input("x2: T")
      .output("output: T")
      .attr("T: {double, float} = DT_FLOAT")
      .infer(broadcast_inputs)
      .traits(kElementwise)
      .grad([](GradContext& g) {
        if (g.needs(0))
          g.set(0, sum_to_operand(g.dy(), g.input(0), g.input(1)));
        if (g.needs(1))
          g.set(
              1,
              sum_to_operand(raw<"ZerosLike">(g.dy()), g.input(1), g.input(0)));
      })
      .grad_reads({});
  registry.add("Rint")
      .input("x: T")
      .output("y: T")
      .attr("T: {bfloat16, half, float, double}")
      .infer(same_as_input)
      .traits(kElementwise)
      .no_grad();
  registry.add("ToBool")
      .input("input: T")
      .output("output: bool")
      .attr("T: type")
      .infer(scalar_output);
}

Tensor debugging::check_numerics(const Tensor& tensor,
                                 const std::string& message) {
  return raw<"CheckNumerics">(tensor, {{"message", message}});
}

namespace math {

Tensor nextafter(const Tensor& x1, const Tensor& x2) {
  return raw<"NextAfter">(x1, x2);
}
Tensor rint(const Tensor& x) { return raw<"Rint">(x); }

}  // namespace math
}  // namespace tern
