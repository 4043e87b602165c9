// ImageProjectiveTransform: each pixel of the result taken from where a
// homography puts it in the original.

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "kernels/common/conversions.h"
#include "kernels/cpu/plain/image/float_rows.h"
#include "kernels/cpu/plain/math/element_types.h"
#include "ops/kernel.h"
#include "tern/core/error.h"
#include "tern/core/parallel.h"

namespace tern {
namespace {

/// A coordinate on an axis of `size` pixels, from one that may lie outside.
using MapCoordinate = float (*)(float x, float size);

float clamp(float x, float size) {
  return std::min(std::max(x, 0.0f), size - 1);
}

/// dcba|abcd|dcba
float reflect(float x, float size) {
  if (size <= 1) return x < 0 || x > size - 1 ? 0 : x;
  float period = 2 * size;
  if (x < 0) {
    x += period * std::trunc(-x / period);
    x = x < -size ? x + period : -x - 1;
  } else if (x > size - 1) {
    x -= period * std::trunc(x / period);
    if (x >= size) x = period - x - 1;
  }
  return clamp(x, size);
}

/// abcd|abcd|abcd
float wrap(float x, float size) {
  if (size <= 1) return x < 0 || x > size - 1 ? 0 : x;
  if (x < 0)
    x += size * (std::trunc(-x / (size - 1)) + 1);
  else if (x > size - 1)
    x -= size * std::trunc(x / (size - 1));
  return clamp(x, size);
}

MapCoordinate map_of(const std::string& fill_mode) {
  if (fill_mode == "REFLECT") return reflect;
  if (fill_mode == "WRAP") return wrap;
  if (fill_mode == "NEAREST") return clamp;
  if (fill_mode == "CONSTANT") return [](float x, float) { return x; };
  throw InvalidArgumentError("Invalid fill_mode ",
                             fill_mode,
                             ", must be REFLECT, WRAP, CONSTANT or NEAREST");
}

bool is_bilinear(const std::string& interpolation) {
  if (interpolation == "BILINEAR") return true;
  if (interpolation == "NEAREST") return false;
  throw InvalidArgumentError(
      "Invalid interpolation ", interpolation, ", must be NEAREST or BILINEAR");
}

/// How pixels of T are filled and interpolated.
template <class T>
struct Sampler {
  const T* image;  // the original that the rows below are of
  std::int64_t height, width, channels;
  T fill;

  /// Null beyond the image.
  const T* pixel(std::int64_t row, std::int64_t column) const {
    bool inside = row >= 0 && row < height && column >= 0 && column < width;
    return inside ? image + (row * width + column) * channels : nullptr;
  }

  void nearest(float y, float x, T* to) const {
    const T* from = pixel(static_cast<std::int64_t>(std::round(y)),
                          static_cast<std::int64_t>(std::round(x)));
    if (from)
      std::copy_n(from, channels, to);
    else
      std::fill_n(to, channels, fill);
  }

  void bilinear(float y, float x, T* to) const {
    float top = std::floor(y), left = std::floor(x);
    auto row = static_cast<std::int64_t>(top);
    auto column = static_cast<std::int64_t>(left);
    const T* corners[4] = {pixel(row, column),
                           pixel(row, column + 1),
                           pixel(row + 1, column),
                           pixel(row + 1, column + 1)};
    auto value = [&](int corner, std::int64_t d) {
      return static_cast<float>(corners[corner] ? corners[corner][d] : fill);
    };
    for (std::int64_t d = 0; d < channels; ++d) {
      float upper = (left + 1 - x) * value(0, d) + (x - left) * value(1, d);
      float lower = (left + 1 - x) * value(2, d) + (x - left) * value(3, d);
      to[d] = kernels::convert<T>((top + 1 - y) * upper + (y - top) * lower);
    }
  }
};

/// Inputs: images, transforms [batch or 1, 8], output_shape, fill_value.
template <class T>
void projective_transform(KernelContext& c) {
  const Shape &from = c.input(0).shape(), &to = c.output().shape();
  MapCoordinate map = map_of(c.attr<std::string>("fill_mode"));
  bool bilinear = is_bilinear(c.attr<std::string>("interpolation"));
  if (to.num_elements() == 0) return;
  const std::int64_t channels = from[3];
  const float* transforms = c.in<float>(1).data();
  const std::int64_t stride = c.input(1).shape()[0] == 1 ? 0 : 8;
  T fill = kernels::convert<T>(c.num_inputs() > 3 ? c.in<float>(3)[0] : 0.0f);
  auto height = static_cast<float>(from[1]),
       width = static_cast<float>(from[2]);
  parallel_for(
      to[0] * to[1],
      1 + 4096 / (to[2] * channels),
      [&](std::int64_t first, std::int64_t last) {
        for (std::int64_t i = first; i < last; ++i) {
          const float* t = transforms + i / to[1] * stride;
          Sampler<T> sampler{
              c.in<T>(0).data() + i / to[1] * from[1] * from[2] * channels,
              from[1],
              from[2],
              channels,
              fill};
          T* y = c.output().template data<T>() + i * to[2] * channels;
          auto row = static_cast<float>(i % to[1]);
          for (std::int64_t k = 0; k < to[2]; ++k, y += channels) {
            auto column = static_cast<float>(k);
            float w = t[6] * column + t[7] * row + 1;
            float u = (t[0] * column + t[1] * row + t[2]) / w;
            float v = (t[3] * column + t[4] * row + t[5]) / w;
            u = map(u, width);
            v = map(v, height);
            // Beside the image, its border is interpolated with the fill.
            bool inside = w != 0 && u > -1 && u < width && v > -1 && v < height;
            if (!inside)
              std::fill_n(y, channels, fill);
            else if (bilinear)
              sampler.bilinear(v, u, y);
            else
              sampler.nearest(v, u, y);
          }
        }
      });
}

}  // namespace

void register_projective_transform_kernels(KernelRegistry& registry) {
  for_each_type<std::uint8_t,
                std::int32_t,
                std::int64_t,
                Half,
                BFloat16,
                float,
                double>([&](auto tag) {
    using T = typename decltype(tag)::type;
    for (const char* op :
         {"ImageProjectiveTransformV2", "ImageProjectiveTransformV3"})
      registry.add(op, {{"dtype", dtype_of<T>}}, projective_transform<T>);
  });
}

}  // namespace tern
