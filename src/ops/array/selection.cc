// selection.cc: elements found by their values: where, unique, top_k.

#include "ops/apply.h"
#include "ops/array/index_vector.h"
#include "ops/grad_context.h"
#include "ops/infer_context.h"
#include "ops/op_def.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"

namespace tern {
namespace {

void positions(InferContext& c) {
  const Shape& input = c.input(0);
  if (input.rank() == 0)
    throw InvalidArgumentError("WhereOp : Unhandled input dimensions: 0");
  c.set_output(0, Shape{-1, input.rank()});
}

/// y has as many entries as there are distinct values; idx one for each of x;
/// counts one for each of y.
void unique_values(InferContext& c) {
  const Shape& x = c.input(0);
  if (x.has_rank() && x.rank() != 1)
    throw InvalidArgumentError(
        "unique expects a 1D vector. (Shape must be rank 1 but is rank ",
        x.rank(),
        ")");
  c.set_output(0, Shape{-1});
  c.set_output(1, x.has_rank() ? x : Shape{-1});
  if (c.num_outputs() == 3) c.set_output(2, Shape{-1});
}

/// Like unique_values over the slices along an axis; without one (an empty
/// axis vector) over the elements of a vector.
void unique_slices(InferContext& c) {
  const Shape& x = c.input(0);
  const Shape& axis_shape = c.with_rank(1, 1);
  const std::int64_t entries = axis_shape.has_rank() ? axis_shape[0] : -1;
  if (entries > 1)
    throw InvalidArgumentError(
        "axis does not support input tensors larger than 1 elements");
  if (entries == 0) return unique_values(c);
  const auto given = c.value_as_int(1);
  if (c.num_outputs() == 3) c.set_output(2, Shape{-1});
  c.set_output(1, Shape{-1});
  if (!x.has_rank()) return c.set_output(0, Shape::unknown());
  if (!given) return c.set_output(0, Shape::unknown_dims(x.rank()));
  const std::int64_t axis = *given < 0 ? *given + x.rank() : *given;
  if (axis < 0 || axis >= x.rank())
    throw InvalidArgumentError(
        "axis expects to be in the range [", -x.rank(), ", ", x.rank(), ")");
  Shape y = x;
  c.set_output(1, Shape{x[static_cast<int>(axis)]});
  y.set_dim(static_cast<int>(axis), -1);
  c.set_output(0, std::move(y));
}

/// The k largest of the last dimension, k at least 0 and at most its size.
void top_values(InferContext& c, std::int64_t k) {
  const Shape& input = c.input(0);
  if (k < -1) throw InvalidArgumentError("Need k >= 0, got ", k);
  if (input.rank() == 0)
    throw InvalidArgumentError("input must be >= 1-D, got shape ",
                               input.debug_string());
  if (input.has_rank() && input[-1] >= 0 && k > input[-1])
    throw InvalidArgumentError(
        "input must have at least k columns. Had ", input[-1], ", needed ", k);
  Shape result = input;
  if (result.has_rank()) result.set_dim(-1, k);
  c.set_output(1, result);
  c.set_output(0, std::move(result));
}

void top_k_of_input(InferContext& c) {
  if (c.input(1).has_rank() && c.input(1).rank() != 0)
    throw InvalidArgumentError("k must be scalar, got shape ",
                               c.input(1).debug_string());
  const auto k = c.value_as_int(1);
  if (k && *k < 0) throw InvalidArgumentError("Need k >= 0, got ", *k);
  top_values(c, k.value_or(-1));
}

/// dy put back where the values came from: rows of the flattened input begin
/// at multiples of the row's length.
void top_k_gradient(GradContext& g) {
  const Tensor& input = g.input(0);
  const Tensor& indices = g.output(1);
  const Tensor whole = shape(input, int64);
  const Tensor last = constant(std::int64_t{-1}, int64);
  const Tensor zero = constant(std::int64_t{0}, int64);
  const Tensor one = constant(std::int64_t{1}, int64);
  const Tensor flat = index_vector(std::vector<std::int64_t>{-1});
  auto last_of = [&](const Tensor& shape) {
    return raw<"StridedSlice">(shape,
                               reshape(last, {1}),
                               reshape(zero, {1}),
                               reshape(one, {1}),
                               {{"end_mask", 1}, {"shrink_axis_mask", 1}});
  };
  const Tensor row_length = last_of(whole);
  const Tensor k = last_of(shape(indices, int64));
  const Tensor elements = size(input, int64);
  // max: a row without elements has no first element either.
  const Tensor begins =
      raw<"Range">(zero, elements, raw<"Maximum">(row_length, one));
  const Tensor places = raw<"AddV2">(
      raw<"Reshape">(as_integers(indices, int64), stack({last, k})),
      raw<"Reshape">(begins, stack({last, one})));
  const Tensor scattered =
      raw<"ScatterNd">(raw<"Reshape">(places, stack({last, one})),
                       raw<"Reshape">(g.dy(0), flat),
                       raw<"Reshape">(elements, flat));
  g.set(0, raw<"Reshape">(scattered, whole));
}

OpBuilder& top_k_op(OpBuilder& op) {
  return op.attr("sorted: bool = true")
      .attr("T: realnumbertype")
      .grad(top_k_gradient)
      .grad_reads({"indices"});
}

}  // namespace

void register_selection_ops(OpRegistry& registry) {
  registry.add("Where")
      .input("input: T")
      .output("index: int64")
      .attr(
          "T: {float, double, int32, uint8, int16, int8, complex64, int64, "
          "qint8, quint8, qint32, bfloat16, qint16, quint16, uint16, "
          "complex128, half, uint32, uint64, bool} = DT_BOOL")
      .infer(positions)
      .set_by_kernel();

  registry.add("Unique")
      .input("x: T")
      .output("y: T")
      .output("idx: out_idx")
      .attr("T: type")
      .attr("out_idx: {int32, int64} = DT_INT32")
      .infer(unique_values)
      .set_by_kernel(0);

  registry.add("UniqueWithCounts")
      .input("x: T")
      .output("y: T")
      .output("idx: out_idx")
      .output("count: out_idx")
      .attr("T: type")
      .attr("out_idx: {int32, int64} = DT_INT32")
      .infer(unique_values)
      .set_by_kernel(0)
      .set_by_kernel(2);

  registry.add("UniqueV2")
      .input("x: T")
      .input("axis: Taxis")
      .output("y: T")
      .output("idx: out_idx")
      .attr("T: type")
      .attr("Taxis: {int32, int64} = DT_INT64")
      .attr("out_idx: {int32, int64} = DT_INT32")
      .host("axis")
      .infer(unique_slices)
      .set_by_kernel(0);

  registry.add("UniqueWithCountsV2")
      .input("x: T")
      .input("axis: Taxis")
      .output("y: T")
      .output("idx: out_idx")
      .output("count: out_idx")
      .attr("T: type")
      .attr("Taxis: {int32, int64} = DT_INT64")
      .attr("out_idx: {int32, int64} = DT_INT32")
      .host("axis")
      .infer(unique_slices)
      .set_by_kernel(0)
      .set_by_kernel(2);

  top_k_op(registry.add("TopKV2")
               .input("input: T")
               .input("k: Tk")
               .output("values: T")
               .output("indices: index_type"))
      .attr("Tk: {int16, int32, int64} = DT_INT32")
      .attr("index_type: {int16, int32, int64} = DT_INT32")
      .host("k")
      .infer(top_k_of_input);

  top_k_op(registry.add("TopK")
               .input("input: T")
               .output("values: T")
               .output("indices: int32"))
      .attr("k: int >= 0")
      .infer([](InferContext& c) { top_values(c, c.attr<std::int64_t>("k")); });
}

Tensor where(const Tensor& condition) { return raw<"Where">(condition); }

UniqueResult unique(const Tensor& x, DType out_idx) {
  Tensors outputs = raw<"Unique">.outputs({x}, {{"out_idx", out_idx}});
  return {outputs[0], outputs[1]};
}

math::TopK math::top_k(const Tensor& input,
                       const Tensor& k,
                       const TopKOptions& options) {
  Tensors outputs =
      raw<"TopKV2">.outputs({input, k}, {{"sorted", options.sorted}});
  return {outputs[0], outputs[1]};
}

}  // namespace tern
