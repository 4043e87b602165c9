// Depthwise convolutions: each input channel has filters of its own.

#include <vector>

#include "ops/apply.h"
#include "ops/array/shape_tensors.h"
#include "ops/conv/shape_rules.h"
#include "ops/grad_context.h"
#include "tern/core/error.h"

namespace tern {
namespace {

/// filter: [height, width, in_channels, multiplier].
Shape convolved_depthwise(const InferContext& c,
                          const SlidingWindow& window,
                          const Shape& input,
                          const Shape& filter) {
  check_window_list(
      c.op(), window.strides, 4, window.channels_first, "strides");
  if (window.strides[static_cast<std::size_t>(window.spatial_dim(0))] !=
      window.strides[static_cast<std::size_t>(window.spatial_dim(1))])
    throw InvalidArgumentError(
        "Current implementation only supports equal length strides in the row "
        "and column dimensions.");
  check_window_list(
      c.op(), window.dilations, 4, window.channels_first, "dilations");
  check_explicit_paddings(window, 4);
  int channels = window.channel_dim(4);
  if (input[channels] >= 0 && filter[2] >= 0 && input[channels] != filter[2])
    throw InvalidArgumentError("input and filter must have the same depth: ",
                               input[channels],
                               " vs ",
                               filter[2],
                               ". Dimensions must be equal, but are ",
                               input[channels],
                               " and ",
                               filter[2]);
  Shape output = Shape::unknown_dims(4);
  output.set_dim(0, input[0]);
  std::int64_t depth = input[channels] >= 0 ? input[channels] : filter[2];
  if (depth >= 0 && filter[3] >= 0) output.set_dim(channels, depth * filter[3]);
  for (int i : {0, 1}) {
    int d = window.spatial_dim(i);
    output.set_dim(d, window.output_size(d, input[d], filter[i]));
  }
  return output;
}

void check_out_backprop(const InferContext& c,
                        const SlidingWindow& window,
                        const Shape& input,
                        const Shape& filter) {
  Shape dy = image_input(c, 2, 4);
  Shape output = convolved_depthwise(c, window, input, filter);
  if (!output.is_compatible_with(dy))
    throw InvalidArgumentError(c.op().name,
                               ": out_backprop must have shape ",
                               output.debug_string(),
                               ", got ",
                               dy.debug_string());
}

void infer_forward(InferContext& c) {
  c.set_output(
      0,
      convolved_depthwise(
          c, SlidingWindow::of(c), image_input(c, 0, 4), image_input(c, 1, 4)));
}

void infer_backprop_input(InferContext& c) {
  SlidingWindow window = SlidingWindow::of(c);
  Shape input = shape_from_sizes(c, 0, 4), filter = image_input(c, 1, 4);
  check_out_backprop(c, window, input, filter);
  c.set_output(0, input);
}

void infer_backprop_filter(InferContext& c) {
  SlidingWindow window = SlidingWindow::of(c);
  Shape input = image_input(c, 0, 4), filter = shape_from_sizes(c, 1, 4);
  check_out_backprop(c, window, input, filter);
  c.set_output(0, filter);
}

/// The ops of the family take the same attrs.
template <detail::FixedString Op>
Tensor call(const GradContext& g,
            const Tensor& a,
            const Tensor& b,
            const Tensor& c = {}) {
  Tensors inputs = {a, b};
  if (c.defined()) inputs.push_back(c);
  return raw<Op>(inputs,
                 {{"strides", g.attr_value("strides")},
                  {"padding", g.attr_value("padding")},
                  {"explicit_paddings", g.attr_value("explicit_paddings")},
                  {"data_format", g.attr_value("data_format")},
                  {"dilations", g.attr_value("dilations")}});
}

void forward_grad(GradContext& g) {
  if (g.needs(0))
    g.set(0,
          call<"DepthwiseConv2dNativeBackpropInput">(
              g, shape_of(g.input(0)), g.input(1), g.dy()));
  if (g.needs(1))
    g.set(1,
          call<"DepthwiseConv2dNativeBackpropFilter">(
              g, g.input(0), shape_of(g.input(1)), g.dy()));
}

void backprop_input_grad(GradContext& g) {
  if (g.needs(1))
    g.set(1,
          call<"DepthwiseConv2dNativeBackpropFilter">(
              g, g.dy(), shape_of(g.input(1)), g.input(2)));
  if (g.needs(2))
    g.set(2, call<"DepthwiseConv2dNative">(g, g.dy(), g.input(1)));
}

void backprop_filter_grad(GradContext& g) {
  if (g.needs(0))
    g.set(0,
          call<"DepthwiseConv2dNativeBackpropInput">(
              g, shape_of(g.input(0)), g.dy(), g.input(2)));
  if (g.needs(2))
    g.set(2, call<"DepthwiseConv2dNative">(g, g.input(0), g.dy()));
}

void add_attrs(OpBuilder& op) {
  op.output("output: T")
      .attr("T: {half, bfloat16, float, double}")
      .attr("strides: list(int)")
      .attr("padding: {'SAME', 'VALID', 'EXPLICIT'}")
      .attr("explicit_paddings: list(int) = []")
      .attr("data_format: {'NHWC', 'NCHW'} = 'NHWC'")
      .attr("dilations: list(int) = [1, 1, 1, 1]");
}

}  // namespace

void register_depthwise_ops(OpRegistry& registry) {
  OpBuilder forward = registry.add("DepthwiseConv2dNative");
  forward.input("input: T").input("filter: T");
  add_attrs(forward);
  forward.infer(infer_forward).grad(forward_grad);

  OpBuilder input = registry.add("DepthwiseConv2dNativeBackpropInput");
  input.input("input_sizes: int32").input("filter: T").input("out_backprop: T");
  add_attrs(input);
  input.host("input_sizes")
      .infer(infer_backprop_input)
      .grad(backprop_input_grad)
      .grad_reads({"filter", "out_backprop"});

  OpBuilder filter = registry.add("DepthwiseConv2dNativeBackpropFilter");
  filter.input("input: T")
      .input("filter_sizes: int32")
      .input("out_backprop: T");
  add_attrs(filter);
  filter.host("filter_sizes")
      .infer(infer_backprop_filter)
      .grad(backprop_filter_grad)
      .grad_reads({"input", "out_backprop"});
}

}  // namespace tern
