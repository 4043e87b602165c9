// Colour spaces, contrast, hue and saturation.

#include <algorithm>
#include <cmath>
#include <type_traits>
#include <vector>

#include "kernels/common/conversions.h"
#include "kernels/cpu/plain/image/float_rows.h"
#include "kernels/cpu/plain/math/element_types.h"
#include "ops/kernel.h"
#include "tern/core/parallel.h"

namespace tern {
namespace {

constexpr std::int64_t kPixelGrain = 4096;

template <class C>
struct Pixel {
  C a, b, c;  // red, green, blue or hue, saturation, value
};

/// Hue in sixths of the circle from red, where there is one.
template <class C>
C hue_of(const Pixel<C>& rgb, C value, C range) {
  if (!(range > 0)) return 0;
  C hue = rgb.a == value   ? (rgb.b - rgb.c) / range
          : rgb.b == value ? (rgb.c - rgb.a) / range + 2
                           : (rgb.a - rgb.b) / range + 4;
  return hue < 0 ? hue + 6 : hue;
}

template <class C>
C largest(const Pixel<C>& x) {
  return std::max(x.a, std::max(x.b, x.c));
}
template <class C>
C smallest(const Pixel<C>& x) {
  return std::min(x.a, std::min(x.b, x.c));
}

template <class C>
Pixel<C> rgb_to_hsv(const Pixel<C>& rgb) {
  C value = largest(rgb), range = value - smallest(rgb);
  return {hue_of(rgb, value, range) / 6, value > 0 ? range / value : 0, value};
}

template <class C>
Pixel<C> hsv_to_rgb(const Pixel<C>& hsv) {
  C hue = hsv.a * 6;
  // How much of a colour is in the hue: a trapezoid around its own place.
  auto part = [&](C x) { return std::min(std::max(x, C(0)), C(1)); };
  auto channel = [&](C share) { return (1 - hsv.b + hsv.b * share) * hsv.c; };
  return {channel(part(std::abs(hue - 3) - 1)),
          channel(part(2 - std::abs(hue - 2))),
          channel(part(2 - std::abs(hue - 4)))};
}

/// Inputs: images whose last dimension is 3.
template <class T, auto Convert>
void convert_pixels(KernelContext& c) {
  using C = std::conditional_t<std::is_same_v<T, double>, double, float>;
  const T* x = c.in<T>(0).data();
  T* y = c.out<T>().data();
  parallel_for(c.output().num_elements() / 3,
               kPixelGrain,
               [&](std::int64_t first, std::int64_t last) {
                 for (std::int64_t i = 3 * first; i < 3 * last; i += 3) {
                   Pixel<C> to = Convert({static_cast<C>(x[i]),
                                          static_cast<C>(x[i + 1]),
                                          static_cast<C>(x[i + 2])});
                   y[i] = kernels::convert<T>(to.a);
                   y[i + 1] = kernels::convert<T>(to.b);
                   y[i + 2] = kernels::convert<T>(to.c);
                 }
               });
}

/// The colour of that hue (in sixths) with these extremes.
Pixel<float> colour_between(float hue, float low, float high) {
  auto sector = std::min(static_cast<int>(hue), 5);
  float within = hue - static_cast<float>(sector);
  // The third channel rises in even sectors and falls in odd ones.
  float share = sector % 2 == 0 ? within : 1 - within;
  float middle = low + share * (high - low);
  switch (sector) {
    case 0:
      return {high, middle, low};
    case 1:
      return {middle, high, low};
    case 2:
      return {low, high, middle};
    case 3:
      return {low, middle, high};
    case 4:
      return {middle, low, high};
    default:
      return {high, low, middle};
  }
}

/// Inputs: images, a scalar.
template <class Adjust>
void adjust_pixels(KernelContext& c, Adjust adjust) {
  const float amount = c.in<float>(1)[0];
  const float* x = c.in<float>(0).data();
  float* y = c.out<float>().data();
  parallel_for(c.output().num_elements() / 3,
               kPixelGrain,
               [&](std::int64_t first, std::int64_t last) {
                 for (std::int64_t i = 3 * first; i < 3 * last; i += 3) {
                   Pixel<float> to = adjust({x[i], x[i + 1], x[i + 2]}, amount);
                   y[i] = to.a;
                   y[i + 1] = to.b;
                   y[i + 2] = to.c;
                 }
               });
}

void adjust_hue(KernelContext& c) {
  adjust_pixels(c, [](const Pixel<float>& rgb, float delta) {
    float high = largest(rgb), low = smallest(rgb);
    float hue = hue_of(rgb, high, high - low) + delta * 6;
    hue -= 6 * std::floor(hue / 6);
    // Also where rounding made it 6, and for NaN.
    if (!(hue >= 0 && hue < 6)) hue = 0;
    return colour_between(hue, low, high);
  });
}

void adjust_saturation(KernelContext& c) {
  adjust_pixels(c, [](const Pixel<float>& rgb, float scale) {
    Pixel<float> hsv = rgb_to_hsv(rgb);
    float saturation = std::min(1.0f, std::max(0.0f, hsv.b * scale));
    float hue = hsv.a * 6;
    float low = hsv.c - saturation * hsv.c;
    return colour_between(hue >= 0 && hue < 6 ? hue : 0, low, hsv.c);
  });
}

/// (x - mean) * factor + mean, the mean being that of the channel in its
/// image; then `finish`.
template <class Finish>
void adjust_contrast(KernelContext& c, Finish finish) {
  const Shape& shape = c.input(0).shape();
  if (c.output().num_elements() == 0) return;
  const std::int64_t channels = shape[-1];
  const std::int64_t size = shape[-3] * shape[-2] * channels;
  const float factor = c.in<float>(1)[0];
  FloatRows images(c.input(0), size);
  WriteFloats write = float_writer(c.output().dtype());
  parallel_for(
      c.output().num_elements() / size,
      std::max<std::int64_t>(1, kPixelGrain / size),
      [&](std::int64_t first, std::int64_t last) {
        std::vector<float> converted(static_cast<std::size_t>(size));
        std::vector<float> result(converted.size());
        std::vector<double> sums(static_cast<std::size_t>(channels));
        for (std::int64_t i = first; i < last; ++i) {
          const float* x = images.row(i, converted.data());
          std::fill(sums.begin(), sums.end(), 0.0);
          for (std::int64_t k = 0; k < size;)
            for (double& sum : sums) sum += x[k++];
          for (double& sum : sums) sum /= static_cast<double>(size / channels);
          for (std::size_t k = 0; k < result.size();)
            for (double sum : sums) {
              auto mean = static_cast<float>(sum);
              result[k] = finish((x[k] - mean) * factor + mean);
              ++k;
            }
          write(result.data(), c.output().mutable_data(), i * size, size);
        }
      });
}

void adjust_contrast_v2(KernelContext& c) {
  adjust_contrast(c, [](float x) { return x; });
}

void adjust_contrast_v1(KernelContext& c) {
  adjust_contrast(c,
                  [low = c.in<float>(2)[0], high = c.in<float>(3)[0]](float x) {
                    return std::max(std::min(x, high), low);
                  });
}

}  // namespace

void register_colour_kernels(KernelRegistry& registry) {
  for_each_type<Half, BFloat16, float, double>([&](auto tag) {
    using T = typename decltype(tag)::type;
    using C = std::conditional_t<std::is_same_v<T, double>, double, float>;
    registry.add(
        "RGBToHSV", {{"T", dtype_of<T>}}, convert_pixels<T, rgb_to_hsv<C>>);
    registry.add(
        "HSVToRGB", {{"T", dtype_of<T>}}, convert_pixels<T, hsv_to_rgb<C>>);
  });
  registry.add("AdjustHue", {{"T", float32}}, adjust_hue);
  registry.add("AdjustSaturation", {{"T", float32}}, adjust_saturation);
  for (DType dtype : {float16, float32})
    registry.add("AdjustContrastv2", {{"T", dtype}}, adjust_contrast_v2);
  for (DType dtype : {uint8, int8, int16, int32, int64, float32, float64})
    registry.add("AdjustContrast", {{"T", dtype}}, adjust_contrast_v1);
}

}  // namespace tern
