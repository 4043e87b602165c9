// resize_images.cc: image::resize, which picks the op for a method.

#include "ops/apply.h"
#include "ops/array/shape_tensors.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"
#include "tern/ops/image.h"
#include "tern/ops/math.h"

namespace tern {
namespace {

/// [height, width] of images [batch, height, width, channels], float32.
Tensor float_size_of(const Tensor& images) {
  return cast(dims_of(shape_of(images), 1, 3), float32);
}

/// The largest size within `size` that has the images' proportions.
Tensor proportional_size(const Tensor& images, const Tensor& size) {
  Tensor from = float_size_of(images);
  Tensor scale = reduce_min(cast(size, float32) / from);
  return cast(round(scale * from), int32);
}

Tensor sample(const Tensor& images,
              const Tensor& size,
              const std::string& kernel,
              bool antialias) {
  Tensor scale = cast(size, float32) / float_size_of(images);
  return raw<"ScaleAndTranslate">(
      images,
      size,
      scale,
      zeros({2}),
      {{"kernel_type", kernel}, {"antialias", antialias}});
}

Tensor resize_batch(const Tensor& images,
                    const Tensor& size,
                    const image::ResizeOptions& options) {
  const std::string& method = options.method;
  if (method == "bilinear") {
    if (options.antialias) return sample(images, size, "triangle", true);
    return raw<"ResizeBilinear">(images, size, {{"half_pixel_centers", true}});
  }
  if (method == "nearest")
    return raw<"ResizeNearestNeighbor">(
        images, size, {{"half_pixel_centers", true}});
  if (method == "bicubic") {
    if (options.antialias) return sample(images, size, "keyscubic", true);
    return raw<"ResizeBicubic">(images, size, {{"half_pixel_centers", true}});
  }
  if (method == "area") return raw<"ResizeArea">(images, size);
  for (const char* kernel :
       {"lanczos3", "lanczos5", "gaussian", "mitchellcubic"})
    if (method == kernel)
      return sample(images, size, kernel, options.antialias);
  throw InvalidArgumentError("Resize method is not implemented: ", method);
}

}  // namespace

Tensor image::resize(const Tensor& images,
                     const Tensor& size,
                     const ResizeOptions& options) {
  const Shape& shape = images.shape();
  if (!shape.has_rank())
    throw InvalidArgumentError("'images' contains no shape.");
  if (shape.rank() != 3 && shape.rank() != 4)
    throw InvalidArgumentError(
        "'images' must have either 3 or 4 dimensions, got shape ", shape);
  bool is_batch = shape.rank() == 4;
  Tensor batch = is_batch ? images : expand_dims(images, 0);
  Tensor target = size.dtype() == int64 ? cast(size, int32) : size;
  if (!target.shape().is_compatible_with({2}))
    throw InvalidArgumentError(
        "'size' must be a 1-D Tensor of 2 elements: new_height, new_width, "
        "got shape ",
        target.shape());
  if (options.preserve_aspect_ratio) target = proportional_size(batch, target);
  Tensor resized = resize_batch(batch, target, options);
  return is_batch ? resized : squeeze(resized, 0);
}

}  // namespace tern
