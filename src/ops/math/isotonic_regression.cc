// isotonic_regression.cc: the nearest falling sequence to each row.

#include "ops/apply.h"
#include "ops/grad_context.h"
#include "ops/infer_context.h"
#include "ops/op_def.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"
#include "tern/ops/nn.h"

namespace tern {
namespace {

/// Each element of a segment is its mean, so the gradient is the mean of the
/// segment's gradients.
void isotonic_gradient(GradContext& g) {
  const Tensor& segments = g.output(1);
  Tensor dy = g.dy();
  Tensor batch = reshape(dy, {-1});
  Tensor columns = raw<"GatherV2">(shape(dy), rank(dy) - 1, 0);
  Tensor rows = floor_div(size(dy), maximum(columns, 1));
  // Segments are counted in each row from 0: those of row i go from
  // i * columns on.
  Tensor first = raw<"ExpandDims">(range(rows) * columns, 1);
  Tensor ids = reshape(reshape(segments, stack({rows, columns})) + first, {-1});
  Tensor count = size(dy);
  Tensor sums = math::unsorted_segment_sum(batch, ids, count);
  Tensor sizes = math::unsorted_segment_sum(ones_like(batch), ids, count);
  Tensor means = gather(sums / maximum(sizes, 1), ids);
  g.set(0, cast(reshape(means, shape(dy)), g.input(0).dtype()));
}

}  // namespace

void register_isotonic_regression_ops(OpRegistry& registry) {
  registry.add("IsotonicRegression")
      .input("input: T")
      .output("output: output_dtype")
      .output("segments: int32")
      .attr("T: realnumbertype")
      .attr("output_dtype: {half, bfloat16, float, double} = DT_FLOAT")
      .infer([](InferContext& c) {
        const Shape& shape = c.with_rank_at_least(0, 1);
        c.set_output(0, shape);
        c.set_output(1, shape);
      })
      .grad(isotonic_gradient)
      .grad_reads({"segments"});
}

namespace nn {

IsotonicRegression isotonic_regression(const Tensor& inputs,
                                       IsotonicRegressionOptions options) {
  const bool falls = options.decreasing;
  auto regression = [](const Tensor& x) {
    DType type = x.dtype().is_floating() ? x.dtype() : float32;
    return raw<"IsotonicRegression">.outputs({x}, {{"output_dtype", type}});
  };
  if (options.axis == -1 || options.axis == inputs.shape().rank() - 1) {
    Tensors outputs = regression(falls ? inputs : -inputs);
    return {falls ? outputs[0] : -outputs[0], outputs[1]};
  }
  std::vector<std::int64_t> perm;
  const int rank = inputs.shape().rank();
  for (int i = 0; i < rank; ++i) perm.push_back(i);
  const int axis = options.axis < 0 ? options.axis + rank : options.axis;
  std::swap(perm[static_cast<std::size_t>(axis)], perm.back());
  Tensor rows = transpose(inputs, {.perm = perm});
  Tensors outputs = regression(falls ? rows : -rows);
  Tensor output = transpose(outputs[0], {.perm = perm});
  return {falls ? output : -output, transpose(outputs[1], {.perm = perm})};
}

}  // namespace nn
}  // namespace tern
