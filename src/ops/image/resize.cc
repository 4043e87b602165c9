// resize.cc: images in other sizes. Images are [batch, height, width,
// channels].

#include <string>

#include "ops/apply.h"
#include "ops/array/shape_tensors.h"
#include "ops/grad_context.h"
#include "ops/image/image_shapes.h"
#include "ops/infer_context.h"
#include "tern/core/error.h"

namespace tern {
namespace {

constexpr const char* kImageTypes =
    "T: {int8, uint8, int16, uint16, int32, int64, half, float, double, "
    "bfloat16}";
constexpr const char* kAlignCorners = "align_corners: bool = false";
constexpr const char* kHalfPixels = "half_pixel_centers: bool = false";

void check_centers(const InferContext& c) {
  if (c.op().find_attr("half_pixel_centers") >= 0 &&
      c.attr<bool>("half_pixel_centers") && c.attr<bool>("align_corners"))
    throw InvalidArgumentError(
        "If half_pixel_centers is True, align_corners must be False.");
}

/// Inputs: images, size.
void infer_resize(InferContext& c) {
  check_centers(c);
  c.set_output(
      0, resized_images(images_with_pixels(c, 0), positive_sizes(c, 1, 2)));
}

/// Inputs: gradients of the resized images, the original ones.
void infer_resize_gradient(InferContext& c) {
  if (c.op().find_attr("align_corners") >= 0) check_centers(c);
  const Shape& gradients = images_with_pixels(c, 0);
  const Shape& original = images_with_pixels(c, 1);
  if (gradients.has_rank() && original.has_rank()) {
    check_equal_dims(gradients[0], original[0]);
    check_equal_dims(gradients[3], original[3]);
  }
  c.set_output(0, original.has_rank() ? original : Shape::unknown_dims(4));
}

/// The gradient op takes the attrs of the op itself.
template <detail::FixedString Gradient>
void resize_gradient(GradContext& g) {
  DType dtype = g.input(0).dtype();
  if (!dtype.is_floating()) return;
  g.set(0,
        raw<Gradient>(
            g.dy(),
            g.input(0),
            {{"align_corners", g.attr<bool>("align_corners")},
             {"half_pixel_centers", g.attr<bool>("half_pixel_centers")}}));
}

void bicubic_gradient(GradContext& g) {
  // As in TensorFlow, narrow floats have none.
  DType dtype = g.input(0).dtype();
  if (dtype == float32 || dtype == float64)
    resize_gradient<"ResizeBicubicGrad">(g);
}

void nearest_gradient(GradContext& g) {
  g.set(0,
        raw<"ResizeNearestNeighborGrad">(
            g.dy(),
            dims_of(shape_of(g.input(0)), 1, 3),
            {{"align_corners", g.attr<bool>("align_corners")},
             {"half_pixel_centers", g.attr<bool>("half_pixel_centers")}}));
}

void add_resize_op(OpRegistry& registry,
                   const char* name,
                   const char* output_type,
                   GradFunction gradient) {
  OpBuilder op = registry.add(name);
  op.input("images: T")
      .input("size: int32")
      .output(std::string("resized_images: ") + output_type)
      .attr(kImageTypes)
      .attr(kAlignCorners)
      .host("size")
      .infer(infer_resize);
  if (!gradient) return;
  op.attr(kHalfPixels).grad(std::move(gradient));
}

void add_gradient_op(OpRegistry& registry,
                     const char* name,
                     const char* types,
                     bool no_gradient) {
  OpBuilder op = registry.add(name);
  op.input("grads: float")
      .input("original_image: T")
      .output("output: T")
      .attr(types)
      .attr(kAlignCorners)
      .attr(kHalfPixels)
      .infer(infer_resize_gradient);
  if (no_gradient) op.no_grad();
}

/// Inputs scale and translation, two numbers each, from input `first` on.
void check_scale(const InferContext& c, int first) {
  for (int i : {first, first + 1}) {
    const Shape& shape = c.with_rank(i, 1);
    if (shape.has_rank() && shape[0] >= 0 && shape[0] != 2)
      throw InvalidArgumentError("t must have two elements, got ",
                                 shape.debug_string());
  }
  Tensor scale = c.value(first);
  if (!scale.defined()) return;
  for (float s : scale.values<float>())
    if (!(s > 0))
      throw InvalidArgumentError("Scale must be greater than zero.");
}

void scale_and_translate_gradient(GradContext& g) {
  const Tensor& images = g.input(0);
  if (!images.dtype().is_floating()) return;
  // The gradient op knows float32 alone.
  auto cast = [](const Tensor& x, DType dtype) {
    return x.dtype() == dtype ? x : raw<"Cast">(x, {{"DstT", dtype}});
  };
  Tensor gradient = raw<"ScaleAndTranslateGrad">(
      g.dy(),
      cast(images, float32),
      g.input(2),
      g.input(3),
      {{"kernel_type", g.attr<std::string>("kernel_type")},
       {"antialias", g.attr<bool>("antialias")}});
  g.set(0, cast(gradient, images.dtype()));
}

}  // namespace

void register_resize_ops(OpRegistry& registry) {
  add_resize_op(registry,
                "ResizeBilinear",
                "float",
                resize_gradient<"ResizeBilinearGrad">);
  add_resize_op(registry, "ResizeBicubic", "float", bicubic_gradient);
  add_resize_op(registry, "ResizeNearestNeighbor", "T", nearest_gradient);
  add_resize_op(registry, "ResizeArea", "float", nullptr);
  add_gradient_op(registry,
                  "ResizeBilinearGrad",
                  "T: {float, bfloat16, half, double}",
                  /*no_gradient=*/true);
  add_gradient_op(registry,
                  "ResizeBicubicGrad",
                  "T: {float, double}",
                  /*no_gradient=*/false);
  registry.add("ResizeNearestNeighborGrad")
      .input("grads: T")
      .input("size: int32")
      .output("output: T")
      .attr("T: {uint8, int8, int32, half, float, double, bfloat16}")
      .attr(kAlignCorners)
      .attr(kHalfPixels)
      .host("size")
      .infer(infer_resize);

  registry.add("ScaleAndTranslate")
      .input("images: T")
      .input("size: int32")
      .input("scale: float")
      .input("translation: float")
      .output("resized_images: float")
      .attr(
          "T: {int8, uint8, int16, uint16, int32, int64, bfloat16, half, "
          "float, double}")
      .attr("kernel_type: string = 'lanczos3'")
      .attr("antialias: bool = true")
      .host({"size", "scale", "translation"})
      .infer([](InferContext& c) {
        check_scale(c, 2);
        c.set_output(
            0,
            resized_images(images_with_pixels(c, 0), positive_sizes(c, 1, 2)));
      })
      .grad(scale_and_translate_gradient);
  registry.add("ScaleAndTranslateGrad")
      .input("grads: T")
      .input("original_image: T")
      .input("scale: float")
      .input("translation: float")
      .output("output: T")
      .attr("T: {float}")
      .attr("kernel_type: string = 'lanczos3'")
      .attr("antialias: bool = true")
      .host({"scale", "translation"})
      .infer([](InferContext& c) {
        check_scale(c, 2);
        infer_resize_gradient(c);
      });

  registry.add("QuantizedResizeBilinear")
      .input("images: T")
      .input("size: int32")
      .input("min: float")
      .input("max: float")
      .output("resized_images: T")
      .output("out_min: float")
      .output("out_max: float")
      .attr("T: {quint8, qint32, float}")
      .attr(kAlignCorners)
      .attr(kHalfPixels)
      .host("size")
      .infer([](InferContext& c) {
        c.with_rank(2, 0);
        c.with_rank(3, 0);
        infer_resize(c);
        c.set_output(1, Shape());
        c.set_output(2, Shape());
      });
}

}  // namespace tern
