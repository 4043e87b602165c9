// roll.cc: elements moved round along axes.

#include "ops/apply.h"
#include "ops/array/index_vector.h"
#include "ops/grad_context.h"
#include "ops/infer_context.h"
#include "ops/op_def.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"

namespace tern {
namespace {

void infer_roll(InferContext& c) {
  const Shape &input = c.input(0), &shift = c.input(1), &axis = c.input(2);
  if (input.rank() == 0)
    throw InvalidArgumentError("input must be 1-D or higher");
  auto check_vector = [](const char* name, const Shape& shape) {
    if (shape.has_rank() && shape.rank() > 1)
      throw InvalidArgumentError(name,
                                 " must be a scalar or a 1-D vector. Found: ",
                                 shape.debug_string());
  };
  check_vector("shift", shift);
  check_vector("axis", axis);
  if (!shift.is_compatible_with(axis))
    throw InvalidArgumentError("shift and axis must have the same size");
  auto axes = c.value_as_ints(2);
  if (axes && input.has_rank())
    for (std::int64_t a : *axes)
      if (a < -input.rank() || a >= input.rank())
        throw InvalidArgumentError("axis ", a, " is out of range");
  c.set_output(0, input);
}

}  // namespace

void register_roll_ops(OpRegistry& registry) {
  registry.add("Roll")
      .input("input: T")
      .input("shift: Tshift")
      .input("axis: Taxis")
      .output("output: T")
      .attr("T: type")
      .attr("Tshift: {int32, int64}")
      .attr("Taxis: {int32, int64}")
      .host({"shift", "axis"})
      .infer(infer_roll)
      .grad([](GradContext& g) {
        g.set(0, raw<"Roll">(g.dy(), -g.input(1), g.input(2)));
      })
      .grad_reads({"shift", "axis"});
}

Tensor roll(const Tensor& input, const Ints& shift, const Ints& axis) {
  auto tensor = [](const Ints& ints) {
    return ints.is_scalar() ? Tensor(ints.values()[0])
                            : index_vector(ints.values(), int64);
  };
  return raw<"Roll">(input, tensor(shift), tensor(axis));
}

}  // namespace tern
