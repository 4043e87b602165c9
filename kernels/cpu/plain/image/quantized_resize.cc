// QuantizedResizeBilinear: in fixed point for quantized images.

#include <type_traits>
#include <vector>

#include "kernels/cpu/plain/image/axis_weights.h"
#include "kernels/cpu/plain/math/element_types.h"
#include "ops/kernel.h"
#include "tern/core/parallel.h"

namespace tern {
namespace {

/// TensorFlow's fixed point: fractions of 7 bits for 8-bit images, of 30 for
/// 32-bit ones, rounded down; results to the nearest, towards zero last.
template <class T>
struct FixedPoint {
  using Wide = std::conditional_t<sizeof(T) == 1, std::int32_t, std::int64_t>;
  static constexpr Wide kOne = Wide{1} << (sizeof(T) == 1 ? 7 : 30);

  static Wide fraction(float x) {
    return static_cast<Wide>(x * static_cast<float>(kOne));
  }
  static T lerp(
      T top_left, T top_right, T bottom_left, T bottom_right, Wide x, Wide y) {
    Wide top = Wide{top_left} * kOne + (Wide{top_right} - top_left) * x;
    Wide bottom =
        Wide{bottom_left} * kOne + (Wide{bottom_right} - bottom_left) * x;
    Wide sum = top + (bottom - top) / kOne * y;
    return static_cast<T>((sum + kOne / 2) / kOne);
  }
};

struct FloatingPoint {
  static float fraction(float x) { return x; }
  static float lerp(float top_left,
                    float top_right,
                    float bottom_left,
                    float bottom_right,
                    float x,
                    float y) {
    float top = top_left + (top_right - top_left) * x;
    float bottom = bottom_left + (bottom_right - bottom_left) * x;
    return top + (bottom - top) * y;
  }
};

/// Inputs: images, size, min, max.
template <class T, class Arithmetic>
void quantized_resize(KernelContext& c) {
  const Shape &from = c.input(0).shape(), &to = c.output().shape();
  c.out<float>(1)[0] = c.in<float>(2)[0];
  c.out<float>(2)[0] = c.in<float>(3)[0];
  if (to.num_elements() == 0) return;
  auto axis = [&](int i) {
    ResizedAxis resized(from[i],
                        to[i],
                        c.attr<bool>("align_corners"),
                        c.attr<bool>("half_pixel_centers"));
    std::vector<Neighbours> result;
    for (std::int64_t k = 0; k < to[i]; ++k)
      result.push_back(neighbours(resized, k));
    return result;
  };
  std::vector<Neighbours> rows = axis(1), columns = axis(2);
  const std::int64_t channels = from[3];
  const T* images = static_cast<const T*>(c.input(0).raw_data());
  T* output = static_cast<T*>(c.output().mutable_data());
  parallel_for(
      to[0] * to[1],
      1 + 8192 / (to[2] * channels),
      [&](std::int64_t first, std::int64_t last) {
        for (std::int64_t i = first; i < last; ++i) {
          const Neighbours& v = rows[static_cast<std::size_t>(i % to[1])];
          const T* image = images + i / to[1] * from[1] * from[2] * channels;
          const T* top = image + v.lower * from[2] * channels;
          const T* bottom = image + v.upper * from[2] * channels;
          auto y = Arithmetic::fraction(v.fraction);
          T* result = output + i * to[2] * channels;
          for (const Neighbours& h : columns) {
            auto x = Arithmetic::fraction(h.fraction);
            std::int64_t left = h.lower * channels, right = h.upper * channels;
            for (std::int64_t d = 0; d < channels; ++d)
              *result++ = Arithmetic::lerp(top[left + d],
                                           top[right + d],
                                           bottom[left + d],
                                           bottom[right + d],
                                           x,
                                           y);
          }
        }
      });
}

}  // namespace

void register_quantized_resize_kernels(KernelRegistry& registry) {
  registry.add("QuantizedResizeBilinear",
               {{"T", float32}},
               quantized_resize<float, FloatingPoint>);
  registry.add("QuantizedResizeBilinear",
               {{"T", quint8}},
               quantized_resize<std::uint8_t, FixedPoint<std::uint8_t>>);
  registry.add("QuantizedResizeBilinear",
               {{"T", qint32}},
               quantized_resize<std::int32_t, FixedPoint<std::int32_t>>);
}

}  // namespace tern
