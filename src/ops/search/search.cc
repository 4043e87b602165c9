// search.cc: finding places in sorted rows, among the largest, in an array.

#include "tern/ops/search.h"

#include <algorithm>

#include "ops/apply.h"
#include "ops/infer_context.h"
#include "ops/op_def.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"

namespace tern {
namespace {

void infer_bound(InferContext& c) {
  const char* names[] = {"sorted_inputs", "values"};
  for (int i = 0; i < 2; ++i)
    if (c.input(i).has_rank() && c.input(i).rank() != 2)
      throw InvalidArgumentError("Shape must be rank 2 but is rank ",
                                 c.input(i).rank(),
                                 " for `",
                                 names[i],
                                 "` argument");
  const Shape &rows = c.input(0), &values = c.input(1);
  if (rows.has_rank() && values.has_rank() && rows[0] >= 0 && values[0] >= 0 &&
      rows[0] != values[0])
    throw InvalidArgumentError("Leading dim_size of both tensors must match.");
  c.set_output(0, values);
}

void infer_in_top_k(InferContext& c) {
  const Shape &predictions = c.input(0), &targets = c.input(1);
  if (predictions.has_rank() && predictions.rank() != 2)
    throw InvalidArgumentError("predictions must be 2-dimensional");
  if (targets.has_rank() && targets.rank() != 1)
    throw InvalidArgumentError("targets must be 1-dimensional");
  if (c.num_inputs() == 3 && c.input(2).has_rank() && c.input(2).rank() != 0)
    throw InvalidArgumentError("k must be 0-D, got shape ",
                               c.input(2).debug_string());
  std::int64_t batch = targets.has_rank() ? targets[0] : -1;
  if (predictions.has_rank()) {
    if (batch >= 0 && predictions[0] >= 0 && predictions[0] != batch)
      throw InvalidArgumentError("First dimension of predictions ",
                                 predictions[0],
                                 " must match length of targets ",
                                 batch);
    batch = std::max(batch, predictions[0]);
  }
  c.set_output(0, {batch});
}

void infer_unravel_index(InferContext& c) {
  const Shape &indices = c.input(0), &dims = c.input(1);
  if (dims.has_rank() && dims.rank() != 1)
    throw InvalidArgumentError(
        "The indices can only be 1-D, got \"", dims.debug_string(), "\"");
  if (indices.has_rank() && indices.rank() > 1)
    throw InvalidArgumentError(
        "The indices can only be scalar or vector, got \"",
        indices.debug_string(),
        "\"");
  if (!indices.has_rank()) return c.set_output(0, Shape::unknown());
  Shape output{dims.has_rank() ? dims[0] : -1};
  c.set_output(0, output.concatenate(indices));
}

void infer_approx_top_k(InferContext& c) {
  Shape shape = c.with_rank_at_least(0, 1);
  const auto k = c.attr<std::int64_t>("k");
  auto axis = c.attr<std::int64_t>("reduction_dimension");
  if (!shape.has_rank()) return unknown_outputs(c);
  if (axis < -shape.rank() || axis >= shape.rank())
    throw InvalidArgumentError("reduction_dimension must be in range [",
                               -shape.rank(),
                               ", ",
                               shape.rank(),
                               "), got ",
                               axis);
  if (axis < 0) axis += shape.rank();
  if (axis != shape.rank() - 1)
    throw UnimplementedError(
        "ApproxTopK: reduction_dimension must be the last one on the CPU, got ",
        axis,
        " for shape ",
        shape.debug_string());
  if (shape[-1] >= 0 && shape[-1] < k)
    throw InvalidArgumentError(
        "input must have at least k columns. Had ", shape[-1], ", needed ", k);
  shape.set_dim(shape.rank() - 1, k);
  c.set_output(0, shape);
  c.set_output(1, shape);
}

}  // namespace

void register_search_ops(OpRegistry& registry) {
  for (const char* name : {"LowerBound", "UpperBound"})
    registry.add(name)
        .input("sorted_inputs: T")
        .input("values: T")
        .output("output: out_type")
        .attr("T: type")
        .attr("out_type: {int32, int64} = DT_INT32")
        .infer(infer_bound);
  registry.add("InTopK")
      .input("predictions: float")
      .input("targets: T")
      .output("precision: bool")
      .attr("k: int")
      .attr("T: {int32, int64} = DT_INT32")
      .infer(infer_in_top_k);
  registry.add("InTopKV2")
      .input("predictions: float")
      .input("targets: T")
      .input("k: T")
      .output("precision: bool")
      .attr("T: {int32, int64} = DT_INT32")
      .host("k")
      .infer(infer_in_top_k);
  registry.add("UnravelIndex")
      .input("indices: Tidx")
      .input("dims: Tidx")
      .output("output: Tidx")
      .attr("Tidx: {int32, int64} = DT_INT32")
      .infer(infer_unravel_index);
  registry.add("Bucketize")
      .input("input: T")
      .output("output: int32")
      .attr("T: {int32, int64, float, double}")
      .attr("boundaries: list(float)")
      .infer([](InferContext& c) {
        const auto& bounds = c.attr<std::vector<float>>("boundaries");
        if (!std::is_sorted(bounds.begin(), bounds.end()))
          throw InvalidArgumentError("Expected sorted boundaries");
        c.set_output(0, c.input(0));
      });
  registry.add("ApproxTopK")
      .input("input: T")
      .output("values: T")
      .output("indices: int32")
      .attr("k: int >= 0")
      .attr("reduction_dimension: int = -1")
      .attr("recall_target: float = 0.95")
      .attr("is_max_k: bool = true")
      .attr("reduction_input_size_override: int = -1")
      .attr("aggregate_to_topk: bool = true")
      .attr("T: {half, bfloat16, float}")
      .infer(infer_approx_top_k);
}

Tensor searchsorted(const Tensor& sorted_sequence,
                    const Tensor& values,
                    SearchSortedOptions options) {
  const bool left = options.side == "left";
  if (!left && options.side != "right")
    throw InvalidArgumentError("side must be either 'right' or 'left'.  Saw: ",
                               options.side);
  const DType out = options.out_type.code != 0 ? options.out_type : int32;
  auto rows = [](const Tensor& x) {
    return reshape(
        x, stack({Tensor(-1), raw<"GatherV2">(shape(x), -1 + rank(x), 0)}));
  };
  Tensor flat_sequence = rows(sorted_sequence), flat_values = rows(values);
  Tensor found =
      left ? raw<"LowerBound">(flat_sequence, flat_values, {{"out_type", out}})
           : raw<"UpperBound">(flat_sequence, flat_values, {{"out_type", out}});
  return reshape(found, shape(values));
}

Tensor unravel_index(const Tensor& indices, const Tensor& dims) {
  return raw<"UnravelIndex">(indices, dims);
}

namespace math {

Tensor in_top_k(const Tensor& targets, const Tensor& predictions, int k) {
  return raw<"InTopKV2">(predictions, targets, Tensor(k));
}

namespace {

ApproxTopK approximate(const Tensor& operand,
                       int k,
                       bool is_max_k,
                       const ApproxTopKOptions& options) {
  Tensors outputs = raw<"ApproxTopK">.outputs(
      {operand},
      {{"k", k},
       {"reduction_dimension", options.reduction_dimension},
       {"recall_target", options.recall_target},
       {"is_max_k", is_max_k},
       {"reduction_input_size_override", options.reduction_input_size_override},
       {"aggregate_to_topk", options.aggregate_to_topk}});
  return {outputs[0], outputs[1]};
}

}  // namespace

ApproxTopK approx_max_k(const Tensor& operand,
                        int k,
                        ApproxTopKOptions options) {
  return approximate(operand, k, true, options);
}
ApproxTopK approx_min_k(const Tensor& operand,
                        int k,
                        ApproxTopKOptions options) {
  return approximate(operand, k, false, options);
}

}  // namespace math
}  // namespace tern
