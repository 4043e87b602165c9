// random_adjust.cc: images changed at random. Each change comes with a seed of
// an op, or with the two seeds of stateless ops, on which alone it then
// depends.

#include <functional>
#include <limits>

#include "ops/array/shape_tensors.h"
#include "ops/image/image_rank.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"
#include "tern/ops/debugging.h"
#include "tern/ops/image.h"
#include "tern/ops/math.h"
#include "tern/ops/random.h"

namespace tern {
namespace {

/// Draws numbers of a shape evenly from [low, high).
using Uniform = std::function<Tensor(
    const ShapeArg& shape, double low, double high, DType dtype)>;

Uniform stateful(const image::SeedOptions& options) {
  return [seed = options.seed](
             const ShapeArg& shape, double low, double high, DType dtype) {
    return random::uniform(
        shape, {.minval = low, .maxval = high, .dtype = dtype, .seed = seed});
  };
}

Uniform stateless(const Tensor& seed) {
  return [seed](const ShapeArg& shape, double low, double high, DType dtype) {
    return random::stateless_uniform(
        shape, seed, {.minval = low, .maxval = high, .dtype = dtype});
  };
}

Tensor draw_scalar(const Uniform& uniform, double low, double high) {
  return uniform(Shape(), low, high, float32);
}

/// Each image flipped or not; axis 0: up and down, 1: left and right.
Tensor flip(const Tensor& image, int axis, const Uniform& uniform) {
  if (image_rank(image) == 3)
    return where(draw_scalar(uniform, 0, 1) < 0.5, reverse(image, axis), image);
  Tensor count = dims_of(shape_of(image), 0, 1);
  Tensor chance = reshape(uniform(count, 0, 1, float32), {-1, 1, 1, 1});
  return where(round(chance) == 1.0, reverse(image, axis + 1), image);
}

double checked_delta(double max_delta) {
  if (!(max_delta >= 0))
    throw InvalidArgumentError("max_delta must be non-negative, got ",
                               max_delta);
  return max_delta;
}

Tensor change_brightness(const Tensor& image,
                         double max_delta,
                         const Uniform& uniform) {
  checked_delta(max_delta);
  return image::adjust_brightness(image,
                                  draw_scalar(uniform, -max_delta, max_delta));
}

Tensor change_hue(const Tensor& image,
                  double max_delta,
                  const Uniform& uniform) {
  if (checked_delta(max_delta) > 0.5)
    throw InvalidArgumentError("max_delta must be <= 0.5, got ", max_delta);
  return image::adjust_hue(image, draw_scalar(uniform, -max_delta, max_delta));
}

Tensor draw_factor(double lower, double upper, const Uniform& uniform) {
  if (upper <= lower)
    throw InvalidArgumentError(
        "upper must be > lower, got ", upper, " and ", lower);
  if (lower < 0)
    throw InvalidArgumentError("lower must be non-negative, got ", lower);
  return draw_scalar(uniform, lower, upper);
}

Tensor change_quality(const Tensor& image,
                      int low,
                      int high,
                      const Uniform& uniform) {
  if (low < 0 || high < 0 || low > 100 || high > 100)
    throw InvalidArgumentError(
        "jpeg encoding range must be between 0 and 100, got ",
        low,
        " and ",
        high);
  if (low >= high)
    throw InvalidArgumentError(
        "`min_jpeg_quality` must be less than `max_jpeg_quality`, got ",
        low,
        " and ",
        high);
  return image::adjust_jpeg_quality(image, uniform(Shape(), low, high, int32));
}

Tensor crop(const Tensor& value, const Tensor& size, const Uniform& uniform) {
  Tensor extent = shape_of(value), part = cast(size, int32);
  debugging::assert_greater_equal(
      extent, part, {.message = "Need value.shape >= size"});
  Tensor places = extent - part + 1;
  Tensor word = uniform(
      shape_of(extent), 0, std::numeric_limits<std::int32_t>::max(), int32);
  return slice(value, floormod(word, places), part);
}

}  // namespace

namespace image {

Tensor random_flip_left_right(const Tensor& image, SeedOptions options) {
  return flip(image, 1, stateful(options));
}
Tensor random_flip_up_down(const Tensor& image, SeedOptions options) {
  return flip(image, 0, stateful(options));
}
Tensor random_brightness(const Tensor& image,
                         double max_delta,
                         SeedOptions options) {
  return change_brightness(image, max_delta, stateful(options));
}
Tensor random_contrast(const Tensor& image,
                       double lower,
                       double upper,
                       SeedOptions options) {
  return adjust_contrast(image, draw_factor(lower, upper, stateful(options)));
}
Tensor random_hue(const Tensor& image, double max_delta, SeedOptions options) {
  return change_hue(image, max_delta, stateful(options));
}
Tensor random_saturation(const Tensor& image,
                         double lower,
                         double upper,
                         SeedOptions options) {
  return adjust_saturation(image, draw_factor(lower, upper, stateful(options)));
}
Tensor random_jpeg_quality(const Tensor& image,
                           int min_jpeg_quality,
                           int max_jpeg_quality,
                           SeedOptions options) {
  return change_quality(
      image, min_jpeg_quality, max_jpeg_quality, stateful(options));
}
Tensor random_crop(const Tensor& value,
                   const Tensor& size,
                   SeedOptions options) {
  return crop(value, size, stateful(options));
}

Tensor stateless_random_flip_left_right(const Tensor& image,
                                        const Tensor& seed) {
  return flip(image, 1, stateless(seed));
}
Tensor stateless_random_flip_up_down(const Tensor& image, const Tensor& seed) {
  return flip(image, 0, stateless(seed));
}
Tensor stateless_random_brightness(const Tensor& image,
                                   double max_delta,
                                   const Tensor& seed) {
  return change_brightness(image, max_delta, stateless(seed));
}
Tensor stateless_random_contrast(const Tensor& image,
                                 double lower,
                                 double upper,
                                 const Tensor& seed) {
  return adjust_contrast(image, draw_factor(lower, upper, stateless(seed)));
}
Tensor stateless_random_hue(const Tensor& image,
                            double max_delta,
                            const Tensor& seed) {
  return change_hue(image, max_delta, stateless(seed));
}
Tensor stateless_random_saturation(const Tensor& image,
                                   double lower,
                                   double upper,
                                   const Tensor& seed) {
  return adjust_saturation(image, draw_factor(lower, upper, stateless(seed)));
}
Tensor stateless_random_jpeg_quality(const Tensor& image,
                                     int min_jpeg_quality,
                                     int max_jpeg_quality,
                                     const Tensor& seed) {
  return change_quality(
      image, min_jpeg_quality, max_jpeg_quality, stateless(seed));
}
Tensor stateless_random_crop(const Tensor& value,
                             const Tensor& size,
                             const Tensor& seed) {
  return crop(value, size, stateless(seed));
}

}  // namespace image
}  // namespace tern
