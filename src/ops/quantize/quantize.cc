// quantize.cc: floats as integers of few bits, and back.

#include "ops/apply.h"
#include "ops/grad_context.h"
#include "ops/infer_context.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"
#include "tern/ops/quantization.h"

namespace tern {
namespace {

constexpr const char* kQuantized =
    "T: {qint8, quint8, qint32, qint16, quint16}";
constexpr const char* kModes =
    "mode: {'MIN_COMBINED', 'MIN_FIRST', 'SCALED'} = 'MIN_COMBINED'";
constexpr const char* kNarrow = "narrow_range: bool = false";

/// Ranges are scalars, or hold a number for each slice along `axis`; gives
/// their shape.
Shape check_ranges(const InferContext& c, int first) {
  auto axis = c.attr<std::int64_t>("axis");
  const Shape& input = c.input(first == 2 ? 1 : 0);
  if (axis < -1)
    throw InvalidArgumentError("axis should be at least -1, got ", axis);
  if (input.has_rank() && axis >= input.rank())
    throw InvalidArgumentError(
        "Axis should be in [-1, ", input.rank(), "), got ", axis);
  Shape ranges;
  if (axis >= 0)
    ranges = {input.has_rank() ? input[static_cast<int>(axis)] : -1};
  for (int i : {first, first + 1}) {
    if (!ranges.is_compatible_with(c.input(i)))
      throw InvalidArgumentError(
          c.op().inputs[static_cast<std::size_t>(i)].name,
          " must have shape ",
          ranges.debug_string(),
          ", got ",
          c.input(i).debug_string());
    if (c.input(i).has_rank()) ranges = ranges.merge(c.input(i));
  }
  return ranges;
}

/// As TensorFlow.
void refuse_first_by_axis(const InferContext& c) {
  if (c.attr<std::string>("mode") == "MIN_FIRST" &&
      c.attr<std::int64_t>("axis") != -1)
    throw UnimplementedError(
        "MIN_FIRST mode is not implemented with axis != -1.");
}

void infer_quantized(InferContext& c) {
  refuse_first_by_axis(c);
  Shape ranges = check_ranges(c, 1);
  if (c.attr<std::string>("round_mode") == "HALF_TO_EVEN" &&
      c.attr<std::string>("mode") != "SCALED")
    throw InvalidArgumentError(
        "Round mode 'HALF_TO_EVEN' only supported for mode 'SCALED', but mode "
        "is '",
        c.attr<std::string>("mode"),
        "'.");
  c.set_output(0, c.input(0));
  c.set_output(1, ranges);
  c.set_output(2, ranges);
}

/// The gradient goes straight through the rounding.
void straight_through(GradContext& g) { g.set(0, g.dy()); }

void infer_rounded(InferContext& c) {
  bool has_axis = c.op().find_attr("axis") >= 0;
  if (has_axis && c.num_inputs() > 1 && c.attr<bool>("range_given"))
    check_ranges(c, 1);
  if (c.num_inputs() > 3) c.with_rank(3, 0);
  c.set_output(0, c.input(0));
}

void rounded_gradient_v4(GradContext& g) {
  Tensors gradients = raw<"QuantizeAndDequantizeV4Grad">.outputs(
      {g.dy(), g.input(0), g.input(1), g.input(2)},
      {{"axis", g.attr<std::int64_t>("axis")}});
  for (int i = 0; i < 3; ++i) g.set(i, gradients[static_cast<std::size_t>(i)]);
}

void add_rounding_op(OpRegistry& registry, int version) {
  OpBuilder op = registry.add(version == 1 ? "QuantizeAndDequantize"
                                           : "QuantizeAndDequantizeV" +
                                                 std::to_string(version));
  op.input("input: T");
  if (version > 1) op.input("input_min: T").input("input_max: T");
  if (version == 3) op.input("num_bits: int32").host("num_bits");
  op.output("output: T").attr("signed_input: bool = true");
  if (version != 3) op.attr("num_bits: int = 8");
  op.attr(version == 3 ? "range_given: bool = true"
                       : "range_given: bool = false");
  if (version == 1)
    op.attr("input_min: float = 0").attr("input_max: float = 0");
  op.attr("T: {bfloat16, half, float, double}");
  if (version == 2 || version == 4)
    op.attr("round_mode: {'HALF_TO_EVEN', 'HALF_UP'} = 'HALF_TO_EVEN'");
  if (version > 1) op.attr(kNarrow).attr("axis: int = -1");
  op.infer(infer_rounded);
  if (version == 4)
    op.grad(rounded_gradient_v4)
        .grad_reads({"input", "input_min", "input_max"});
  else
    op.grad(straight_through).grad_reads({});
}

}  // namespace

void register_quantize_ops(OpRegistry& registry) {
  registry.add("QuantizeV2")
      .input("input: float")
      .input("min_range: float")
      .input("max_range: float")
      .output("output: T")
      .output("output_min: float")
      .output("output_max: float")
      .attr(kQuantized)
      .attr(kModes)
      .attr(
          "round_mode: {'HALF_AWAY_FROM_ZERO', 'HALF_TO_EVEN'} = "
          "'HALF_AWAY_FROM_ZERO'")
      .attr(kNarrow)
      .attr("axis: int = -1")
      .attr("ensure_minimum_range: float = 0.01")
      .infer(infer_quantized);
  registry.add("Dequantize")
      .input("input: T")
      .input("min_range: float")
      .input("max_range: float")
      .output("output: dtype")
      .attr(kQuantized)
      .attr(kModes)
      .attr(kNarrow)
      .attr("axis: int = -1")
      .attr("dtype: {bfloat16, float} = DT_FLOAT")
      .infer([](InferContext& c) {
        refuse_first_by_axis(c);
        check_ranges(c, 1);
        c.set_output(0, c.input(0));
      });
  for (int version = 1; version <= 4; ++version)
    add_rounding_op(registry, version);
  registry.add("QuantizeAndDequantizeV4Grad")
      .input("gradients: T")
      .input("input: T")
      .input("input_min: T")
      .input("input_max: T")
      .output("input_backprop: T")
      .output("input_min_backprop: T")
      .output("input_max_backprop: T")
      .attr("T: {bfloat16, half, float, double}")
      .attr("axis: int = -1")
      .infer([](InferContext& c) {
        if (!c.input(0).is_compatible_with(c.input(1)))
          throw InvalidArgumentError(
              "gradient and input must be the same size, got ",
              c.input(0).debug_string(),
              " and ",
              c.input(1).debug_string());
        Shape ranges = check_ranges(c, 2);
        c.set_output(0, c.input(1));
        c.set_output(1, ranges);
        c.set_output(2, ranges);
      });
}

namespace quantization {

Quantized quantize(const Tensor& input,
                   const Tensor& min_range,
                   const Tensor& max_range,
                   DType T,
                   const QuantizeOptions& options) {
  Tensors outputs = raw<"QuantizeV2">.outputs(
      {input, min_range, max_range},
      {{"T", T},
       {"mode", options.mode},
       {"round_mode", options.round_mode},
       {"narrow_range", options.narrow_range},
       {"axis", options.axis},
       {"ensure_minimum_range", options.ensure_minimum_range}});
  return {outputs[0], outputs[1], outputs[2]};
}

Tensor dequantize(const Tensor& input,
                  const Tensor& min_range,
                  const Tensor& max_range,
                  const DequantizeOptions& options) {
  return raw<"Dequantize">(input,
                           min_range,
                           max_range,
                           {{"mode", options.mode},
                            {"narrow_range", options.narrow_range},
                            {"axis", options.axis},
                            {"dtype", options.dtype}});
}

Tensor quantize_and_dequantize_v2(const Tensor& input,
                                  const Tensor& input_min,
                                  const Tensor& input_max,
                                  const QuantizeAndDequantizeOptions& options) {
  return raw<"QuantizeAndDequantizeV4">(input,
                                        input_min,
                                        input_max,
                                        {{"signed_input", options.signed_input},
                                         {"num_bits", options.num_bits},
                                         {"range_given", options.range_given},
                                         {"round_mode", options.round_mode},
                                         {"narrow_range", options.narrow_range},
                                         {"axis", options.axis}});
}

}  // namespace quantization
}  // namespace tern
