// Pooling over regions whose sizes vary (Graham, "Fractional max-pooling",
// 2014).

#include <cmath>

#include "ops/apply.h"
#include "ops/array/shape_tensors.h"
#include "ops/conv/shape_rules.h"
#include "ops/grad_context.h"
#include "tern/core/error.h"

namespace tern {
namespace {

void infer_forward(InferContext& c) {
  const Shape& given = c.input(0);
  if (given.has_rank() && given.rank() != 4)
    throw InvalidArgumentError("tensor_in must be 4-dimensional, got shape ",
                               given.debug_string());
  const auto& ratios = c.attr<std::vector<float>>("pooling_ratio");
  if (ratios.size() != 4)
    throw InvalidArgumentError(
        "pooling_ratio field must specify 4 dimensions, got ", ratios.size());
  for (float ratio : ratios)
    if (!(ratio >= 1))
      throw InvalidArgumentError(
          "pooling_ratio cannot be smaller than 1, got: ", ratio);
  const char* kind = c.op().name == "FractionalMaxPool" ? "max" : "average";
  if (ratios[0] != 1 || ratios[3] != 1)
    throw UnimplementedError("Fractional ",
                             kind,
                             " pooling is not yet supported on the batch nor "
                             "channel dimension.");
  if (!c.attr<bool>("deterministic") &&
      (c.attr<std::int64_t>("seed") != 0 || c.attr<std::int64_t>("seed2") != 0))
    throw InvalidArgumentError(
        "Both seed and seed2 should be 0 if deterministic is false.");
  Shape output = image_input(c, 0, 4);
  for (int i : {1, 2}) {
    if (output[i] < 0) continue;
    float ratio = ratios[static_cast<std::size_t>(i)];
    auto size = static_cast<std::int64_t>(
        std::floor(static_cast<float>(output[i]) / ratio));
    if (size < 1)
      throw InvalidArgumentError(
          "Pooling ratio is higher than input dimension size for dimension ",
          i,
          ". Input dim size: ",
          output[i],
          " pooling ratio: ",
          ratio);
    output.set_dim(i, size);
  }
  c.set_output(0, output);
  for (int i : {1, 2}) c.set_output(i, {output[i] < 0 ? -1 : output[i] + 1});
}

/// Each sequence has an entry more than there are outputs.
void check_sequences(const InferContext& c, int dy, int rows) {
  const Shape& gradient = c.with_rank(dy, 4);
  for (int i : {0, 1}) {
    const Shape& sequence = c.with_rank(rows + i, 1);
    if (gradient.has_rank() && sequence.has_rank() && sequence[0] >= 0 &&
        gradient[i + 1] >= 0 && sequence[0] <= gradient[i + 1])
      throw InvalidArgumentError("Given out_backprop shape ",
                                 gradient.debug_string(),
                                 ", ",
                                 i == 0 ? "row" : "col",
                                 "_pooling_sequence must have at least ",
                                 gradient[i + 1] + 1,
                                 " elements, but got ",
                                 sequence[0]);
  }
}

void infer_max_grad(InferContext& c) {
  Shape input = image_input(c, 0, 4), output = image_input(c, 1, 4);
  if (!c.input(2).is_compatible_with(output))
    throw InvalidArgumentError(
        "orig_output and out_backprop must have the "
        "same shape, got ",
        output.debug_string(),
        " and ",
        c.input(2).debug_string());
  check_sequences(c, 2, 3);
  c.set_output(0, input);
}

void infer_average_grad(InferContext& c) {
  check_sequences(c, 1, 2);
  c.set_output(0, shape_from_sizes(c, 0, 4));
}

void add_forward(OpRegistry& registry, const char* name, GradFunction grad) {
  OpBuilder op = registry.add(name);
  op.input("value: T")
      .output("output: T")
      .output("row_pooling_sequence: int64")
      .output("col_pooling_sequence: int64")
      .attr("pooling_ratio: list(float) >= 4")
      .attr("pseudo_random: bool = false")
      .attr("overlapping: bool = false")
      .attr("deterministic: bool = false")
      .attr("seed: int = 0")
      .attr("seed2: int = 0")
      .attr("T: {float, double, int32, int64}")
      .infer(infer_forward)
      .grad(std::move(grad));
}

}  // namespace

void register_fractional_pooling_ops(OpRegistry& registry) {
  add_forward(registry, "FractionalMaxPool", [](GradContext& g) {
    g.set(
        0,
        raw<"FractionalMaxPoolGrad">(
            Tensors{g.input(0), g.output(0), g.dy(0), g.output(1), g.output(2)},
            {{"overlapping", g.attr<bool>("overlapping")}}));
  });
  add_forward(registry, "FractionalAvgPool", [](GradContext& g) {
    Tensor shape = raw<"Cast">(shape_of(g.input(0)), {{"DstT", int64}});
    g.set(0,
          raw<"FractionalAvgPoolGrad">(
              Tensors{shape, g.dy(0), g.output(1), g.output(2)},
              {{"overlapping", g.attr<bool>("overlapping")}}));
  });
  registry.add("FractionalMaxPoolGrad")
      .input("orig_input: T")
      .input("orig_output: T")
      .input("out_backprop: T")
      .input("row_pooling_sequence: int64")
      .input("col_pooling_sequence: int64")
      .output("output: T")
      .attr("overlapping: bool = false")
      .attr("T: {float, double, int32, int64}")
      .infer(infer_max_grad);
  registry.add("FractionalAvgPoolGrad")
      .input("orig_input_tensor_shape: int64")
      .input("out_backprop: T")
      .input("row_pooling_sequence: int64")
      .input("col_pooling_sequence: int64")
      .output("output: T")
      .attr("overlapping: bool = false")
      .attr("T: {float, double, int32, int64}")
      .host("orig_input_tensor_shape")
      .infer(infer_average_grad);
}

}  // namespace tern
