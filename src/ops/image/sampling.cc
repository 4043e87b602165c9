// sampling.cc: parts of images: boxes, glimpses, projections.

#include <string>

#include "ops/apply.h"
#include "ops/array/shape_tensors.h"
#include "ops/grad_context.h"
#include "ops/image/image_shapes.h"
#include "ops/infer_context.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"
#include "tern/ops/image.h"
#include "tern/ops/math.h"

namespace tern {
namespace {

/// boxes [n, 4] and the images they lie in [n], from input `first` on. Gives n,
/// -1 where not known.
std::int64_t box_count(const InferContext& c, int first) {
  const Shape& boxes = c.with_rank(first, 2);
  const Shape& indices = c.with_rank(first + 1, 1);
  if (boxes.has_rank() && boxes[1] >= 0 && boxes[1] != 4)
    throw InvalidArgumentError(
        "Dimension must be 4 but is ", boxes[1], ": boxes must have 4 columns");
  std::int64_t count = boxes.has_rank() ? boxes[0] : -1;
  if (!indices.has_rank()) return count;
  check_equal_dims(count, indices[0]);
  return count >= 0 ? count : indices[0];
}

void infer_crop_and_resize(InferContext& c) {
  const Shape& image = c.with_rank(0, 4);
  if (image.has_rank() && (image[1] == 0 || image[2] == 0))
    throw InvalidArgumentError("image dimensions must be positive, got ",
                               image.debug_string());
  std::int64_t boxes = box_count(c, 1);
  Shape size = positive_sizes(c, 3, 2);
  c.set_output(0, {boxes, size[0], size[1], image.has_rank() ? image[3] : -1});
}

/// grads [n, height, width, channels], n being the boxes.
const Shape& crop_gradients(const InferContext& c, std::int64_t boxes) {
  const Shape& grads = c.with_rank(0, 4);
  if (!grads.has_rank()) return grads;
  if (grads[1] == 0 || grads[2] == 0)
    throw InvalidArgumentError("grads dimensions must be positive, got ",
                               grads.debug_string());
  if (boxes >= 0 && grads[0] >= 0 && grads[0] != boxes)
    throw InvalidArgumentError("boxes and grads have incompatible shape: ",
                               boxes,
                               " boxes, grads ",
                               grads.debug_string());
  return grads;
}

void infer_crop_gradient_by_image(InferContext& c) {
  const Shape& grads = crop_gradients(c, box_count(c, 1));
  const Shape& size = c.with_rank(3, 1);
  if (size.has_rank() && size[0] >= 0 && size[0] != 4)
    throw InvalidArgumentError("image_size must have 4 elements, got ",
                               size.debug_string());
  Shape image = c.value_as_partial_shape(3);
  if (image.rank() != 4) return c.set_output(0, Shape::unknown_dims(4));
  if (image[1] == 0 || image[2] == 0)
    throw InvalidArgumentError("image dimensions must be positive, got ",
                               image.debug_string());
  if (grads.has_rank() && grads[3] >= 0 && image[3] >= 0 &&
      grads[3] != image[3])
    throw InvalidArgumentError("image_size and grads are incompatible: ",
                               image.debug_string(),
                               ", ",
                               grads.debug_string());
  c.set_output(0, image);
}

void infer_crop_gradient_by_boxes(InferContext& c) {
  std::int64_t boxes = box_count(c, 2);
  const Shape& grads = crop_gradients(c, boxes);
  const Shape& image = c.with_rank(1, 4);
  if (image.has_rank()) {
    if (image[1] == 0 || image[2] == 0)
      throw InvalidArgumentError("image dimensions must be positive, got ",
                                 image.debug_string());
    if (grads.has_rank() && grads[3] >= 0 && image[3] >= 0 &&
        grads[3] != image[3])
      throw InvalidArgumentError("image, grads depth differ: ",
                                 image.debug_string(),
                                 ", ",
                                 grads.debug_string());
  }
  c.set_output(0, {boxes, 4});
}

void crop_and_resize_gradient(GradContext& g) {
  const Tensor& image = g.input(0);
  bool has_kernel = image.dtype() == float16 || image.dtype() == float32 ||
                    image.dtype() == float64;
  if (g.needs(0) && has_kernel)
    g.set(
        0,
        raw<"CropAndResizeGradImage">(
            g.dy(),
            g.input(1),
            g.input(2),
            shape_of(image),
            {{"T", image.dtype()}, {"method", g.attr<std::string>("method")}}));
  // By boxes, that of bilinear sampling stands for that of nearest pixels,
  // which is 0 almost everywhere.
  if (g.needs(1))
    g.set(1,
          raw<"CropAndResizeGradBoxes">(g.dy(), image, g.input(1), g.input(2)));
}

void infer_glimpse(InferContext& c) {
  const Shape& input = c.with_rank(0, 4);
  const Shape& size = c.with_rank(1, 1);
  const Shape& offsets = c.with_rank(2, 2);
  if (size.has_rank() && size[0] >= 0 && size[0] != 2)
    throw InvalidArgumentError(
        "input must be a vector of size 2 (height, width), got ",
        size.debug_string());
  std::int64_t batch = input.has_rank() ? input[0] : -1;
  if (offsets.has_rank()) {
    check_equal_dims(batch, offsets[0]);
    if (batch < 0) batch = offsets[0];
    if (offsets[1] >= 0 && offsets[1] != 2)
      throw InvalidArgumentError(
          "second dimension should be of size 2 (y,x), got ",
          offsets.debug_string());
  }
  Shape window = c.value_as_partial_shape(1);
  if (window.rank() != 2) window = Shape::unknown_dims(2);
  if (auto values = c.value_as_ints(1))
    for (std::int64_t value : *values)
      if (value < 0)
        throw InvalidArgumentError("Expected a non-negative size, got ", value);
  c.set_output(0,
               {batch, window[0], window[1], input.has_rank() ? input[3] : -1});
}

void infer_projection(InferContext& c) {
  const Shape& images = c.with_rank(0, 4);
  const Shape& transforms = c.with_rank(1, 2);
  if (transforms.has_rank()) {
    bool fits = transforms[0] < 0 || transforms[0] == 1 || !images.has_rank() ||
                images[0] < 0 || transforms[0] == images[0];
    if (!fits || (transforms[1] >= 0 && transforms[1] != 8))
      throw InvalidArgumentError(
          "Input transform should be num_images x 8 or 1 x 8, got ",
          transforms.debug_string());
  }
  if (c.num_inputs() > 3) c.with_rank(3, 0);
  c.set_output(0, resized_images(images, positive_sizes(c, 2, 2)));
}

/// The homographies that lead back: matrices with 1 in their last entry,
/// [n, 8], as those given.
Tensor inverse_transforms(const Tensor& transforms) {
  Tensor entries = pad(transforms, {{0, 0}, {0, 1}}, {.constant_values = 1.0f});
  Tensor inverse = raw<"MatrixInverse">(reshape(entries, {-1, 3, 3}));
  Tensor flat = reshape(inverse, {-1, 9});
  return flat[{ellipsis, Slice{.stop = 8}}] / flat[{ellipsis, Slice{8}}];
}

/// TensorFlow's: the gradients projected back, which is what they are for
/// whole pixels only.
void projection_gradient(GradContext& g) {
  if (!g.input(0).dtype().is_floating()) return;
  g.set(0,
        raw<"ImageProjectiveTransformV3">(
            g.dy(),
            inverse_transforms(g.input(1)),
            dims_of(shape_of(g.input(0)), 1, 3),
            Tensor(0.0f),
            {{"interpolation", g.attr<std::string>("interpolation")},
             {"fill_mode", g.attr<std::string>("fill_mode")}}));
}

void add_glimpse_op(OpRegistry& registry, const char* name, bool no_gradient) {
  OpBuilder op = registry.add(name);
  op.input("input: float")
      .input("size: int32")
      .input("offsets: float")
      .output("glimpse: float")
      .attr("centered: bool = true")
      .attr("normalized: bool = true")
      .attr("uniform_noise: bool = true")
      .attr("noise: string = 'uniform'")
      .host("size")
      .infer(infer_glimpse);
  if (no_gradient) op.no_grad();
}

void add_projection_op(OpRegistry& registry,
                       const char* name,
                       bool has_fill_value) {
  OpBuilder op = registry.add(name);
  op.input("images: dtype")
      .input("transforms: float")
      .input("output_shape: int32");
  if (has_fill_value) op.input("fill_value: float");
  op.output("transformed_images: dtype")
      .attr("dtype: {uint8, int32, int64, half, bfloat16, float, double}")
      .attr("interpolation: string")
      .attr("fill_mode: string = 'CONSTANT'")
      .host("output_shape")
      .infer(infer_projection)
      .grad(projection_gradient)
      .grad_reads({"transforms"});
}

}  // namespace

void register_sampling_ops(OpRegistry& registry) {
  constexpr const char* kImageTypes =
      "T: {uint8, uint16, int8, int16, int32, int64, half, float, double}";
  constexpr const char* kMethods =
      "method: {'bilinear', 'nearest'} = 'bilinear'";
  registry.add("CropAndResize")
      .input("image: T")
      .input("boxes: float")
      .input("box_ind: int32")
      .input("crop_size: int32")
      .output("crops: float")
      .attr(kImageTypes)
      .attr(kMethods)
      .attr("extrapolation_value: float = 0")
      .host("crop_size")
      .infer(infer_crop_and_resize)
      .grad(crop_and_resize_gradient)
      .grad_reads({"image", "boxes", "box_ind"});
  registry.add("CropAndResizeGradImage")
      .input("grads: float")
      .input("boxes: float")
      .input("box_ind: int32")
      .input("image_size: int32")
      .output("output: T")
      .attr("T: {float, half, double}")
      .attr(kMethods)
      .host("image_size")
      .infer(infer_crop_gradient_by_image);
  registry.add("CropAndResizeGradBoxes")
      .input("grads: float")
      .input("image: T")
      .input("boxes: float")
      .input("box_ind: int32")
      .output("output: float")
      .attr(kImageTypes)
      .attr("method: {'bilinear'} = 'bilinear'")
      .infer(infer_crop_gradient_by_boxes);
  add_glimpse_op(registry, "ExtractGlimpse", /*no_gradient=*/true);
  add_glimpse_op(registry, "ExtractGlimpseV2", /*no_gradient=*/false);
  add_projection_op(registry, "ImageProjectiveTransformV2", false);
  add_projection_op(registry, "ImageProjectiveTransformV3", true);
}

Tensor image::crop_and_resize(const Tensor& image,
                              const Tensor& boxes,
                              const Tensor& box_indices,
                              const Tensor& crop_size,
                              const CropAndResizeOptions& options) {
  return raw<"CropAndResize">(
      image,
      boxes,
      box_indices,
      crop_size,
      {{"method", options.method},
       {"extrapolation_value", options.extrapolation_value}});
}

Tensor image::extract_glimpse(const Tensor& input,
                              const Tensor& size,
                              const Tensor& offsets,
                              const ExtractGlimpseOptions& options) {
  return raw<"ExtractGlimpseV2">(input,
                                 size,
                                 offsets,
                                 {{"centered", options.centered},
                                  {"normalized", options.normalized},
                                  {"uniform_noise", false},
                                  {"noise", options.noise}});
}

}  // namespace tern
