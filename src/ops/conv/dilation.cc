// Grey-scale dilation: the largest sum of an image and a filter.

#include "ops/apply.h"
#include "ops/conv/shape_rules.h"
#include "ops/grad_context.h"
#include "tern/core/error.h"

namespace tern {
namespace {

/// input [batch, height, width, depth], filter [height, width, depth].
Shape dilated(const InferContext& c, const Shape& input, const Shape& filter) {
  SlidingWindow window = SlidingWindow::of(c);
  auto check = [](const std::vector<std::int64_t>& list, const char* what) {
    if (list.size() != 4)
      throw InvalidArgumentError(
          what, " attribute must contain 4 values, but got: ", list.size());
    if (list[0] != 1 || list[3] != 1)
      throw UnimplementedError(what,
                               " is only supported across spatial dimensions.");
  };
  check(window.strides, "Stride");
  check(window.dilations, "Rate");
  if (input[3] >= 0 && filter[2] >= 0 && input[3] != filter[2])
    throw InvalidArgumentError("input and filter must have the same depth: ",
                               input[3],
                               " vs ",
                               filter[2]);
  Shape output = input;
  if (output[3] < 0) output.set_dim(3, filter[2]);
  for (int i : {1, 2})
    output.set_dim(i, window.output_size(i, input[i], filter[i - 1]));
  return output;
}

void infer_dilation(InferContext& c) {
  c.set_output(0, dilated(c, image_input(c, 0, 4), image_input(c, 1, 3)));
}

void infer_gradient(InferContext& c, int of) {
  Shape input = image_input(c, 0, 4), filter = image_input(c, 1, 3);
  Shape output = dilated(c, input, filter);
  if (!c.input(2).is_compatible_with(output))
    throw InvalidArgumentError("out_backprop has incompatible size: ",
                               c.input(2).debug_string(),
                               ", expected ",
                               output.debug_string());
  c.set_output(0, of == 0 ? input : filter);
}

template <detail::FixedString Op>
Tensor gradient(const GradContext& g) {
  return raw<Op>(g.input(0),
                 g.input(1),
                 g.dy(),
                 {{"strides", g.attr_value("strides")},
                  {"rates", g.attr_value("rates")},
                  {"padding", g.attr_value("padding")}});
}

void add_attrs(OpBuilder& op) {
  op.attr(
        "T: {float, double, int32, uint8, int16, int8, int64, bfloat16, "
        "uint16, half, uint32, uint64}")
      .attr("strides: list(int) >= 4")
      .attr("rates: list(int) >= 4")
      .attr("padding: {'SAME', 'VALID'}");
}

}  // namespace

void register_dilation_ops(OpRegistry& registry) {
  OpBuilder forward = registry.add("Dilation2D");
  forward.input("input: T").input("filter: T").output("output: T");
  add_attrs(forward);
  forward.infer(infer_dilation).grad([](GradContext& g) {
    if (g.needs(0)) g.set(0, gradient<"Dilation2DBackpropInput">(g));
    if (g.needs(1)) g.set(1, gradient<"Dilation2DBackpropFilter">(g));
  });
  auto add_gradient = [&](const char* name, const char* output, int of) {
    OpBuilder op = registry.add(name);
    op.input("input: T").input("filter: T").input("out_backprop: T");
    op.output(output);
    add_attrs(op);
    op.infer([of](InferContext& c) { infer_gradient(c, of); });
  };
  add_gradient("Dilation2DBackpropInput", "in_backprop: T", 0);
  add_gradient("Dilation2DBackpropFilter", "filter_backprop: T", 1);
}

}  // namespace tern
