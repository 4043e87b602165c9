// adjust.cc: dtypes and colours of images changed. What is not float16 or
// float32 is adjusted as float32 in [0, 1].

#include <limits>

#include "core/visit_dtype.h"
#include "ops/apply.h"
#include "ops/array/shape_tensors.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"
#include "tern/ops/image.h"
#include "tern/ops/linalg.h"
#include "tern/ops/math.h"

namespace tern {
namespace {

/// The largest integer of a dtype.
double largest(DType dtype) {
  return visit_number(dtype, [](auto zero) -> double {
    using T = decltype(zero);
    if constexpr (std::is_integral_v<T>)
      return static_cast<double>(std::numeric_limits<T>::max());
    else
      return 1;
  });
}

double smallest(DType dtype) {
  return visit_number(dtype, [](auto zero) -> double {
    using T = decltype(zero);
    if constexpr (std::is_integral_v<T>)
      return static_cast<double>(std::numeric_limits<T>::min());
    else
      return 0;
  });
}

/// Values beyond an integer dtype's limits become the limits. From floats, too:
/// a limit that float32 rounds away from 0 is one step nearer.
Tensor saturated(const Tensor& x, DType dtype) {
  double low = smallest(dtype), high = largest(dtype);
  if (x.dtype().is_floating()) {
    if (high > 0x1p24)
      high = x.dtype() == float64
                 ? std::nextafter(high, 0.0)
                 : std::nextafter(static_cast<float>(high), 0.0f);
    Tensor limited = minimum(maximum(x, Tensor(low)), Tensor(high));
    return cast(limited, dtype);
  }
  low = std::max(low, smallest(x.dtype()));
  high = std::min(high, largest(x.dtype()));
  auto integer = [&](double limit) {
    return cast(constant(limit, float64), x.dtype());
  };
  return cast(minimum(maximum(x, integer(low)), integer(high)), dtype);
}

bool is_integer(DType dtype) { return dtype.is_integer(); }

Tensor convert_integers(const Tensor& image, DType dtype, bool saturate) {
  double from = largest(image.dtype()) + 1, to = largest(dtype) + 1;
  auto scale_in = [](double scale, DType type) {
    return cast(constant(scale, float64), type);
  };
  if (from > to) {
    Tensor scaled = floor_div(image, scale_in(from / to, image.dtype()));
    return saturate ? saturated(scaled, dtype) : cast(scaled, dtype);
  }
  Tensor wide = saturate ? saturated(image, dtype) : cast(image, dtype);
  return from == to ? wide : wide * scale_in(to / from, dtype);
}

/// Runs `adjust` on the image in float, and puts the result back into its
/// dtype.
template <class Adjust>
Tensor adjusted(const Tensor& image, bool saturate, Adjust adjust) {
  DType dtype = image.dtype();
  bool narrow = dtype == float16 || dtype == float32;
  Tensor floats = narrow ? image : image::convert_image_dtype(image, float32);
  return image::convert_image_dtype(
      adjust(floats), dtype, {.saturate = saturate});
}

/// The channels multiplied with a matrix [3, 3], from the right.
Tensor mix_channels(const Tensor& images, const Tensor& matrix) {
  return tensordot(images, cast(matrix, images.dtype()), Ints{-1}, Ints{0});
}

}  // namespace

Tensor image::convert_image_dtype(const Tensor& image,
                                  DType dtype,
                                  ConvertImageDtypeOptions options) {
  if (!dtype.is_floating() && !is_integer(dtype))
    throw InvalidArgumentError(
        "dtype must be either floating point or integer, got ", dtype.name());
  DType from = image.dtype();
  if (from == dtype) return image;
  if (is_integer(from) && is_integer(dtype))
    return convert_integers(image, dtype, options.saturate);
  if (from.is_floating() && dtype.is_floating()) return cast(image, dtype);
  if (is_integer(from)) return cast(image, dtype) * (1 / largest(from));
  Tensor scaled = image * (largest(dtype) + 0.5);  // rounds to the nearest
  return options.saturate ? saturated(scaled, dtype) : cast(scaled, dtype);
}

Tensor image::adjust_brightness(const Tensor& image, const Tensor& delta) {
  return adjusted(
      image, true, [&](const Tensor& x) { return x + cast(delta, x.dtype()); });
}

Tensor image::adjust_contrast(const Tensor& images,
                              const Tensor& contrast_factor) {
  return adjusted(images, true, [&](const Tensor& x) {
    return raw<"AdjustContrastv2">(x, contrast_factor);
  });
}

Tensor image::adjust_gamma(const Tensor& image, AdjustGammaOptions options) {
  if (!(options.gamma >= 0))
    throw InvalidArgumentError(
        "Gamma should be a non-negative real number, got ", options.gamma);
  return adjusted(image, true, [&](const Tensor& x) {
    return pow(x, options.gamma) * options.gain;
  });
}

Tensor image::adjust_hue(const Tensor& image, const Tensor& delta) {
  if (!delta.is_symbolic() && !(std::abs(delta.item<double>()) <= 1))
    throw InvalidArgumentError("delta must be in the interval [-1, 1], got ",
                               delta.item<double>());
  return adjusted(image, false, [&](const Tensor& x) {
    return cast(raw<"AdjustHue">(cast(x, float32), delta), x.dtype());
  });
}

Tensor image::adjust_saturation(const Tensor& image,
                                const Tensor& saturation_factor) {
  return adjusted(image, false, [&](const Tensor& x) {
    return cast(raw<"AdjustSaturation">(cast(x, float32), saturation_factor),
                x.dtype());
  });
}

Tensor image::adjust_jpeg_quality(const Tensor& image,
                                  const Tensor& jpeg_quality) {
  Tensor pixels = convert_image_dtype(image, uint8, {.saturate = true});
  if (pixels.shape().rank() != 3)
    throw InvalidArgumentError("image must be 3-dimensional, got shape ",
                               pixels.shape().debug_string());
  auto channels = static_cast<int>(pixels.shape()[2]);
  Tensor file = raw<"EncodeJpegVariableQuality">(pixels, jpeg_quality);
  Tensor again = decode_jpeg(file, {.channels = channels < 0 ? 0 : channels});
  return convert_image_dtype(again, image.dtype(), {.saturate = true});
}

Tensor image::per_image_standardization(const Tensor& image) {
  Tensor x = image.dtype() == float16 ? image : cast(image, float32);
  ReduceOptions pixels{.axis = {-1, -2, -3}, .keepdims = true};
  Tensor count = cast(reduce_prod(dims_of(shape_of(x), -3)), x.dtype());
  Tensor mean = reduce_mean(x, pixels);
  // An image of one colour is not divided by 0.
  Tensor deviation = maximum(math::reduce_std(x, pixels), math::rsqrt(count));
  return (x - mean) / deviation;
}

Tensor image::rgb_to_grayscale(const Tensor& images) {
  Tensor floats = convert_image_dtype(images, float32);
  Tensor weights = constant({0.2989, 0.587, 0.114}, float32);
  Tensor gray = tensordot(floats, weights, Ints{-1}, Ints{-1});
  return convert_image_dtype(expand_dims(gray, -1), images.dtype());
}

Tensor image::grayscale_to_rgb(const Tensor& images) {
  const Shape& shape = images.shape();
  if (!shape.has_rank() || shape.rank() < 1 ||
      (shape[-1] >= 0 && shape[-1] != 1))
    throw InvalidArgumentError(
        "Last dimension of a grayscale image should be size 1, got shape ",
        shape.debug_string());
  std::vector<std::int32_t> multiples(static_cast<std::size_t>(shape.rank()),
                                      1);
  multiples.back() = 3;
  return tile(images, Tensor(multiples));
}

// The matrices of the NTSC and PAL systems, as TensorFlow has them.

Tensor image::rgb_to_yiq(const Tensor& images) {
  return mix_channels(images,
                      {{0.299, 0.59590059, 0.2115},
                       {0.587, -0.27455667, -0.52273617},
                       {0.114, -0.32134392, 0.31119955}});
}

Tensor image::yiq_to_rgb(const Tensor& images) {
  return mix_channels(images,
                      {{1.0, 1.0, 1.0},
                       {0.95598634, -0.27201283, -1.10674021},
                       {0.6208248, -0.64720424, 1.70423049}});
}

Tensor image::rgb_to_yuv(const Tensor& images) {
  return mix_channels(images,
                      {{0.299, -0.14714119, 0.61497538},
                       {0.587, -0.28886916, -0.51496512},
                       {0.114, 0.43601035, -0.10001026}});
}

Tensor image::yuv_to_rgb(const Tensor& images) {
  return mix_channels(images,
                      {{1.0, 1.0, 1.0},
                       {0.0, -0.394642334, 2.03206185},
                       {1.13988303, -0.58062185, 0.0}});
}

}  // namespace tern
