// features.cc: crosses of features, sets, distances and counts.

#include "ops/apply.h"
#include "ops/sparse/shapes.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"
#include "tern/ops/sparse.h"

namespace tern {
namespace {

void crossed(InferContext& c) { set_sparse_output(c, 0, 2); }

/// Operand `input`: dense, or the first of three parts.
int operand_rank(const InferContext& c, int input, bool is_sparse) {
  const int rank =
      is_sparse ? check_sparse_input(c, input) : c.input(input).rank();
  if (rank >= 0 && rank < 2)
    throw InvalidArgumentError("Input ranks must be at least 2, got ", rank);
  return rank;
}

void check_operation(const InferContext& c) {
  const std::string& name = c.attr<std::string>("set_operation");
  if (name != "a-b" && name != "b-a" && name != "intersection" &&
      name != "union")
    throw InvalidArgumentError("Invalid set_operation ", name, ".");
}

template <bool first_sparse, bool second_sparse>
void set_operation_shapes(InferContext& c) {
  check_operation(c);
  const int a = operand_rank(c, 0, first_sparse);
  const int b = operand_rank(c, first_sparse ? 3 : 1, second_sparse);
  if (a >= 0 && b >= 0 && a != b)
    throw InvalidArgumentError("Ranks do not match: rank1 ", a, ", rank2 ", b);
  set_sparse_output(c, 0, a >= 0 ? a : b);
}

void set_sizes(InferContext& c) {
  operand_rank(c, 0, true);
  const Shape shape = c.value_as_partial_shape(2);
  c.set_output(0,
               shape.has_rank() && shape.rank() > 0
                   ? shape.slice(0, shape.rank() - 1)
                   : Shape::unknown());
}

void distances(InferContext& c) {
  check_sparse_input(c, 0);
  check_sparse_input(c, 3);
  const Shape a = c.value_as_partial_shape(2), b = c.value_as_partial_shape(5);
  if (!a.is_fully_known() || !b.is_fully_known() || a.rank() != b.rank() ||
      a.rank() < 1)
    return c.set_output(0, Shape::unknown());
  Shape result;
  for (int d = 0; d + 1 < a.rank(); ++d) result.append(std::max(a[d], b[d]));
  c.set_output(0, result);
}

/// [rows, size] or [size].
void set_counts(InferContext& c, const Shape& rows, int size_input) {
  const Shape& size_shape = c.input(size_input);
  if (size_shape.has_rank() && size_shape.rank() > 0 &&
      !(size_shape == Shape{1}))
    throw InvalidArgumentError("Shape must be rank 0 but is rank ",
                               size_shape.rank());
  const auto size = c.value_as_int(size_input);
  if (size && *size < 0)
    throw InvalidArgumentError("size (", *size, ") must be non-negative");
  c.set_output(0,
               rows.has_rank() ? rows.concatenate(Shape{size.value_or(-1)})
                               : Shape::unknown());
}

void dense_counts(InferContext& c) {
  const Shape& input = c.input(0);
  if (input.has_rank() && input.rank() > 2)
    throw InvalidArgumentError("Shape must be at most rank 2 but is rank ",
                               input.rank());
  set_counts(c,
             !input.has_rank()   ? Shape::unknown()
             : input.rank() == 2 ? Shape{input[0]}
                                 : Shape(),
             1);
}

void sparse_counts(InferContext& c) {
  const Shape dims = c.value_as_partial_shape(2);
  set_counts(c,
             !dims.has_rank()   ? Shape::unknown()
             : dims.rank() == 2 ? Shape{dims[0]}
                                : Shape(),
             3);
}

void ragged_counts(InferContext& c) {
  const Shape& splits = c.with_rank(0, 1);
  const std::int64_t rows =
      splits.has_rank() && splits[0] > 0 ? splits[0] - 1 : -1;
  set_counts(c, Shape{rows}, 2);
}

template <int values_input>
void counts_to_sparse(InferContext& c) {
  const Shape& values = c.input(values_input);
  set_sparse_output(c, 0, values_input == 0 ? values.rank() : -1);
  if (c.op().name == "RaggedCountSparseOutput") set_sparse_output(c, 0, 2);
}

}  // namespace

void register_sparse_features_ops(OpRegistry& registry) {
  registry.add("SparseCross")
      .input("indices: N * int64")
      .input("values: sparse_types")
      .input("shapes: N * int64")
      .input("dense_inputs: dense_types")
      .output("output_indices: int64")
      .output("output_values: out_type")
      .output("output_shape: int64")
      .attr("N: int >= 0")
      .attr("hashed_output: bool")
      .attr("num_buckets: int >= 0")
      .attr("hash_key: int")
      .attr("sparse_types: list({int64, string}) >= 0")
      .attr("dense_types: list({int64, string}) >= 0")
      .attr("out_type: {int64, string}")
      .attr("internal_type: {int64, string}")
      .no_grad()
      .traits(kHostOnly)
      .infer(crossed)
      .all_set_by_kernel();
  registry.add("SparseCrossV2")
      .input("indices: N * int64")
      .input("values: sparse_types")
      .input("shapes: N * int64")
      .input("dense_inputs: dense_types")
      .input("sep: string")
      .output("output_indices: int64")
      .output("output_values: string")
      .output("output_shape: int64")
      .attr("N: int >= 0")
      .attr("sparse_types: list({int64, string}) >= 0")
      .attr("dense_types: list({int64, string}) >= 0")
      .no_grad()
      .traits(kHostOnly)
      .infer(crossed)
      .all_set_by_kernel();
  registry.add("SparseCrossHashed")
      .input("indices: N * int64")
      .input("values: sparse_types")
      .input("shapes: N * int64")
      .input("dense_inputs: dense_types")
      .input("num_buckets: int64")
      .input("strong_hash: bool")
      .input("salt: int64")
      .output("output_indices: int64")
      .output("output_values: int64")
      .output("output_shape: int64")
      .attr("N: int >= 0")
      .attr("sparse_types: list({int64, string}) >= 0")
      .attr("dense_types: list({int64, string}) >= 0")
      .no_grad()
      .traits(kHostOnly)
      .infer(crossed)
      .all_set_by_kernel();

  registry.add("DenseToDenseSetOperation")
      .input("set1: T")
      .input("set2: T")
      .output("result_indices: int64")
      .output("result_values: T")
      .output("result_shape: int64")
      .attr("set_operation: string")
      .attr("validate_indices: bool = true")
      .attr("T: {int8, int16, int32, int64, uint8, uint16, string}")
      .no_grad()
      .traits(kHostOnly)
      .infer(set_operation_shapes<false, false>)
      .all_set_by_kernel();
  registry.add("DenseToSparseSetOperation")
      .input("set1: T")
      .input("set2_indices: int64")
      .input("set2_values: T")
      .input("set2_shape: int64")
      .output("result_indices: int64")
      .output("result_values: T")
      .output("result_shape: int64")
      .attr("set_operation: string")
      .attr("validate_indices: bool = true")
      .attr("T: {int8, int16, int32, int64, uint8, uint16, string}")
      .no_grad()
      .traits(kHostOnly)
      .infer(set_operation_shapes<false, true>)
      .all_set_by_kernel();
  registry.add("SparseToSparseSetOperation")
      .input("set1_indices: int64")
      .input("set1_values: T")
      .input("set1_shape: int64")
      .input("set2_indices: int64")
      .input("set2_values: T")
      .input("set2_shape: int64")
      .output("result_indices: int64")
      .output("result_values: T")
      .output("result_shape: int64")
      .attr("set_operation: string")
      .attr("validate_indices: bool = true")
      .attr("T: {int8, int16, int32, int64, uint8, uint16, string}")
      .no_grad()
      .traits(kHostOnly)
      .infer(set_operation_shapes<true, true>)
      .all_set_by_kernel();
  registry.add("SetSize")
      .input("set_indices: int64")
      .input("set_values: T")
      .input("set_shape: int64")
      .output("size: int32")
      .attr("validate_indices: bool = true")
      .attr("T: {int8, int16, int32, int64, uint8, uint16, string}")
      .no_grad()
      .traits(kHostOnly)
      .host("set_shape")
      .infer(set_sizes)
      .set_by_kernel();
  registry.add("EditDistance")
      .input("hypothesis_indices: int64")
      .input("hypothesis_values: T")
      .input("hypothesis_shape: int64")
      .input("truth_indices: int64")
      .input("truth_values: T")
      .input("truth_shape: int64")
      .output("output: float")
      .attr("normalize: bool = true")
      .attr("T: type")
      .no_grad()
      .traits(kHostOnly)
      .host({"hypothesis_shape", "truth_shape"})
      .infer(distances)
      .set_by_kernel();

  registry.add("DenseBincount")
      .input("input: Tidx")
      .input("size: Tidx")
      .input("weights: T")
      .output("output: T")
      .attr("Tidx: {int32, int64}")
      .attr("T: {int32, int64, float, double}")
      .attr("binary_output: bool = false")
      .no_grad()
      .traits(kHostOnly)
      .host("size")
      .infer(dense_counts)
      .set_by_kernel();
  registry.add("SparseBincount")
      .input("indices: int64")
      .input("values: Tidx")
      .input("dense_shape: int64")
      .input("size: Tidx")
      .input("weights: T")
      .output("output: T")
      .attr("Tidx: {int32, int64}")
      .attr("T: {int32, int64, float, double}")
      .attr("binary_output: bool = false")
      .no_grad()
      .traits(kHostOnly)
      .host({"dense_shape", "size"})
      .infer(sparse_counts)
      .set_by_kernel();
  registry.add("RaggedBincount")
      .input("splits: int64")
      .input("values: Tidx")
      .input("size: Tidx")
      .input("weights: T")
      .output("output: T")
      .attr("Tidx: {int32, int64}")
      .attr("T: {int32, int64, float, double}")
      .attr("binary_output: bool = false")
      .no_grad()
      .traits(kHostOnly)
      .host("size")
      .infer(ragged_counts)
      .set_by_kernel();
  registry.add("DenseCountSparseOutput")
      .input("values: T")
      .input("weights: output_type")
      .output("output_indices: int64")
      .output("output_values: output_type")
      .output("output_dense_shape: int64")
      .attr("T: {int32, int64}")
      .attr("minlength: int >= -1 = -1")
      .attr("maxlength: int >= -1 = -1")
      .attr("binary_output: bool")
      .attr("output_type: {int32, int64, float, double}")
      .no_grad()
      .traits(kHostOnly)
      .infer(counts_to_sparse<0>)
      .all_set_by_kernel();
  registry.add("SparseCountSparseOutput")
      .input("indices: int64")
      .input("values: T")
      .input("dense_shape: int64")
      .input("weights: output_type")
      .output("output_indices: int64")
      .output("output_values: output_type")
      .output("output_dense_shape: int64")
      .attr("T: {int32, int64}")
      .attr("minlength: int >= -1 = -1")
      .attr("maxlength: int >= -1 = -1")
      .attr("binary_output: bool")
      .attr("output_type: {int32, int64, float, double}")
      .no_grad()
      .traits(kHostOnly)
      .infer(counts_to_sparse<1>)
      .all_set_by_kernel();
  registry.add("RaggedCountSparseOutput")
      .input("splits: int64")
      .input("values: T")
      .input("weights: output_type")
      .output("output_indices: int64")
      .output("output_values: output_type")
      .output("output_dense_shape: int64")
      .attr("T: {int32, int64}")
      .attr("minlength: int >= -1 = -1")
      .attr("maxlength: int >= -1 = -1")
      .attr("binary_output: bool")
      .attr("output_type: {int32, int64, float, double}")
      .no_grad()
      .traits(kHostOnly)
      .infer(counts_to_sparse<1>)
      .all_set_by_kernel();
}

namespace {

/// Indices of all, values of all, shapes of all; then `rest`.
Tensors cross_inputs(const std::vector<SparseTensor>& inputs, Tensors rest) {
  Tensors all;
  for (const SparseTensor& input : inputs) all.push_back(input.indices);
  for (const SparseTensor& input : inputs) all.push_back(input.values);
  for (const SparseTensor& input : inputs) all.push_back(input.dense_shape);
  all.insert(all.end(), rest.begin(), rest.end());
  return all;
}

std::vector<DType> value_types(const std::vector<SparseTensor>& inputs) {
  std::vector<DType> types;
  for (const SparseTensor& input : inputs) types.push_back(input.dtype());
  return types;
}

SparseTensor sparse_of(const Tensors& parts) {
  return {parts[0], parts[1], parts[2]};
}

Tensors parts_of(const SparseTensor& a, const SparseTensor& b) {
  return {
      a.indices, a.values, a.dense_shape, b.indices, b.values, b.dense_shape};
}

SparseTensor operate(const Tensor& a, const Tensor& b, const char* operation) {
  return sparse_of(raw<"DenseToDenseSetOperation">.outputs(
      {a, b}, {{"set_operation", operation}}));
}

SparseTensor operate(const SparseTensor& a,
                     const SparseTensor& b,
                     const char* operation) {
  return sparse_of(raw<"SparseToSparseSetOperation">.outputs(
      parts_of(a, b), {{"set_operation", operation}}));
}

}  // namespace

namespace sparse {

SparseTensor cross(const std::vector<SparseTensor>& inputs,
                   const std::string& separator) {
  return sparse_of(
      raw<"SparseCrossV2">.outputs(cross_inputs(inputs, {Tensor(separator)}),
                                   {{"N", inputs.size()},
                                    {"sparse_types", value_types(inputs)},
                                    {"dense_types", std::vector<DType>{}}}));
}

SparseTensor cross_hashed(const std::vector<SparseTensor>& inputs,
                          std::int64_t num_buckets) {
  Tensor buckets = Tensor(std::vector<std::int64_t>{num_buckets})[0];
  return sparse_of(raw<"SparseCrossHashed">.outputs(
      cross_inputs(
          inputs,
          {buckets, Tensor(false), Tensor(std::vector<std::int64_t>{0, 0})}),
      {{"N", inputs.size()},
       {"sparse_types", value_types(inputs)},
       {"dense_types", std::vector<DType>{}}}));
}

SparseTensor bincount(const Tensor& values, BincountOptions options) {
  Tensor weights =
      options.weights.defined() ? options.weights : zeros({0}, int64);
  return sparse_of(raw<"DenseCountSparseOutput">.outputs(
      {values, weights},
      {{"minlength", options.minlength},
       {"maxlength", options.maxlength},
       {"binary_output", options.binary_output}}));
}

}  // namespace sparse

namespace sets {

SparseTensor intersection(const Tensor& a, const Tensor& b) {
  return operate(a, b, "intersection");
}
SparseTensor intersection(const SparseTensor& a, const SparseTensor& b) {
  return operate(a, b, "intersection");
}
SparseTensor set_union(const Tensor& a, const Tensor& b) {
  return operate(a, b, "union");
}
SparseTensor set_union(const SparseTensor& a, const SparseTensor& b) {
  return operate(a, b, "union");
}
SparseTensor difference(const Tensor& a, const Tensor& b) {
  return operate(a, b, "a-b");
}
SparseTensor difference(const SparseTensor& a, const SparseTensor& b) {
  return operate(a, b, "a-b");
}
Tensor size(const SparseTensor& a) {
  return raw<"SetSize">(a.indices, a.values, a.dense_shape);
}

}  // namespace sets

Tensor edit_distance(const SparseTensor& hypothesis,
                     const SparseTensor& truth,
                     bool normalize) {
  return raw<"EditDistance">(parts_of(hypothesis, truth),
                             {{"normalize", normalize}});
}

}  // namespace tern
