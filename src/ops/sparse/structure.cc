// structure.cc: sparse tensors reordered, reshaped, joined, cut, filled and
// made dense.

#include "ops/apply.h"
#include "ops/grad_context.h"
#include "ops/sparse/shapes.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"
#include "tern/ops/sparse.h"

namespace tern {
namespace {

void reordered(InferContext& c) {
  check_sparse_input(c, 0);
  c.set_output(0, c.input(0));
  c.set_output(1, c.input(1));
}

void reshaped(InferContext& c) {
  const Shape& indices = c.with_rank(0, 2);
  c.with_rank(1, 1);
  const Shape& shape = c.with_rank(2, 1);
  const std::int64_t rank = shape.has_rank() ? shape[0] : -1;
  c.set_output(0, Shape{indices.has_rank() ? indices[0] : -1, rank});
  c.set_output(1, Shape{rank});
}

void concatenated(InferContext& c) {
  const auto count = static_cast<int>(c.attr<std::int64_t>("N"));
  int rank = -1;
  for (int i = 0; i < count; ++i) {
    const Shape& indices = c.with_rank(i, 2);
    c.with_rank(count + i, 1);
    c.with_rank(2 * count + i, 1);
    if (indices.has_rank() && indices[1] >= 0)
      rank = static_cast<int>(indices[1]);
  }
  set_sparse_output(c, 0, rank);
}

void sliced(InferContext& c) {
  const int rank = check_sparse_input(c, 0);
  c.with_rank(3, 1);
  c.with_rank(4, 1);
  set_sparse_output(c, 0, rank);
}

void split_shapes(InferContext& c) {
  const auto count = static_cast<int>(c.attr<std::int64_t>("num_split"));
  const int rank = check_sparse_input(c, 1);
  c.with_rank(0, 0);
  for (int i = 0; i < count; ++i) {
    c.set_output(i, Shape{-1, rank});
    c.set_output(count + i, Shape{-1});
    c.set_output(2 * count + i, Shape{rank});
  }
}

void filled(InferContext& c) {
  const int rank = check_sparse_input(c, 0);
  c.with_rank(3, 0);
  const Shape shape = c.value_as_partial_shape(2);
  c.set_output(0, Shape{-1, rank});
  c.set_output(1, Shape{-1});
  c.set_output(2, Shape{shape.has_rank() && shape.rank() ? shape[0] : -1});
  c.set_output(3, Shape{c.input(1).has_rank() ? c.input(1)[0] : -1});
}

void fill_grad_shapes(InferContext& c) {
  const Shape& map = c.with_rank(0, 1);
  c.with_rank(1, 1);
  c.set_output(0, Shape{map.has_rank() ? map[0] : -1});
  c.set_output(1, Shape());
}

void made_dense(InferContext& c) {
  for (int i : {0, 2})
    if (c.input(i).has_rank() && c.input(i).rank() > 2 - (i == 2))
      throw InvalidArgumentError(
          i == 0 ? "sparse_indices should be a scalar, vector, or matrix"
                 : "sparse_values should be a scalar or vector",
          ", got shape ",
          c.input(i).debug_string());
  c.with_rank(1, 1);
  c.with_rank(3, 0);
  Shape shape = c.value_as_partial_shape(1);
  c.set_output(0, shape);
}

/// The gradient of each value is where it went to.
void reorder_gradient(GradContext& g) {
  const Tensor& indices = g.input(0);
  Tensor count = shape(indices, int64)[0];
  Tensor places =
      range(raw<"Cast">(Tensor(0), {{"DstT", int64}}), count, {.dtype = int64});
  Tensor order = raw<"SparseReorder">.outputs({indices, places, g.input(2)})[1];
  Tensor inverse = raw<"InvertPermutation">(order);
  g.set(1, gather(g.dy(1), inverse));
}

}  // namespace

void register_sparse_structure_ops(OpRegistry& registry) {
  registry.add("SparseReorder")
      .input("input_indices: int64")
      .input("input_values: T")
      .input("input_shape: int64")
      .output("output_indices: int64")
      .output("output_values: T")
      .attr("T: type")
      .traits(kHostOnly)
      .infer(reordered)
      .all_set_by_kernel()
      .grad(reorder_gradient)
      .grad_reads({"input_indices", "input_shape"});
  registry.add("SparseReshape")
      .input("input_indices: int64")
      .input("input_shape: int64")
      .input("new_shape: int64")
      .output("output_indices: int64")
      .output("output_shape: int64")
      .no_grad()
      .traits(kHostOnly)
      .infer(reshaped)
      .all_set_by_kernel();
  registry.add("SparseConcat")
      .input("indices: N * int64")
      .input("values: N * T")
      .input("shapes: N * int64")
      .output("output_indices: int64")
      .output("output_values: T")
      .output("output_shape: int64")
      .attr("concat_dim: int")
      .attr("N: int >= 2")
      .attr("T: type")
      .no_grad()
      .traits(kHostOnly)
      .infer(concatenated)
      .all_set_by_kernel();
  registry.add("SparseSlice")
      .input("indices: int64")
      .input("values: T")
      .input("shape: int64")
      .input("start: int64")
      .input("size: int64")
      .output("output_indices: int64")
      .output("output_values: T")
      .output("output_shape: int64")
      .attr("T: type")
      .traits(kHostOnly)
      .infer(sliced)
      .all_set_by_kernel()
      .grad([](GradContext& g) {
        g.set(1,
              raw<"SparseSliceGrad">(
                  g.dy(1), g.input(0), g.input(3), g.output(0)));
      })
      .grad_reads({"indices", "start", "output_indices"});
  registry.add("SparseSliceGrad")
      .input("backprop_val_grad: T")
      .input("input_indices: int64")
      .input("input_start: int64")
      .input("output_indices: int64")
      .output("val_grad: T")
      .attr(
          "T: {float, double, int32, uint8, int16, int8, complex64, int64, "
          "qint8, quint8, qint32, bfloat16, qint16, quint16, uint16, "
          "complex128, half, uint32, uint64}")
      .traits(kHostOnly)
      .infer([](InferContext& c) {
        const Shape& indices = c.with_rank(1, 2);
        c.set_output(0, Shape{indices.has_rank() ? indices[0] : -1});
      })
      .set_by_kernel();
  registry.add("SparseSplit")
      .input("split_dim: int64")
      .input("indices: int64")
      .input("values: T")
      .input("shape: int64")
      .output("output_indices: num_split * int64")
      .output("output_values: num_split * T")
      .output("output_shape: num_split * int64")
      .attr("num_split: int >= 1")
      .attr("T: type")
      .traits(kHostOnly)
      .host("split_dim")
      .infer(split_shapes)
      .all_set_by_kernel();
  registry.add("SparseFillEmptyRows")
      .input("indices: int64")
      .input("values: T")
      .input("dense_shape: int64")
      .input("default_value: T")
      .output("output_indices: int64")
      .output("output_values: T")
      .output("empty_row_indicator: bool")
      .output("reverse_index_map: int64")
      .attr("T: type")
      .traits(kHostOnly)
      .host("dense_shape")
      .infer(filled)
      .all_set_by_kernel()
      .grad([](GradContext& g) {
        Tensors parts =
            raw<"SparseFillEmptyRowsGrad">.outputs({g.output(3), g.dy(1)});
        g.set(1, parts[0]);
        g.set(3, parts[1]);
      })
      .grad_reads({"reverse_index_map"});
  registry.add("SparseFillEmptyRowsGrad")
      .input("reverse_index_map: int64")
      .input("grad_values: T")
      .output("d_values: T")
      .output("d_default_value: T")
      .attr("T: type")
      .traits(kHostOnly)
      .infer(fill_grad_shapes)
      .all_set_by_kernel();
  registry.add("SparseToDense")
      .input("sparse_indices: Tindices")
      .input("output_shape: Tindices")
      .input("sparse_values: T")
      .input("default_value: T")
      .output("dense: T")
      .attr("validate_indices: bool = true")
      .attr("T: type")
      .attr("Tindices: {int32, int64}")
      .traits(kHostOnly)
      .host("output_shape")
      .infer(made_dense)
      .grad([](GradContext& g) {
        Tensor places = g.input(0);
        if (places.shape().rank() < 2) places = reshape(places, {-1, 1});
        Tensor taken = gather_nd(g.dy(), places);
        const bool shared = g.input(2).shape().rank() == 0;
        g.set(2, shared ? reduce_sum(taken) : taken);
        g.set(3, reduce_sum(g.dy()) - reduce_sum(taken));
      })
      .grad_reads({"sparse_indices"});
}

namespace sparse {

SparseTensor reorder(const SparseTensor& sp_input) {
  Tensors parts = raw<"SparseReorder">.outputs(
      {sp_input.indices, sp_input.values, sp_input.dense_shape});
  return {parts[0], parts[1], sp_input.dense_shape};
}

SparseTensor reshape(const SparseTensor& sp_input, const ShapeArg& shape) {
  Tensor wanted = cast(shape.tensor(), int64);
  Tensors parts = raw<"SparseReshape">.outputs(
      {sp_input.indices, sp_input.dense_shape, wanted});
  return {parts[0], sp_input.values, parts[1]};
}

SparseTensor concat(int axis, const std::vector<SparseTensor>& sp_inputs) {
  Tensors inputs;
  for (const SparseTensor& input : sp_inputs) inputs.push_back(input.indices);
  for (const SparseTensor& input : sp_inputs) inputs.push_back(input.values);
  for (const SparseTensor& input : sp_inputs)
    inputs.push_back(input.dense_shape);
  Tensors parts = raw<"SparseConcat">.outputs(
      inputs, {{"concat_dim", axis}, {"N", sp_inputs.size()}});
  return {parts[0], parts[1], parts[2]};
}

SparseTensor slice(const SparseTensor& input,
                   const Tensor& start,
                   const Tensor& size) {
  Tensors parts = raw<"SparseSlice">.outputs({input.indices,
                                              input.values,
                                              input.dense_shape,
                                              cast(start, int64),
                                              cast(size, int64)});
  return {parts[0], parts[1], parts[2]};
}

std::vector<SparseTensor> split(const SparseTensor& sp_input,
                                int num_split,
                                int axis) {
  Tensors parts = raw<"SparseSplit">.outputs({cast(Tensor(axis), int64),
                                              sp_input.indices,
                                              sp_input.values,
                                              sp_input.dense_shape},
                                             {{"num_split", num_split}});
  std::vector<SparseTensor> result;
  const auto count = static_cast<std::size_t>(num_split);
  for (std::size_t i = 0; i < count; ++i)
    result.push_back({parts[i], parts[count + i], parts[2 * count + i]});
  return result;
}

FilledRows fill_empty_rows(const SparseTensor& sp_input,
                           const Tensor& default_value) {
  Tensors parts = raw<"SparseFillEmptyRows">.outputs(
      {sp_input.indices,
       sp_input.values,
       sp_input.dense_shape,
       default_value.as_dtype(sp_input.dtype())});
  return {{parts[0], parts[1], sp_input.dense_shape}, parts[2]};
}

Tensor to_dense(const SparseTensor& sp_input, const Tensor& default_value) {
  Tensor fill = default_value.defined()
                    ? default_value.as_dtype(sp_input.dtype())
                    : zeros({}, sp_input.dtype());
  return raw<"SparseToDense">(
      sp_input.indices, sp_input.dense_shape, sp_input.values, fill);
}

SparseTensor from_dense(const Tensor& tensor) {
  Tensor none =
      tensor.dtype() == string ? Tensor("") : zeros({}, tensor.dtype());
  Tensor places = where(raw<"NotEqual">(tensor, none));
  return {places, gather_nd(tensor, places), tern::shape(tensor, int64)};
}

}  // namespace sparse
}  // namespace tern
