// gather.cc: rows and elements picked by index.

#include "ops/apply.h"
#include "ops/array/index_vector.h"
#include "ops/grad_context.h"
#include "ops/infer_context.h"
#include "ops/op_def.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"

namespace tern {
namespace {

/// batch_dims counted from the front of the indices. Throws unless the batch
/// dimensions of params and indices agree.
int batch_dims_of(InferContext& c) {
  std::int64_t batch_dims = c.attr<std::int64_t>("batch_dims");
  const Shape& params = c.input(0);
  const Shape& indices = c.input(1);
  if (batch_dims == 0 || !indices.has_rank())
    return static_cast<int>(batch_dims);
  if (batch_dims < -indices.rank() || batch_dims > indices.rank())
    throw InvalidArgumentError("Expected batch_dims in the range [",
                               -indices.rank(),
                               ", ",
                               indices.rank(),
                               "], but got ",
                               batch_dims);
  if (batch_dims < 0) batch_dims += indices.rank();
  if (!params.has_rank()) return static_cast<int>(batch_dims);
  if (batch_dims >= params.rank())
    throw InvalidArgumentError("batch_dims (",
                               batch_dims,
                               ") must be less than rank(params) (",
                               params.rank(),
                               ").");
  for (int i = 0; i < batch_dims; ++i)
    if (params[i] >= 0 && indices[i] >= 0 && params[i] != indices[i])
      throw InvalidArgumentError("params.shape[",
                                 i,
                                 "]: ",
                                 params[i],
                                 " should be equal to indices.shape[",
                                 i,
                                 "]: ",
                                 indices[i]);
  return static_cast<int>(batch_dims);
}

void gathered_along_axis(InferContext& c) {
  const Shape& params = c.input(0);
  const Shape& indices = c.input(1);
  if (params.rank() == 0)
    throw InvalidArgumentError("params must be at least 1 dimensional");
  if (c.input(2).is_fully_known() && c.input(2).rank() != 0)
    throw InvalidArgumentError("axis must be scalar");
  const int batch_dims = batch_dims_of(c);
  if (!params.has_rank() || !indices.has_rank())
    return c.set_output(0, Shape::unknown());
  const auto given = c.value_as_int(2);
  if (!given)
    return c.set_output(
        0,
        Shape::unknown_dims(params.rank() - 1 + indices.rank() - batch_dims));
  if (*given < -params.rank() || *given >= params.rank())
    throw InvalidArgumentError("Shape must be at least rank ",
                               *given < 0 ? -*given : *given + 1,
                               " but is rank ",
                               params.rank(),
                               ": Expected axis in the range [",
                               -params.rank(),
                               ", ",
                               params.rank(),
                               "), but got ",
                               *given);
  const int axis =
      static_cast<int>(*given < 0 ? *given + params.rank() : *given);
  if (batch_dims > axis)
    throw InvalidArgumentError("batch_dims (",
                               batch_dims,
                               ") must be less than or equal to axis (",
                               axis,
                               ").");
  c.set_output(0,
               params.slice(0, axis)
                   .concatenate(indices.slice(batch_dims))
                   .concatenate(params.slice(axis + 1)));
}

void gathered_rows(InferContext& c) {
  const Shape& params = c.input(0);
  const Shape& indices = c.input(1);
  if (params.rank() == 0)
    throw InvalidArgumentError("params must be at least 1 dimensional");
  if (!params.has_rank() || !indices.has_rank())
    return c.set_output(0, Shape::unknown());
  c.set_output(0, indices.concatenate(params.slice(1)));
}

void gathered_nd(InferContext& c) {
  const Shape& params = c.input(0);
  const Shape& indices = c.input(1);
  if (params.rank() == 0)
    throw InvalidArgumentError("params must be at least a vector");
  if (indices.rank() == 0)
    throw InvalidArgumentError("indices must be at least a vector");
  if (!params.has_rank() || !indices.has_rank() || indices[-1] < 0)
    return c.set_output(0, Shape::unknown());
  if (indices[-1] > params.rank())
    throw InvalidArgumentError(
        "index innermost dimension length must be <= params rank; saw: ",
        indices[-1],
        " vs. ",
        params.rank());
  c.set_output(0,
               indices.slice(0, indices.rank() - 1)
                   .concatenate(params.slice(static_cast<int>(indices[-1]))));
}

Tensor ints(std::initializer_list<std::int64_t> values, DType dtype) {
  return index_vector(std::vector<std::int64_t>(values), dtype);
}

/// Entries [begin, end) of a shape tensor; an end of -1 means to its end.
Tensor dims(const Tensor& shape, const Tensor& begin, const Tensor& end) {
  const DType type = shape.dtype();
  auto as_vector = [&](const Tensor& t) {
    return raw<"Reshape">(as_integers(t, type), ints({1}, int32));
  };
  if (!end.defined())
    return raw<"StridedSlice">(shape,
                               as_vector(begin),
                               ints({0}, type),
                               ints({1}, type),
                               {{"end_mask", 1}});
  return raw<"StridedSlice">(
      shape, as_vector(begin), as_vector(end), ints({1}, type));
}

Tensor product(const Tensor& dims) {
  return raw<"Prod">(dims, constant(0, int32));
}

Tensor joined(const Tensor& a, const Tensor& b) {
  return raw<"ConcatV2">(Tensors{a, b, constant(0, int32)});
}

/// One row of the gradient for each index: repeated indices stay apart.
IndexedSlices gathered_rows_gradient(const Tensor& params,
                                     const Tensor& indices,
                                     const Tensor& dy) {
  const Tensor params_shape = shape_tensor(params);
  const DType type = params_shape.dtype();
  Tensor row_shape = dims(params_shape, constant(1, int32), /*end=*/Tensor());
  return {.values = raw<"Reshape">(dy, joined(ints({-1}, type), row_shape)),
          .indices = raw<"Reshape">(indices, ints({-1}, int32)),
          .dense_shape = params_shape};
}

/// Gradient of a gather along `axis` (counted from the front, as a tensor).
/// params is seen as [batch, before, gathered, after], where the dimensions
/// between batch_dims and axis make `before`: each (batch, before) pair owns a
/// block of segments, and the rows of dy add up in the segments they came from.
Tensor gathered_along_axis_gradient(const Tensor& params,
                                    const Tensor& indices,
                                    const Tensor& axis,
                                    int batch_dims,
                                    const Tensor& dy) {
  const Tensor shape = tern::shape(params, int64);
  const Tensor batch_end = constant(batch_dims, int64);
  const Tensor front = constant(0, int64);
  const Tensor next = raw<"AddV2">(axis, constant(1, int64));
  const Tensor batch = product(dims(shape, front, batch_end));
  const Tensor before = product(dims(shape, batch_end, axis));
  const Tensor gathered =
      raw<"Reshape">(dims(shape, axis, next), ints({}, int32));
  const Tensor after = product(dims(shape, next, Tensor()));

  const Tensor blocks = raw<"Mul">(batch, before);
  const Tensor offsets =
      raw<"Mul">(raw<"Range">(front, blocks, constant(1, int64)), gathered);
  const Tensor one = constant(1, int64);
  const Tensor rest = constant(-1, int64);
  // With an empty batch, -1 could stand for anything: give the length.
  const Tensor per_batch =
      product(dims(tern::shape(indices, int64), batch_end, Tensor()));
  const Tensor ids =
      raw<"AddV2">(raw<"Reshape">(as_integers(indices, int64),
                                  stack({batch, one, per_batch})),
                   raw<"Reshape">(offsets, stack({batch, before, one})));
  const Tensor flat_ids = raw<"Reshape">(ids, ints({-1}, int64));
  const Tensor rows = raw<"Mul">(blocks, per_batch);
  const Tensor sums =
      raw<"UnsortedSegmentSum">(raw<"Reshape">(dy, stack({rows, after})),
                                flat_ids,
                                raw<"Mul">(blocks, gathered));
  return raw<"Reshape">(sums, shape);
}

/// The axis of a GatherV2 counted from the front, int64.
Tensor axis_from_front(const Tensor& axis, const Tensor& params) {
  if (auto known = known_ints(axis)) {
    if (known->at(0) >= 0) return constant(known->at(0), int64);
    if (params.shape().has_rank())
      return constant(known->at(0) + params.shape().rank(), int64);
  }
  return raw<"FloorMod">(as_integers(axis, int64),
                         as_integers(rank(params), int64));
}

void gather_v2_gradient(GradContext& g) {
  const Tensor& params = g.input(0);
  const Tensor& indices = g.input(1);
  const Tensor axis = axis_from_front(g.input(2), params);
  std::int64_t batch_dims = g.attr<std::int64_t>("batch_dims");
  if (batch_dims < 0) batch_dims += indices.shape().rank();
  const auto known_axis = known_ints(axis);
  if (batch_dims == 0 && known_axis && known_axis->at(0) == 0)
    g.set(0, gathered_rows_gradient(params, indices, g.dy()));
  else
    g.set(0,
          gathered_along_axis_gradient(
              params, indices, axis, static_cast<int>(batch_dims), g.dy()));
}

void gather_nd_gradient(GradContext& g) {
  const Tensor& params = g.input(0);
  const Tensor& indices = g.input(1);
  const Shape& shape = indices.shape();
  if (shape.rank() == 2 && shape[1] == 1) {
    g.set(0,
          IndexedSlices{
              .values = g.dy(),
              .indices = raw<"Squeeze">(
                  indices, {{"squeeze_dims", std::vector<std::int64_t>{-1}}}),
              .dense_shape = shape_tensor(params)});
    return;
  }
  // ScatterNd takes no 16-bit indices.
  const DType type = indices.dtype() == int64 ? int64 : int32;
  g.set(0,
        raw<"ScatterNd">(as_integers(indices, type),
                         g.dy(),
                         tern::shape(params, type),
                         {{"bad_indices_policy",
                           g.attr<std::string>("bad_indices_policy")}}));
}

}  // namespace

void register_gather_ops(OpRegistry& registry) {
  registry.add("GatherV2")
      .input("params: Tparams")
      .input("indices: Tindices")
      .input("axis: Taxis")
      .output("output: Tparams")
      .attr("batch_dims: int = 0")
      .attr("Tparams: type")
      .attr("Tindices: {int16, int32, int64}")
      .attr("Taxis: {int32, int64}")
      .host("axis")
      .infer(gathered_along_axis)
      .grad(gather_v2_gradient)
      .grad_reads({"indices", "axis"});

  registry.add("Gather")
      .input("params: Tparams")
      .input("indices: Tindices")
      .output("output: Tparams")
      .attr("validate_indices: bool = true")
      .attr("Tparams: type")
      .attr("Tindices: {int32, int64}")
      .infer(gathered_rows)
      .grad([](GradContext& g) {
        g.set(0, gathered_rows_gradient(g.input(0), g.input(1), g.dy()));
      })
      .grad_reads({"indices"});

  registry.add("GatherNd")
      .input("params: Tparams")
      .input("indices: Tindices")
      .output("output: Tparams")
      .attr("Tparams: type")
      .attr("Tindices: {int16, int32, int64}")
      .attr("bad_indices_policy: string = ''")
      .infer(gathered_nd)
      .grad(gather_nd_gradient)
      .grad_reads({"indices"});
}

Tensor gather(const Tensor& params,
              const Tensor& indices,
              const GatherOptions& options) {
  const int axis = options.axis.value_or(options.batch_dims);
  return raw<"GatherV2">(params,
                         indices,
                         constant(axis, int32),
                         {{"batch_dims", options.batch_dims}});
}

Tensor gather_nd(const Tensor& params, const Tensor& indices) {
  return raw<"GatherNd">(params, indices);
}

Tensor boolean_mask(const Tensor& tensor,
                    const Tensor& mask,
                    const MaskOptions& options) {
  const Shape& mask_shape = mask.shape();
  const Shape& whole = tensor.shape();
  if (!mask_shape.has_rank())
    throw InvalidArgumentError(
        "Number of mask dimensions must be specified, even if some dimensions "
        "are None.  E.g. shape=[None] is ok, but shape=None is not.");
  if (mask_shape.rank() == 0)
    throw InvalidArgumentError("mask cannot be scalar.");
  int axis = options.axis.value_or(0);
  if (axis < 0 && whole.has_rank()) axis += whole.rank();
  const int end = axis + mask_shape.rank();
  if (axis < 0 || (whole.has_rank() &&
                   (end > whole.rank() ||
                    !whole.slice(axis, end).is_compatible_with(mask_shape))))
    throw InvalidArgumentError(
        "Shapes ",
        axis >= 0 && end <= whole.rank() ? whole.slice(axis, end) : whole,
        " and ",
        mask_shape,
        " are incompatible");
  Tensor flat = tensor;
  if (mask_shape.rank() > 1) {
    // The masked dimensions become one.
    const Tensor all = tern::shape(tensor, int64);
    const Tensor begin = constant(axis, int64);
    flat = reshape(
        tensor,
        raw<"ConcatV2">(Tensors{dims(all, constant(0, int64), begin),
                                ints({-1}, int64),
                                dims(all, constant(end, int64), Tensor()),
                                constant(0, int32)}));
  }
  const Tensor kept = raw<"Where">(raw<"Reshape">(mask, ints({-1}, int32)));
  return gather(flat, squeeze(kept, 1), {.axis = axis});
}

}  // namespace tern
