// ragged.cc: ops on ragged tensors as their parts: splits and values.

#include "tern/ops/ragged.h"

#include "ops/apply.h"
#include "ops/grad_context.h"
#include "ops/infer_context.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"

namespace tern {
namespace {

/// Scalars or vectors of one length, in any mix.
void range_shapes(InferContext& c) {
  std::int64_t rows = 1;
  bool vectors = false;
  for (int i = 0; i < 3; ++i) {
    const Shape& shape = c.input(i);
    if (!shape.has_rank()) {
      rows = vectors ? rows : -1;
      continue;
    }
    if (shape.rank() > 1)
      throw InvalidArgumentError(
          "starts, limits, and deltas must be scalars "
          "or vectors, got shape ",
          shape.debug_string());
    if (shape.rank() == 0) continue;
    if (vectors && rows >= 0 && shape[0] >= 0 && shape[0] != rows)
      throw InvalidArgumentError(
          "starts, limits, and deltas must have the "
          "same shape: Dimensions must be equal, but "
          "are ",
          rows,
          " and ",
          shape[0]);
    rows = std::max(vectors ? rows : -1, shape[0]);
    vectors = true;
  }
  c.set_output(0, Shape{rows < 0 ? -1 : rows + 1});
  c.set_output(1, Shape{-1});
}

Shape with_unknown_rows(const Shape& values) {
  Shape result = values;
  if (result.has_rank() && result.rank() > 0) result.set_dim(0, -1);
  return result;
}

void gather_shapes(InferContext& c) {
  const auto ragged =
      static_cast<int>(c.attr<std::int64_t>("PARAMS_RAGGED_RANK"));
  const auto splits =
      static_cast<int>(c.attr<std::int64_t>("OUTPUT_RAGGED_RANK"));
  const Shape& indices = c.input(ragged + 1);
  for (int i = 0; i < ragged; ++i) c.with_rank(i, 1);
  c.with_rank_at_least(ragged, 1);
  if (indices.has_rank() && indices.rank() + ragged - 1 != splits)
    throw InvalidArgumentError(
        "OUTPUT_RAGGED_RANK must be indices.rank + "
        "PARAMS_RAGGED_RANK - 1, got ",
        splits,
        " for indices of rank ",
        indices.rank(),
        " and ",
        ragged);
  for (int i = 0; i < splits; ++i) c.set_output(i, Shape{-1});
  c.set_output(splits, with_unknown_rows(c.input(ragged)));
}

void to_sparse_shapes(InferContext& c) {
  const auto ragged = static_cast<int>(c.attr<std::int64_t>("RAGGED_RANK"));
  for (int i = 0; i < ragged; ++i) c.with_rank(i, 1);
  const Shape& values = c.with_rank_at_least(ragged, 1);
  const std::int64_t rank = values.has_rank() ? ragged + values.rank() : -1;
  const std::int64_t count =
      values.is_fully_known() ? values.num_elements() : -1;
  c.set_output(0, Shape{count, rank});
  c.set_output(1, Shape{count});
  c.set_output(2, Shape{rank});
}

void to_tensor_shape(InferContext& c) {
  const auto& types = c.attr<std::vector<std::string>>("row_partition_types");
  const auto partitions = c.attr<std::int64_t>("num_row_partition_tensors");
  if (static_cast<std::int64_t>(types.size()) != partitions)
    throw InvalidArgumentError("row_partition_types has ",
                               types.size(),
                               " entries for ",
                               partitions,
                               " partitions");
  int ragged = 0;
  for (std::size_t i = 0; i < types.size(); ++i) {
    const bool first_size = types[i] == "FIRST_DIM_SIZE";
    if (!first_size && types[i] != "ROW_SPLITS" && types[i] != "VALUE_ROWIDS")
      throw InvalidArgumentError("Unknown string for partition info type: ",
                                 types[i]);
    if (first_size && i > 0)
      throw InvalidArgumentError("FIRST_DIM_SIZE must be first");
    if (types[i] == "VALUE_ROWIDS" && i == 0)
      throw InvalidArgumentError(
          "VALUE_ROWIDS cannot be first: the number of rows is needed");
    ragged += !first_size;
  }
  const Shape& values = c.with_rank_at_least(1, 1);
  Shape asked = c.value_as_partial_shape(0);
  if (c.input(0).has_rank() && c.input(0).rank() == 0) asked = Shape::unknown();
  if (!values.has_rank()) return c.set_output(0, asked);
  const int rank = ragged + values.rank();
  if (asked.has_rank() && asked.rank() != rank)
    throw InvalidArgumentError("rt_input.shape and shape=",
                               asked.debug_string(),
                               " are incompatible: rt_input.rank = ",
                               rank,
                               " but shape.rank = ",
                               asked.rank());
  Shape result = Shape::unknown_dims(ragged + 1).concatenate(values.slice(1));
  if (asked.has_rank())
    for (int d = 0; d < rank; ++d)
      if (asked[d] >= 0) result.set_dim(d, asked[d]);
  c.set_output(0, result);
}

void to_variant_shape(InferContext& c) {
  if (!c.attr<bool>("batched_input")) return c.set_output(0, Shape());
  const auto ragged = static_cast<int>(c.attr<std::int64_t>("RAGGED_RANK"));
  const Shape& first = c.input(0);
  std::int64_t rows = -1;
  if (first.has_rank() && first.rank() > 0 && first[0] >= 0)
    rows = ragged ? first[0] - 1 : first[0];
  c.set_output(0, Shape{rows});
}

void from_variant_shapes(InferContext& c) {
  const auto ragged =
      static_cast<int>(c.attr<std::int64_t>("output_ragged_rank"));
  for (int i = 0; i < ragged; ++i) c.set_output(i, Shape{-1});
  c.set_output(ragged, Shape::unknown());
}

void variant_gradient_shape(InferContext& c) {
  c.set_output(0, c.value_as_partial_shape(2));
}

void filled_shapes(InferContext& c) {
  const Shape& rows = c.with_rank(0, 1);
  c.with_rank(1, 1);
  c.with_rank(2, 0);
  c.with_rank(3, 0);
  c.set_output(0, Shape{-1});
  c.set_output(1, Shape{-1});
  c.set_output(2, Shape{c.value_as_int(2).value_or(-1)});
  c.set_output(3, rows);
}

void fill_grad_shapes(InferContext& c) {
  c.with_rank(1, 1);
  c.set_output(0, c.with_rank(0, 1));
  c.set_output(1, Shape());
}

void crossed(InferContext& c) {
  c.set_output(0, Shape{-1});
  c.set_output(1, Shape{-1});
}

/// The rows of dy that came from each row of the values: gathered rows may
/// come from one row several times.
void gather_gradient(GradContext& g) {
  const auto ragged =
      static_cast<int>(g.attr<std::int64_t>("PARAMS_RAGGED_RANK"));
  const Tensor& values = g.input(ragged);
  Tensor ends = g.input(0);  // of each outermost row, among the values
  for (int i = 1; i < ragged; ++i) ends = gather(g.input(i), ends);
  Tensor rows = reshape(g.input(ragged + 1), {-1});
  Tensor begin = gather(ends, rows);
  Tensor end = gather(ends[Slice{.start = 1}], rows);
  Tensor places = raw<"RaggedRange">.outputs({begin, end, ones_like(begin)})[1];
  g.set(ragged,
        IndexedSlices{g.dy(g.num_outputs() - 1), places, shape(values)});
}

/// Which row of the values each cell came from tells where gradients go: the
/// default's are those of all other cells.
void to_tensor_gradient(GradContext& g) {
  const Tensor &values = g.input(1), &default_value = g.input(2);
  const std::int64_t inner = values.shape().rank() - 1;
  Tensor count = shape(values, int64)[0];
  Tensor one = cast(Tensor(1), int64);
  Tensor numbers = range(one, count + one);
  Tensor dims = shape(g.dy(), int64);
  Tensor cells = inner == 0 ? dims : dims[Slice{.stop = -inner}];
  Tensors inputs{cells, numbers, zeros({}, int64)};
  for (int i = 3; i < g.num_inputs(); ++i) inputs.push_back(g.input(i));
  Tensor source = raw<"RaggedTensorToTensor">(
      inputs,
      {{"row_partition_types",
        g.attr<std::vector<std::string>>("row_partition_types")}});
  Tensor row_shape = shape(values, int64)[Slice{.start = 1}];
  Tensor minus_one = reshape(cast(Tensor(-1), int64), {1});
  Tensor rows = reshape(g.dy(), concat({minus_one, row_shape}, 0));
  Tensor sums =
      raw<"UnsortedSegmentSum">(rows, reshape(source, {-1}), count + one);
  if (g.needs(1)) g.set(1, sums[Slice{.start = 1}]);
  if (g.needs(2)) g.set(2, sum_to_shape_of(sums[0], default_value));
}

void from_variant_gradient(GradContext& g) {
  const int last = g.num_outputs() - 1;
  Tensors inputs;
  for (int i = 0; i < last; ++i) inputs.push_back(g.output(i));
  inputs.push_back(g.dy(last));
  g.set(0,
        raw<"RaggedTensorToVariant">(
            inputs,
            {{"RAGGED_RANK", last},
             {"batched_input", g.input(0).shape().rank() > 0}}));
}

void to_variant_gradient(GradContext& g) {
  const int last = g.num_inputs() - 1;
  Tensor splits = last ? g.input(0) : zeros({}, int64);
  g.set(last,
        raw<"RaggedTensorToVariantGradient">(
            g.dy(),
            splits,
            shape(g.input(last)),
            {{"Tvalues", g.input(last).dtype()}}));
}

}  // namespace

void register_ragged_ops(OpRegistry& registry) {
  registry.add("RaggedRange")
      .input("starts: T")
      .input("limits: T")
      .input("deltas: T")
      .output("rt_nested_splits: Tsplits")
      .output("rt_dense_values: T")
      .attr("T: {bfloat16, float, double, int32, int64} = DT_INT32")
      .attr("Tsplits: {int32, int64} = DT_INT64")
      .no_grad()
      .traits(kHostOnly)
      .infer(range_shapes)
      .all_set_by_kernel();
  registry.add("RaggedGather")
      .input("params_nested_splits: PARAMS_RAGGED_RANK * Tsplits")
      .input("params_dense_values: Tvalues")
      .input("indices: Tindices")
      .output("output_nested_splits: OUTPUT_RAGGED_RANK * Tsplits")
      .output("output_dense_values: Tvalues")
      .attr("Tvalues: type")
      .attr("Tindices: {int32, int64}")
      .attr("Tsplits: {int32, int64} = DT_INT64")
      .attr("PARAMS_RAGGED_RANK: int >= 1")
      .attr("OUTPUT_RAGGED_RANK: int >= 0")
      .traits(kHostOnly)
      .infer(gather_shapes)
      .all_set_by_kernel()
      .grad(gather_gradient)
      .grad_reads({"params_nested_splits", "indices"});
  registry.add("RaggedTensorToSparse")
      .input("rt_nested_splits: RAGGED_RANK * Tsplits")
      .input("rt_dense_values: T")
      .output("sparse_indices: int64")
      .output("sparse_values: T")
      .output("sparse_dense_shape: int64")
      .attr("RAGGED_RANK: int >= 1")
      .attr("T: type")
      .attr("Tsplits: {int32, int64} = DT_INT64")
      .traits(kHostOnly)
      .infer(to_sparse_shapes)
      .all_set_by_kernel()
      .grad([](GradContext& g) {
        const int last = g.num_inputs() - 1;
        g.set(last, reshape(g.dy(1), shape(g.input(last))));
      })
      .grad_reads({});
  registry.add("RaggedTensorToTensor")
      .input("shape: Tshape")
      .input("values: T")
      .input("default_value: T")
      .input("row_partition_tensors: num_row_partition_tensors * Tindex")
      .output("result: T")
      .attr("T: type")
      .attr("Tindex: {int64, int32}")
      .attr("Tshape: {int64, int32}")
      .attr("num_row_partition_tensors: int >= 1")
      .attr("row_partition_types: list(string)")
      .traits(kHostOnly)
      .host("shape")
      .infer(to_tensor_shape)
      .set_by_kernel()
      .grad(to_tensor_gradient)
      .grad_reads({"row_partition_tensors"});
  registry.add("RaggedTensorToVariant")
      .input("rt_nested_splits: RAGGED_RANK * Tsplits")
      .input("rt_dense_values: Tvalues")
      .output("encoded_ragged: variant")
      .attr("RAGGED_RANK: int >= 0")
      .attr("Tvalues: type")
      .attr("Tsplits: {int32, int64} = DT_INT64")
      .attr("batched_input: bool")
      .traits(kHostOnly)
      .infer(to_variant_shape)
      .set_by_kernel()
      .grad(to_variant_gradient);
  registry.add("RaggedTensorFromVariant")
      .input("encoded_ragged: variant")
      .output("output_nested_splits: output_ragged_rank * Tsplits")
      .output("output_dense_values: Tvalues")
      .attr("input_ragged_rank: int >= -1")
      .attr("output_ragged_rank: int >= 0")
      .attr("Tvalues: type")
      .attr("Tsplits: {int32, int64} = DT_INT64")
      .traits(kHostOnly)
      .infer(from_variant_shapes)
      .all_set_by_kernel()
      .grad(from_variant_gradient);
  registry.add("RaggedTensorToVariantGradient")
      .input("encoded_ragged_grad: variant")
      .input("row_splits: Tsplits")
      .input("dense_values_shape: int32")
      .output("dense_values_grad: Tvalues")
      .attr("Tvalues: type")
      .attr("Tsplits: {int32, int64} = DT_INT64")
      .traits(kHostOnly)
      .host("dense_values_shape")
      .infer(variant_gradient_shape)
      .set_by_kernel();
  registry.add("RaggedFillEmptyRows")
      .input("value_rowids: int64")
      .input("values: T")
      .input("nrows: int64")
      .input("default_value: T")
      .output("output_value_rowids: int64")
      .output("output_values: T")
      .output("empty_row_indicator: bool")
      .output("reverse_index_map: int64")
      .attr("T: type")
      .traits(kHostOnly)
      .host("nrows")
      .infer(filled_shapes)
      .all_set_by_kernel()
      .grad([](GradContext& g) {
        Tensors parts =
            raw<"RaggedFillEmptyRowsGrad">.outputs({g.output(3), g.dy(1)});
        g.set(1, parts[0]);
        g.set(3, parts[1]);
      })
      .grad_reads({"reverse_index_map"});
  registry.add("RaggedFillEmptyRowsGrad")
      .input("reverse_index_map: int64")
      .input("grad_values: T")
      .output("d_values: T")
      .output("d_default_value: T")
      .attr("T: type")
      .traits(kHostOnly)
      .infer(fill_grad_shapes)
      .all_set_by_kernel();
  registry.add("RaggedCross")
      .input("ragged_values: ragged_values_types")
      .input("ragged_row_splits: ragged_splits_types")
      .input("sparse_indices: Nsparse * int64")
      .input("sparse_values: sparse_values_types")
      .input("sparse_shape: Nsparse * int64")
      .input("dense_inputs: dense_types")
      .output("output_values: out_values_type")
      .output("output_row_splits: out_row_splits_type")
      .attr("Nsparse: int >= 0")
      .attr("input_order: string")
      .attr("hashed_output: bool")
      .attr("num_buckets: int >= 0")
      .attr("hash_key: int")
      .attr("ragged_values_types: list({int64, string}) >= 0")
      .attr("ragged_splits_types: list({int32, int64}) >= 0")
      .attr("sparse_values_types: list({int64, string}) >= 0")
      .attr("dense_types: list({int64, string}) >= 0")
      .attr("out_values_type: {int64, string}")
      .attr("out_row_splits_type: {int32, int64}")
      .no_grad()
      .traits(kHostOnly)
      .infer(crossed)
      .all_set_by_kernel();
}

namespace ragged {

RaggedTensor constant(const std::vector<Tensor>& rows) {
  if (rows.empty())
    throw InvalidArgumentError(
        "ragged::constant of no rows has no dtype: use from_row_splits");
  Tensors parts;
  std::vector<std::int64_t> lengths;
  for (const Tensor& row : rows) {
    if (row.shape().rank() < 1)
      throw InvalidArgumentError(
          "Rows of a ragged tensor are vectors at "
          "least, got shape ",
          row.shape().debug_string());
    parts.push_back(row);
    lengths.push_back(row.shape()[0]);
  }
  return RaggedTensor::from_row_lengths(concat(parts, 0), Tensor(lengths));
}

RaggedTensor range(const Tensor& starts,
                   const Tensor& limits,
                   const Tensor& deltas) {
  Tensors parts = raw<"RaggedRange">.outputs({starts, limits, deltas});
  return RaggedTensor::from_row_splits(parts[1], parts[0], {.validate = false});
}

RaggedTensor range(const Tensor& limits) { return range(0, limits, 1); }

RaggedTensor gather(const RaggedTensor& params, const Tensor& indices) {
  if (params.ragged_rank() == 0)
    return RaggedTensor(tern::gather(params.flat_values(), indices));
  Tensors inputs = params.nested_row_splits();
  inputs.push_back(params.flat_values());
  inputs.push_back(indices);
  const int rank = params.ragged_rank() + indices.shape().rank() - 1;
  Tensors parts =
      raw<"RaggedGather">.outputs(inputs,
                                  {{"PARAMS_RAGGED_RANK", params.ragged_rank()},
                                   {"OUTPUT_RAGGED_RANK", rank}});
  return RaggedTensor::from_nested_row_splits(
      parts.back(),
      Tensors(parts.begin(), parts.end() - 1),
      {.validate = false});
}

SparseTensor to_sparse(const RaggedTensor& input) {
  Tensors inputs = input.nested_row_splits();
  inputs.push_back(input.flat_values());
  Tensors parts = raw<"RaggedTensorToSparse">.outputs(
      inputs, {{"RAGGED_RANK", input.ragged_rank()}});
  return {parts[0], parts[1], parts[2]};
}

RaggedTensor from_sparse(const SparseTensor& input) {
  Tensor rows = input.indices[{Slice{}, 0}];
  return RaggedTensor::from_value_rowids(
      input.values, rows, input.dense_shape[0]);
}

namespace {

using SegmentFunction = Tensor (*)(const Tensor&, const Tensor&, const Tensor&);

/// Over the values of each row.
RaggedTensor reduce_rows(const RaggedTensor& input, SegmentFunction reduce) {
  RaggedTensor values = input.values();
  if (values.ragged_rank() > 0)
    throw InvalidArgumentError(
        "Only the innermost ragged dimension can be reduced: take values()");
  return RaggedTensor(
      reduce(values.flat_values(), input.value_rowids(), input.nrows()));
}

}  // namespace

Tensor reduce_sum(const RaggedTensor& input) {
  return reduce_rows(
      input, [](const Tensor& x, const Tensor& rows, const Tensor& count) {
        return raw<"UnsortedSegmentSum">(x, rows, count);
      });
}

Tensor reduce_max(const RaggedTensor& input) {
  return reduce_rows(
      input, [](const Tensor& x, const Tensor& rows, const Tensor& count) {
        return raw<"UnsortedSegmentMax">(x, rows, count);
      });
}

Tensor reduce_mean(const RaggedTensor& input) {
  return reduce_rows(
      input, [](const Tensor& x, const Tensor& rows, const Tensor& count) {
        Tensor number = raw<"UnsortedSegmentSum">(ones_like(x), rows, count);
        return raw<"UnsortedSegmentSum">(x, rows, count) / number;
      });
}

}  // namespace ragged
}  // namespace tern
