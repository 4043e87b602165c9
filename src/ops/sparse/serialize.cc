// serialize.cc: sparse tensors as strings or variants, and kept aside.

#include "ops/apply.h"
#include "ops/sparse/shapes.h"
#include "tern/core/error.h"
#include "tern/ops/sparse.h"

namespace tern {
namespace {

void one_row(InferContext& c) {
  check_sparse_input(c, 0);
  c.set_output(0, Shape{3});
}

void many_rows(InferContext& c) {
  check_sparse_input(c, 0);
  c.set_output(0, Shape{-1, 3});
}

void deserialized(InferContext& c) {
  const Shape& input = c.with_rank_at_least(0, 1);
  if (input.has_rank() && input[-1] >= 0 && input[-1] != 3)
    throw InvalidArgumentError(
        "Serialized sparse should have 3 as the last dimension ",
        input.debug_string());
  set_sparse_output(c, 0, -1);
}

void handle(InferContext& c) {
  check_sparse_input(c, 0);
  c.set_output(0, Shape());
}

void handles(InferContext& c) {
  check_sparse_input(c, 0);
  c.set_output(0, Shape{-1});
}

void taken(InferContext& c) {
  c.with_rank(0, 1);
  set_sparse_output(c, 0, -1);
}

}  // namespace

void register_sparse_serialize_ops(OpRegistry& registry) {
  registry.add("SerializeSparse")
      .input("sparse_indices: int64")
      .input("sparse_values: T")
      .input("sparse_shape: int64")
      .output("serialized_sparse: out_type")
      .attr("T: type")
      .attr("out_type: {string, variant} = DT_STRING")
      .no_grad()
      .traits(kHostOnly)
      .infer(one_row);
  registry.add("SerializeManySparse")
      .input("sparse_indices: int64")
      .input("sparse_values: T")
      .input("sparse_shape: int64")
      .output("serialized_sparse: out_type")
      .attr("T: type")
      .attr("out_type: {string, variant} = DT_STRING")
      .no_grad()
      .traits(kHostOnly)
      .infer(many_rows)
      .set_by_kernel();
  registry.add("DeserializeSparse")
      .input("serialized_sparse: Tserialized")
      .output("sparse_indices: int64")
      .output("sparse_values: dtype")
      .output("sparse_shape: int64")
      .attr("dtype: type")
      .attr("Tserialized: {string, variant} = DT_STRING")
      .no_grad()
      .traits(kHostOnly)
      .infer(deserialized)
      .all_set_by_kernel();
  registry.add("DeserializeManySparse")
      .input("serialized_sparse: string")
      .output("sparse_indices: int64")
      .output("sparse_values: dtype")
      .output("sparse_shape: int64")
      .attr("dtype: type")
      .no_grad()
      .traits(kHostOnly)
      .infer(deserialized)
      .all_set_by_kernel();
  registry.add("AddSparseToTensorsMap")
      .input("sparse_indices: int64")
      .input("sparse_values: T")
      .input("sparse_shape: int64")
      .output("sparse_handle: int64")
      .attr("T: type")
      .attr("container: string = ''")
      .attr("shared_name: string = ''")
      .no_grad()
      .traits(kStateful | kHostOnly)
      .infer(handle);
  registry.add("AddManySparseToTensorsMap")
      .input("sparse_indices: int64")
      .input("sparse_values: T")
      .input("sparse_shape: int64")
      .output("sparse_handles: int64")
      .attr("T: type")
      .attr("container: string = ''")
      .attr("shared_name: string = ''")
      .no_grad()
      .traits(kStateful | kHostOnly)
      .infer(handles)
      .set_by_kernel();
  registry.add("TakeManySparseFromTensorsMap")
      .input("sparse_handles: int64")
      .output("sparse_indices: int64")
      .output("sparse_values: dtype")
      .output("sparse_shape: int64")
      .attr("dtype: type")
      .attr("container: string = ''")
      .attr("shared_name: string = ''")
      .no_grad()
      .traits(kStateful | kHostOnly)
      .infer(taken)
      .all_set_by_kernel();
}

namespace io {

Tensor serialize_sparse(const SparseTensor& sp_input) {
  return raw<"SerializeSparse">(
      sp_input.indices, sp_input.values, sp_input.dense_shape);
}

Tensor serialize_many_sparse(const SparseTensor& sp_input) {
  return raw<"SerializeManySparse">(
      sp_input.indices, sp_input.values, sp_input.dense_shape);
}

SparseTensor deserialize_sparse(const Tensor& serialized, DType dtype) {
  Tensors parts =
      raw<"DeserializeSparse">.outputs({serialized}, {{"dtype", dtype}});
  return {parts[0], parts[1], parts[2]};
}

SparseTensor deserialize_many_sparse(const Tensor& serialized, DType dtype) {
  Tensors parts =
      raw<"DeserializeManySparse">.outputs({serialized}, {{"dtype", dtype}});
  return {parts[0], parts[1], parts[2]};
}

}  // namespace io
}  // namespace tern
