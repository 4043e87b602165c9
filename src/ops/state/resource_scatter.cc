// resource_scatter.cc: parts of a variable: gather, scatter, slice assignment.

#include "ops/apply.h"
#include "ops/array/shape_tensors.h"
#include "ops/grad_context.h"
#include "ops/infer_context.h"
#include "tern/core/error.h"
#include "tern/core/resource.h"

namespace tern {
namespace {

Tensor int32s(const std::vector<std::int32_t>& values) {
  return Tensor(values);
}

/// All indices in one row, [n].
Tensor flat(const Tensor& indices) {
  return raw<"Reshape">(indices, int32s({-1}));
}

/// [B..., n] row numbers within each batch as row numbers of the variable
/// flattened to [B * rows, ...]. Returns [batch_size, k].
Tensor rows_over_batches(const Tensor& indices,
                         const Tensor& params_shape,
                         int batch_dims) {
  DType dtype = indices.dtype();
  Tensor batches =
      raw<"Prod">(dims_of(params_shape, 0, batch_dims), int32s({0}));
  Tensor rows = raw<"Cast">(
      raw<"Reshape">(dims_of(params_shape, batch_dims, batch_dims + 1),
                     Tensor(std::vector<std::int32_t>{})),
      {{"DstT", dtype}});
  Tensor zero = raw<"Cast">(Tensor::from_literal(0), {{"DstT", dtype}});
  Tensor one = raw<"Cast">(Tensor::from_literal(1), {{"DstT", dtype}});
  Tensor batch =
      raw<"Range">(zero, raw<"Cast">(batches, {{"DstT", dtype}}), one);
  Tensor offset =
      raw<"ExpandDims">(raw<"Mul">(batch, rows), Tensor::from_literal(1));
  Tensor batch_size = raw<"ExpandDims">(batches, Tensor::from_literal(0));
  Tensor by_batch =
      raw<"Reshape">(indices, join_dims({batch_size, int32s({-1})}));
  return raw<"AddV2">(by_batch, offset);
}

/// What is known of the variable's shape before running.
Shape known_variable_shape(const Tensor& handle) {
  if (!handle.is_symbolic()) return handle.data<ResourceHandle>()->shape();
  return symbolic_values().handle ? symbolic_values().handle(handle).shape
                                  : Shape::unknown();
}

/// Without batch dimensions the gradient is the rows that were read; it never
/// becomes as large as the variable.
IndexedSlices rows_read(const Tensor& handle,
                        const Tensor& indices,
                        const Tensor& dy) {
  Shape known = known_variable_shape(handle);
  if (known.is_fully_known() && known.slice(1).num_elements() > 0) {
    std::vector<std::int32_t> dims(known.begin(), known.end());
    Tensor shape = int32s(dims);
    dims[0] = -1;
    return {raw<"Reshape">(dy, int32s(dims)), flat(indices), shape};
  }
  Tensor shape = raw<"VariableShape">(handle);
  Tensor count =
      raw<"ExpandDims">(raw<"Size">(indices), Tensor::from_literal(0));
  Tensor values = raw<"Reshape">(dy, join_dims({count, dims_of(shape, 1)}));
  return {values, flat(indices), shape};
}

void resource_gather_gradient(GradContext& g) {
  const Tensor& indices = g.input(1);
  auto batch_dims = static_cast<int>(g.attr<std::int64_t>("batch_dims"));
  if (batch_dims < 0) batch_dims += indices.shape().rank();
  if (batch_dims == 0) {
    g.set(0, rows_read(g.input(0), indices, g.dy()));
    return;
  }
  Tensor shape = raw<"VariableShape">(g.input(0));
  Tensor values = raw<"Reshape">(
      g.dy(), join_dims({int32s({-1}), dims_of(shape, batch_dims + 1)}));
  Tensor rows = flat(rows_over_batches(indices, shape, batch_dims));
  Tensor all_rows = raw<"Prod">(dims_of(shape, 0, batch_dims + 1), int32s({0}));
  g.set(
      0,
      raw<"Reshape">(raw<"UnsortedSegmentSum">(values, rows, all_rows), shape));
}

void resource_gather_nd_gradient(GradContext& g) {
  const Tensor& indices = g.input(1);
  Tensor shape =
      raw<"VariableShape">(g.input(0), {{"out_type", indices.dtype()}});
  const Shape& known = indices.shape();
  if (known.rank() == 2 && known[1] == 1)
    g.set(0, IndexedSlices{g.dy(), flat(indices), shape});
  else
    g.set(0, raw<"ScatterNd">(indices, g.dy(), shape));
}

void resource_gather_shape(InferContext& c) {
  const Shape params = c.handle(0).shape;
  const Shape& indices = c.input(1);
  auto batch_dims = static_cast<int>(c.attr<std::int64_t>("batch_dims"));
  if (!params.has_rank() || !indices.has_rank()) {
    c.set_output(0, Shape::unknown());
    return;
  }
  if (batch_dims < 0) batch_dims += indices.rank();
  if (batch_dims < 0 || batch_dims > indices.rank())
    throw InvalidArgumentError(
        "batch_dims (",
        batch_dims,
        ") must be less than or equal to rank(indices) (",
        indices.rank(),
        ").");
  if (batch_dims >= params.rank())
    throw InvalidArgumentError("Shape must be at least rank ",
                               batch_dims + 1,
                               " but is rank ",
                               params.rank());
  Shape batch = params.slice(0, batch_dims).merge(indices.slice(0, batch_dims));
  c.set_output(0,
               batch.concatenate(indices.slice(batch_dims))
                   .concatenate(params.slice(batch_dims + 1)));
}

void resource_gather_nd_shape(InferContext& c) {
  const Shape params = c.handle(0).shape;
  const Shape& indices = c.with_rank_at_least(1, 1);
  if (!params.has_rank() || !indices.has_rank() || indices[-1] < 0) {
    c.set_output(0, Shape::unknown());
    return;
  }
  auto depth = static_cast<int>(indices[-1]);
  if (depth > params.rank())
    throw InvalidArgumentError(
        "indices.shape[-1] must be <= params.rank, but "
        "saw indices shape: ",
        indices.debug_string(),
        " and params shape: ",
        params.debug_string());
  c.set_output(0, indices.slice(0, -1).concatenate(params.slice(depth)));
}

[[noreturn]] void throw_updates_shape(const Shape& updates,
                                      const Shape& indices,
                                      const Shape& params) {
  throw InvalidArgumentError(
      "Must have updates.shape = indices.shape + params.shape[1:] or "
      "updates.shape = [], got updates.shape ",
      updates.debug_string(),
      ", indices.shape ",
      indices.debug_string(),
      ", params.shape ",
      params.debug_string());
}

/// updates: [indices..., rest of the variable...] or one scalar for all.
void resource_scatter_shape(InferContext& c) {
  const Shape params = c.handle(0).shape;
  const Shape& indices = c.input(1);
  const Shape& updates = c.input(2);
  if (!params.has_rank() || !indices.has_rank() || updates.rank() == 0) return;
  if (params.rank() < 1)
    throw InvalidArgumentError("Shape must be at least rank 1 but is rank 0");
  if (!updates.is_compatible_with(indices.concatenate(params.slice(1))))
    throw_updates_shape(updates, indices, params);
}

/// updates: [indices without the last..., rest of the variable...].
void resource_scatter_nd_shape(InferContext& c) {
  const Shape params = c.handle(0).shape;
  const Shape& indices = c.with_rank_at_least(1, 1);
  const Shape& updates = c.input(2);
  if (!params.has_rank() || !indices.has_rank() || indices[-1] < 0) return;
  auto depth = static_cast<int>(indices[-1]);
  if (depth > params.rank())
    throw InvalidArgumentError("The last dimension of indices is ",
                               depth,
                               ", but the variable has rank ",
                               params.rank(),
                               ": indices.shape ",
                               indices.debug_string(),
                               ", params.shape ",
                               params.debug_string());
  Shape expected = indices.slice(0, -1).concatenate(params.slice(depth));
  if (!updates.is_compatible_with(expected))
    throw InvalidArgumentError("Dimensions [0,",
                               indices.rank() - 1,
                               ") of indices",
                               indices.debug_string(),
                               " and the slices of ",
                               params.debug_string(),
                               " they name need updates of shape ",
                               expected.debug_string(),
                               ", got ",
                               updates.debug_string());
}

constexpr std::string_view kScatterTypes =
    "dtype: {float, double, int32, uint8, int16, int8, complex64, int64, "
    "qint8, quint8, qint32, bfloat16, qint16, quint16, uint16, complex128, "
    "half, uint32, uint64}";

void add_scatter_op(OpRegistry& registry,
                    std::string_view name,
                    std::string_view types) {
  registry.add(name)
      .input("resource: resource")
      .input("indices: Tindices")
      .input("updates: dtype")
      .attr(types)
      .attr("Tindices: {int32, int64}")
      .infer(resource_scatter_shape)
      .no_grad()
      .traits(kStateful | kKeepsNoInput);
}

void add_scatter_nd_op(OpRegistry& registry, std::string_view name) {
  registry.add(name)
      .input("ref: resource")
      .input("indices: Tindices")
      .input("updates: T")
      .attr("T: type")
      .attr("Tindices: {int32, int64}")
      .attr("use_locking: bool = true")
      .attr("bad_indices_policy: string = ''")
      .infer(resource_scatter_nd_shape)
      .no_grad()
      .traits(kStateful | kKeepsNoInput);
}

}  // namespace

void register_resource_scatter_ops(OpRegistry& registry) {
  registry.add("ResourceGather")
      .input("resource: resource")
      .input("indices: Tindices")
      .attr("batch_dims: int = 0")
      .attr("validate_indices: bool = true")
      .output("output: dtype")
      .attr("dtype: type")
      .attr("Tindices: {int32, int64}")
      .infer(resource_gather_shape)
      .grad(resource_gather_gradient)
      .grad_reads({"resource", "indices"})
      .traits(kStateful | kKeepsNoInput)
      .set_by_kernel();

  registry.add("ResourceGatherNd")
      .input("resource: resource")
      .input("indices: Tindices")
      .output("output: dtype")
      .attr("dtype: type")
      .attr("Tindices: {int32, int64}")
      .infer(resource_gather_nd_shape)
      .grad(resource_gather_nd_gradient)
      .grad_reads({"resource", "indices"})
      .traits(kStateful | kKeepsNoInput)
      .set_by_kernel();

  for (const char* name : {"ResourceScatterAdd",
                           "ResourceScatterSub",
                           "ResourceScatterMul",
                           "ResourceScatterDiv",
                           "ResourceScatterMin",
                           "ResourceScatterMax"})
    add_scatter_op(registry, name, kScatterTypes);
  add_scatter_op(registry, "ResourceScatterUpdate", "dtype: type");
  for (const char* name : {"ResourceScatterNdAdd",
                           "ResourceScatterNdSub",
                           "ResourceScatterNdMin",
                           "ResourceScatterNdMax",
                           "ResourceScatterNdUpdate"})
    add_scatter_nd_op(registry, name);

  registry.add("ResourceStridedSliceAssign")
      .input("ref: resource")
      .input("begin: Index")
      .input("end: Index")
      .input("strides: Index")
      .input("value: T")
      .attr("T: type")
      .attr("Index: {int32, int64}")
      .attr("begin_mask: int = 0")
      .attr("end_mask: int = 0")
      .attr("ellipsis_mask: int = 0")
      .attr("new_axis_mask: int = 0")
      .attr("shrink_axis_mask: int = 0")
      .host({"begin", "end", "strides"})
      .no_grad()
      .traits(kStateful | kKeepsNoInput);
}

}  // namespace tern
