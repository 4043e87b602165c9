// broadcast.cc: tensors repeated along axes.

#include "ops/apply.h"
#include "ops/array/index_vector.h"
#include "ops/grad_context.h"
#include "ops/infer_context.h"
#include "ops/op_def.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"

namespace tern {
namespace {

void broadcast_to_shape(InferContext& c) {
  const Shape& input = c.input(0);
  Shape target;
  if (auto dims = c.value_as_ints(1)) {
    c.with_rank(1, 1);
    for (std::int64_t dim : *dims)
      if (dim < 0)
        throw InvalidArgumentError("Dimension ", dim, " must be >= 0");
    target = Shape(*dims);
  } else {
    target = c.value_as_partial_shape(1);
  }
  if (input.has_rank() && target.has_rank()) {
    if (input.rank() > target.rank())
      throw InvalidArgumentError("Rank of input (",
                                 input.rank(),
                                 ") must be no greater than rank of output "
                                 "shape (",
                                 target.rank(),
                                 ").");
    for (int i = 1; i <= input.rank(); ++i)
      if (input[-i] >= 0 && input[-i] != 1 && target[-i] >= 0 &&
          input[-i] != target[-i])
        throw InvalidArgumentError("Incompatible shapes: ",
                                   input.debug_string(),
                                   " vs. ",
                                   target.debug_string());
  }
  c.set_output(0, std::move(target));
}

/// The shape of two shapes broadcast has the rank of the longer one.
void broadcast_args(InferContext& c) {
  std::int64_t rank = 0;
  for (int i : {0, 1}) {
    const Shape& shape = c.with_rank(i, 1);
    const std::int64_t entries = shape.has_rank() ? shape[0] : -1;
    rank = rank < 0 || entries < 0 ? -1 : std::max(rank, entries);
  }
  const auto a = c.value_as_ints(0);
  const auto b = c.value_as_ints(1);
  if (a && b) broadcast_static_shape(Shape(*a), Shape(*b));
  c.set_output(0, Shape{rank});
}

void tiled(InferContext& c) {
  const Shape& input = c.input(0);
  const Shape& multiples_shape = c.with_rank(1, 1);
  const std::int64_t entries =
      multiples_shape.has_rank() ? multiples_shape[0] : -1;
  if (input.has_rank() && entries >= 0 && entries != input.rank())
    throw InvalidArgumentError("Shape must be rank ",
                               entries,
                               " but is rank ",
                               input.rank(),
                               ": Expected multiples argument to be a vector "
                               "of length ",
                               input.rank(),
                               ", but got length ",
                               entries);
  if (!input.has_rank())
    return c.set_output(0,
                        entries < 0
                            ? Shape::unknown()
                            : Shape::unknown_dims(static_cast<int>(entries)));
  const auto multiples = c.value_as_ints(1);
  Shape result = Shape::unknown_dims(input.rank());
  for (int i = 0; multiples && i < input.rank(); ++i) {
    const std::int64_t times = (*multiples)[static_cast<std::size_t>(i)];
    if (times < 0)
      throw InvalidArgumentError(
          "Expected multiples[", i, "] >= 0, but got ", times);
    if (input[i] >= 0) result.set_dim(i, input[i] * times);
  }
  c.set_output(0, std::move(result));
}

/// dy [m0 * d0, m1 * d1, ...] seen as [m0, d0, m1, d1, ...] and summed over
/// the copies.
void tile_gradient(GradContext& g) {
  const Tensor& multiples = g.input(1);
  const Shape& input = g.input(0).shape();
  const auto known = known_ints(multiples);
  Tensor interleaved;
  if (known && input.is_fully_known()) {
    std::vector<std::int64_t> dims;
    for (int i = 0; i < input.rank(); ++i) {
      dims.push_back((*known)[static_cast<std::size_t>(i)]);
      dims.push_back(input[i]);
    }
    interleaved = index_vector(dims, int64);
  } else {
    const Tensor pairs = stack(
        {as_integers(multiples, int64), shape(g.input(0), int64)}, {.axis = 1});
    interleaved =
        raw<"Reshape">(pairs, index_vector(std::vector<std::int64_t>{-1}));
  }
  Tensor axes;
  if (interleaved.shape().is_fully_known()) {
    std::vector<std::int64_t> copies;
    for (std::int64_t i = 0; i < interleaved.shape()[0]; i += 2)
      copies.push_back(i);
    axes = index_vector(copies);
  } else {
    axes =
        raw<"Range">(constant(0, int32), size(interleaved), constant(2, int32));
  }
  g.set(0, raw<"Sum">(raw<"Reshape">(g.dy(), interleaved), axes));
}

}  // namespace

void register_broadcast_ops(OpRegistry& registry) {
  registry.add("BroadcastTo")
      .input("input: T")
      .input("shape: Tidx")
      .output("output: T")
      .attr("T: type")
      .attr("Tidx: {int32, int64} = DT_INT32")
      .host("shape")
      .infer(broadcast_to_shape)
      .grad(
          [](GradContext& g) { g.set(0, sum_to_shape_of(g.dy(), g.input(0))); })
      .grad_reads({});

  registry.add("BroadcastArgs")
      .input("s0: T")
      .input("s1: T")
      .output("r0: T")
      .attr("T: {int32, int64} = DT_INT32")
      .host({"s0", "s1"})
      .infer(broadcast_args)
      .traits(kHostOnly)
      .host_output("r0");

  registry.add("Tile")
      .input("input: T")
      .input("multiples: Tmultiples")
      .output("output: T")
      .attr("T: type")
      .attr("Tmultiples: {int32, int64} = DT_INT32")
      .host("multiples")
      .infer(tiled)
      .grad(tile_gradient)
      .grad_reads({"multiples"});
}

Tensor broadcast_to(const Tensor& input, const ShapeArg& shape) {
  return raw<"BroadcastTo">(input, shape.tensor());
}

Tensor broadcast_dynamic_shape(const Tensor& shape_x, const Tensor& shape_y) {
  return raw<"BroadcastArgs">(shape_x, shape_y);
}

Tensor tile(const Tensor& input, const Tensor& multiples) {
  return raw<"Tile">(input, multiples);
}

}  // namespace tern
