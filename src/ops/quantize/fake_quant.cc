// fake_quant.cc: floats rounded to what a quantized dtype would hold, for
// training of what will be quantized.

#include "ops/apply.h"
#include "ops/grad_context.h"
#include "ops/infer_context.h"
#include "tern/core/error.h"
#include "tern/ops/quantization.h"

namespace tern {
namespace {

void check_bits(const InferContext& c) {
  auto bits = c.attr<std::int64_t>("num_bits");
  if (bits < 2 || bits > 16)
    throw InvalidArgumentError(
        "num_bits must be between 2 and 16, inclusive, got ", bits);
}

/// The last input before the range is what is rounded; min and max follow it.
void infer_fake_quant(InferContext& c) {
  check_bits(c);
  bool is_gradient = c.op().inputs[0].name == "gradients";
  int x = is_gradient ? 1 : 0;
  const Shape& shape = c.input(x);
  if (is_gradient && !c.input(0).is_compatible_with(shape))
    throw InvalidArgumentError("gradient and input must be the same size, got ",
                               c.input(0).debug_string(),
                               " and ",
                               shape.debug_string());
  c.set_output(0, shape);
  if (c.op().find_attr("min") >= 0) {
    float min = c.attr<float>("min"), max = c.attr<float>("max");
    if (!(min < max))
      throw InvalidArgumentError(
          "min has to be smaller than max, was: ", min, " >= ", max);
    return;
  }
  Shape range;
  if (c.op().name.find("PerChannel") != std::string::npos) {
    range = {-1};
    if (shape.has_rank()) {
      if (shape.rank() < 1)
        throw InvalidArgumentError(
            "Shape must be at least rank 1 but is rank 0");
      range = {shape[-1]};
    }
  }
  for (int i : {x + 1, x + 2}) {
    if (!range.is_compatible_with(c.input(i)))
      throw InvalidArgumentError(
          c.op().inputs[static_cast<std::size_t>(i)].name,
          " has incorrect shape, expected ",
          range.debug_string(),
          " was ",
          c.input(i).debug_string());
    if (c.input(i).has_rank()) range = range.merge(c.input(i));
  }
  if (is_gradient) {
    c.set_output(1, range);
    c.set_output(2, range);
  }
}

void args_gradient(GradContext& g) {
  g.set(0,
        raw<"FakeQuantWithMinMaxArgsGradient">(
            g.dy(),
            g.input(0),
            {{"min", g.attr<float>("min")},
             {"max", g.attr<float>("max")},
             {"num_bits", g.attr<std::int64_t>("num_bits")},
             {"narrow_range", g.attr<bool>("narrow_range")}}));
}

template <detail::FixedString Gradient>
void vars_gradient(GradContext& g) {
  Tensors gradients =
      raw<Gradient>.outputs({g.dy(), g.input(0), g.input(1), g.input(2)},
                            {{"num_bits", g.attr<std::int64_t>("num_bits")},
                             {"narrow_range", g.attr<bool>("narrow_range")}});
  for (int i = 0; i < 3; ++i) g.set(i, gradients[static_cast<std::size_t>(i)]);
}

void add_args_op(OpRegistry& registry, bool is_gradient) {
  OpBuilder op = registry.add(is_gradient ? "FakeQuantWithMinMaxArgsGradient"
                                          : "FakeQuantWithMinMaxArgs");
  if (is_gradient) op.input("gradients: float");
  op.input("inputs: float")
      .output(is_gradient ? "backprops: float" : "outputs: float")
      .attr("min: float = -6")
      .attr("max: float = 6")
      .attr("num_bits: int = 8")
      .attr("narrow_range: bool = false")
      .infer(infer_fake_quant);
  if (is_gradient)
    op.no_grad();
  else
    op.grad(args_gradient).grad_reads({"inputs"});
}

void add_vars_op(OpRegistry& registry,
                 const char* name,
                 GradFunction gradient) {
  OpBuilder op = registry.add(name);
  if (!gradient) op.input("gradients: float");
  op.input("inputs: float").input("min: float").input("max: float");
  if (gradient)
    op.output("outputs: float");
  else
    op.output("backprops_wrt_input: float")
        .output("backprop_wrt_min: float")
        .output("backprop_wrt_max: float");
  op.attr("num_bits: int = 8")
      .attr("narrow_range: bool = false")
      .infer(infer_fake_quant);
  if (gradient)
    op.grad(std::move(gradient)).grad_reads({"inputs", "min", "max"});
  else
    op.no_grad();
}

}  // namespace

void register_fake_quant_ops(OpRegistry& registry) {
  add_args_op(registry, /*is_gradient=*/false);
  add_args_op(registry, /*is_gradient=*/true);
  add_vars_op(registry,
              "FakeQuantWithMinMaxVars",
              vars_gradient<"FakeQuantWithMinMaxVarsGradient">);
  add_vars_op(registry, "FakeQuantWithMinMaxVarsGradient", nullptr);
  add_vars_op(registry,
              "FakeQuantWithMinMaxVarsPerChannel",
              vars_gradient<"FakeQuantWithMinMaxVarsPerChannelGradient">);
  add_vars_op(registry, "FakeQuantWithMinMaxVarsPerChannelGradient", nullptr);
}

namespace quantization {

Tensor fake_quant_with_min_max_args(const Tensor& inputs,
                                    const FakeQuantArgsOptions& options) {
  return raw<"FakeQuantWithMinMaxArgs">(
      inputs,
      {{"min", options.min},
       {"max", options.max},
       {"num_bits", options.num_bits},
       {"narrow_range", options.narrow_range}});
}

Tensor fake_quant_with_min_max_vars(const Tensor& inputs,
                                    const Tensor& min,
                                    const Tensor& max,
                                    const FakeQuantOptions& options) {
  return raw<"FakeQuantWithMinMaxVars">(
      inputs,
      min,
      max,
      {{"num_bits", options.num_bits}, {"narrow_range", options.narrow_range}});
}

Tensor fake_quant_with_min_max_vars_per_channel(
    const Tensor& inputs,
    const Tensor& min,
    const Tensor& max,
    const FakeQuantOptions& options) {
  return raw<"FakeQuantWithMinMaxVarsPerChannel">(
      inputs,
      min,
      max,
      {{"num_bits", options.num_bits}, {"narrow_range", options.narrow_range}});
}

}  // namespace quantization
}  // namespace tern
