// reverse.cc: the order of elements turned round along axes.

#include "ops/apply.h"
#include "ops/array/index_vector.h"
#include "ops/grad_context.h"
#include "ops/infer_context.h"
#include "ops/op_def.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"

namespace tern {
namespace {

constexpr int kMaxReversedRank = 8;

void check_rank(const Shape& input) {
  if (input.rank() > kMaxReversedRank)
    throw InvalidArgumentError(
        "reverse does not work on tensors with more than ",
        kMaxReversedRank,
        " dimensions");
}

void reversed_where(InferContext& c) {
  const Shape& input = c.input(0);
  const Shape& dims = c.with_rank(1, 1);
  if (dims.has_rank() && dims[0] >= 0) {
    if (dims[0] > kMaxReversedRank) check_rank(Shape::unknown_dims(9));
    c.with_rank(0, static_cast<int>(dims[0]));
  }
  check_rank(input);
  c.set_output(0, input);
}

void reversed_axes(InferContext& c) {
  const Shape& input = c.input(0);
  c.with_rank(1, 1);
  check_rank(input);
  const auto axes = c.value_as_ints(1);
  if (axes && input.has_rank()) {
    std::vector<bool> seen(static_cast<std::size_t>(input.rank()), false);
    for (std::size_t i = 0; i < axes->size(); ++i) {
      const std::int64_t given = (*axes)[i];
      const std::int64_t axis = given < 0 ? given + input.rank() : given;
      if (axis < 0 || axis >= input.rank())
        throw InvalidArgumentError("'axis'[",
                                   i,
                                   "] = ",
                                   given,
                                   " is out of valid range [",
                                   0,
                                   ", ",
                                   input.rank() - 1);
      const auto at = static_cast<std::size_t>(axis);
      if (seen[at])
        throw InvalidArgumentError("axis ", axis, " specified more than once.");
      seen[at] = true;
    }
  }
  c.set_output(0, input);
}

}  // namespace

void register_reverse_ops(OpRegistry& registry) {
  constexpr const char* kTypes =
      "T: {uint8, int8, uint16, int16, uint32, int32, uint64, int64, bool, "
      "bfloat16, half, float, double, complex64, complex128, string}";
  registry.add("Reverse")
      .input("tensor: T")
      .input("dims: bool")
      .output("output: T")
      .attr(kTypes)
      .host("dims")
      .infer(reversed_where)
      .grad(
          [](GradContext& g) { g.set(0, raw<"Reverse">(g.dy(), g.input(1))); })
      .grad_reads({"dims"});

  registry.add("ReverseV2")
      .input("tensor: T")
      .input("axis: Tidx")
      .output("output: T")
      .attr("Tidx: {int32, int64} = DT_INT32")
      .attr(kTypes)
      .host("axis")
      .infer(reversed_axes)
      .grad([](GradContext& g) {
        g.set(0, raw<"ReverseV2">(g.dy(), g.input(1)));
      })
      .grad_reads({"axis"});
}

Tensor reverse(const Tensor& tensor, const Ints& axis) {
  return raw<"ReverseV2">(tensor, index_vector(axis.values()));
}

}  // namespace tern
