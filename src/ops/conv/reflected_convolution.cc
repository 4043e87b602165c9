// Convolutions of images that are padded by their own reflection first, and
// maybe resized before that.

#include "ops/conv/shape_rules.h"
#include "tern/core/error.h"

namespace tern {
namespace {

/// Adds the rows of paddings [4, 2] where they are known.
Shape padded(const InferContext& c, Shape image, int input) {
  const Shape& given = c.with_rank(input, 2);
  if (given.is_fully_known() && !(given == Shape{4, 2}))
    throw InvalidArgumentError(
        "The first dimension of paddings must be the rank of inputs: 4 ",
        given.debug_string(),
        " ",
        image.debug_string());
  auto paddings = c.value_as_ints(input);
  std::int64_t offset = c.attr<std::string>("mode") == "REFLECT" ? 1 : 0;
  for (int i = 0; i < 4; ++i) {
    if (!paddings) {
      image.set_dim(i, i == 0 || i == 3 ? image[i] : -1);
      continue;
    }
    std::int64_t before = (*paddings)[static_cast<std::size_t>(2 * i)];
    std::int64_t after = (*paddings)[static_cast<std::size_t>(2 * i + 1)];
    if (before < 0 || after < 0)
      throw InvalidArgumentError(
          "paddings must be non-negative: ", before, " ", after);
    if (image[i] >= 0 && before + after > 0 &&
        std::max(before, after) > image[i] - offset)
      throw InvalidArgumentError(
          "paddings must be ",
          offset == 0 ? "no greater" : "less",
          " than the dimension size: ",
          before,
          ", ",
          after,
          offset == 0 ? " greater than " : " not less than ",
          image[i]);
    if ((i == 0 || i == 3) && before + after > 0)
      throw UnimplementedError(
          "paddings of the batch and depth dimensions must be 0");
    if (image[i] >= 0) image.set_dim(i, image[i] + before + after);
  }
  return image;
}

Shape convolved(const InferContext& c, const Shape& image, int filter_input) {
  SlidingWindow window = SlidingWindow::of(c);
  Shape filter = image_input(c, filter_input, 4);
  check_window_list(c.op(), window.strides, 4, false, "strides");
  if (image[3] >= 0 && filter[2] >= 0 && image[3] != filter[2])
    throw InvalidArgumentError("input and filter must have the same depth: ",
                               image[3],
                               " vs ",
                               filter[2]);
  Shape output = Shape::unknown_dims(4);
  output.set_dim(0, image[0]);
  output.set_dim(3, filter[3]);
  for (int i : {1, 2})
    output.set_dim(i, window.output_size(i, image[i], filter[i - 1]));
  return output;
}

void infer_pad(InferContext& c) {
  c.set_output(0, convolved(c, padded(c, image_input(c, 0, 4), 1), 2));
}

void infer_resize_pad(InferContext& c) {
  Shape image = image_input(c, 0, 4), size = shape_from_sizes(c, 1, 2);
  for (int i : {0, 1}) {
    if (size[i] == 0)
      throw InvalidArgumentError("output dimensions must be positive");
    image.set_dim(i + 1, size[i]);
  }
  c.set_output(0, convolved(c, padded(c, image, 2), 3));
}

void add_attrs(OpBuilder& op) {
  op.attr("mode: {'REFLECT', 'SYMMETRIC'}")
      .attr("strides: list(int)")
      .attr("padding: {'SAME', 'VALID'}");
}

}  // namespace

void register_reflected_convolution_ops(OpRegistry& registry) {
  OpBuilder pad = registry.add("FusedPadConv2D");
  pad.input("input: T")
      .input("paddings: int32")
      .input("filter: T")
      .output("output: T")
      .attr("T: {half, bfloat16, float, double}");
  add_attrs(pad);
  pad.host("paddings").infer(infer_pad);
  OpBuilder resize = registry.add("FusedResizeAndPadConv2D");
  resize.input("input: T")
      .input("size: int32")
      .input("paddings: int32")
      .input("filter: T")
      .output("output: T")
      .attr("T: {half, float, double}")
      .attr("resize_align_corners: bool = false");
  add_attrs(resize);
  resize.host({"size", "paddings"}).infer(infer_resize_pad);
}

}  // namespace tern
