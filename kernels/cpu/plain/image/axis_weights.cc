#include "kernels/cpu/plain/image/axis_weights.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>

#include "tern/core/error.h"

namespace tern {
namespace {

/// Cubic convolution at 1024 distances from 0 to 1: of the two nearer pixels,
/// then of the two farther.
class CubicTable {
 public:
  static constexpr int kSize = 1024;

  explicit CubicTable(double a) {
    for (int i = 0; i <= kSize; ++i) {
      auto x = static_cast<float>(i * 1.0 / kSize);
      near_[static_cast<std::size_t>(i)] =
          static_cast<float>(((a + 2) * x - (a + 3)) * x * x + 1);
      x += 1;
      far_[static_cast<std::size_t>(i)] =
          static_cast<float>(((a * x - 5 * a) * x + 8 * a) * x - 4 * a);
    }
  }

  /// Of the pixels at -1, 0, 1, 2, for a position between 0 and 1.
  std::array<float, 4> weights(float fraction) const {
    auto i = static_cast<std::size_t>(std::lrint(fraction * kSize));
    return {far_[i], near_[i], near_[kSize - i], far_[kSize - i]};
  }

 private:
  std::array<float, kSize + 1> near_, far_;
};

/// Divides by the sum, unless it is next to nothing.
void normalize(float* weights, std::size_t count) {
  float sum = 0;
  for (std::size_t i = 0; i < count; ++i) sum += weights[i];
  if (!(std::abs(sum) >= 1000 * std::numeric_limits<float>::min())) {
    std::fill_n(weights, count, 0.0f);
    return;
  }
  float factor = 1 / sum;
  for (std::size_t i = 0; i < count; ++i) weights[i] *= factor;
}

constexpr float kPi = std::numbers::pi_v<float>;

float lanczos(float x, float radius) {
  if (x > radius) return 0;
  if (x <= 1e-3f) return 1;  // where sin(x) / x would lose its digits
  return radius * std::sin(kPi * x) * std::sin(kPi * x / radius) /
         (kPi * kPi * x * x);
}

/// A kernel is 0 beyond its radius; x >= 0.
struct SamplingKernel {
  const char* name;
  float radius;
  float (*value)(float x);
};

constexpr SamplingKernel kKernels[] = {
    {"lanczos1", 1, [](float x) { return lanczos(x, 1); }},
    {"lanczos3", 3, [](float x) { return lanczos(x, 3); }},
    {"lanczos5", 5, [](float x) { return lanczos(x, 5); }},
    // Of standard deviation 0.5.
    {"gaussian",
     1.5f,
     [](float x) { return x >= 1.5f ? 0.0f : std::exp(-2 * x * x); }},
    {"box",
     1,
     [](float x) { return x < 0.5f    ? 1.0f
                          : x == 0.5f ? 0.5f
                                      : 0.0f; }},
    {"triangle", 1, [](float x) { return x < 1 ? 1 - x : 0.0f; }},
    {"keyscubic",
     2,
     [](float x) {
       if (x >= 2) return 0.0f;
       if (x >= 1) return ((-0.5f * x + 2.5f) * x - 4) * x + 2;
       return (1.5f * x - 2.5f) * x * x + 1;
     }},
    // Mitchell and Netravali, "Reconstruction filters in computer graphics",
    // 1988, with B = C = 1/3.
    {"mitchellcubic",
     2,
     [](float x) {
       if (x >= 2) return 0.0f;
       if (x >= 1)
         return ((-7 / 18.0f * x + 2) * x - 10 / 3.0f) * x + 16 / 9.0f;
       return (7 / 6.0f * x - 2) * x * x + 8 / 9.0f;
     }},
};

const SamplingKernel& kernel_named(const std::string& name) {
  for (const SamplingKernel& kernel : kKernels)
    if (name == kernel.name) return kernel;
  throw InvalidArgumentError("Unrecognized kernel type: ", name);
}

/// A float that may be anything as an index of an axis of this size.
std::int64_t clamp_index(float x, std::int64_t size) {
  auto last = static_cast<float>(size - 1);
  if (!(x > 0)) return 0;
  return x < last ? static_cast<std::int64_t>(x) : size - 1;
}

}  // namespace

AxisWeights transposed(const AxisWeights& weights) {
  AxisWeights result;
  result.input_size = weights.output_size();
  auto size = static_cast<std::size_t>(weights.input_size);
  result.begin.assign(size + 1, 0);
  for (std::int32_t i : weights.index)
    ++result.begin[static_cast<std::size_t>(i) + 1];
  for (std::size_t i = 0; i < size; ++i) result.begin[i + 1] += result.begin[i];
  result.index.resize(weights.index.size());
  result.weight.resize(weights.index.size());
  std::vector<std::int64_t> next(result.begin.begin(), result.begin.end() - 1);
  for (std::int64_t i = 0; i < weights.output_size(); ++i)
    for (std::int64_t k = weights.begin[static_cast<std::size_t>(i)];
         k < weights.begin[static_cast<std::size_t>(i) + 1];
         ++k) {
      auto from = static_cast<std::size_t>(k);
      auto to = static_cast<std::size_t>(
          next[static_cast<std::size_t>(weights.index[from])]++);
      result.index[to] = static_cast<std::int32_t>(i);
      result.weight[to] = weights.weight[from];
    }
  return result;
}

ResizedAxis::ResizedAxis(std::int64_t from,
                         std::int64_t to,
                         bool align_corners,
                         bool half_pixel_centers)
    : from(from),
      to(to),
      scale(align_corners && to > 1
                ? static_cast<float>(from - 1) / static_cast<float>(to - 1)
                : static_cast<float>(from) / static_cast<float>(to)),
      half_pixel_centers(half_pixel_centers) {}

Neighbours neighbours(const ResizedAxis& axis, std::int64_t i) {
  float position = axis.position(i);
  float floor = std::floor(position);
  return {axis.clamp(static_cast<std::int64_t>(floor)),
          axis.clamp(static_cast<std::int64_t>(std::ceil(position))),
          position - floor};
}

AxisWeights bilinear_weights(const ResizedAxis& axis) {
  AxisWeights result;
  result.input_size = axis.from;
  for (std::int64_t i = 0; i < axis.to; ++i) {
    Neighbours between = neighbours(axis, i);
    result.add(between.lower, 1 - between.fraction);
    result.add(between.upper, between.fraction);
    result.finish_element();
  }
  return result;
}

AxisWeights bicubic_weights(const ResizedAxis& axis) {
  static const CubicTable smooth(-0.75), keys(-0.5);
  const CubicTable& table = axis.half_pixel_centers ? keys : smooth;
  AxisWeights result;
  result.input_size = axis.from;
  for (std::int64_t i = 0; i < axis.to; ++i) {
    float position = axis.position(i);
    float floor = std::floor(position);
    auto first = static_cast<std::int64_t>(floor) - 1;
    std::array<float, 4> weights = table.weights(position - floor);
    // With half-pixel centers the pixels beyond the border count nothing;
    // without, those at the border stand for them.
    if (axis.half_pixel_centers) {
      for (std::int64_t k = 0; k < 4; ++k)
        if (first + k < 0 || first + k >= axis.from)
          weights[static_cast<std::size_t>(k)] = 0;
      normalize(weights.data(), weights.size());
    }
    for (std::int64_t k = 0; k < 4; ++k)
      result.add(axis.clamp(first + k), weights[static_cast<std::size_t>(k)]);
    result.finish_element();
  }
  return result;
}

AxisWeights area_weights(const ResizedAxis& axis) {
  AxisWeights result;
  result.input_size = axis.from;
  for (std::int64_t i = 0; i < axis.to; ++i) {
    float low = static_cast<float>(i) * axis.scale;
    float high = static_cast<float>(i + 1) * axis.scale;
    auto end = static_cast<std::int64_t>(std::ceil(high));
    for (auto k = static_cast<std::int64_t>(std::floor(low)); k < end; ++k) {
      auto left = static_cast<float>(k), right = static_cast<float>(k + 1);
      float covered = left < low ? (right > high ? axis.scale : right - low)
                                 : (right > high ? high - left : 1.0f);
      result.add(axis.clamp(k), covered);
    }
    result.finish_element();
  }
  return result;
}

AxisWeights sampling_weights(const Sampling& sampling) {
  const SamplingKernel& kernel = kernel_named(sampling.kernel);
  float step = 1 / sampling.scale;
  float start = -step * sampling.translation;
  // A kernel for fewer pixels must be wider, or it would skip some.
  float width = sampling.antialias ? std::max(step, 1.0f) : 1.0f;
  float reach = kernel.radius * width;
  auto size = static_cast<float>(sampling.from);
  AxisWeights result;
  result.input_size = sampling.from;
  for (std::int64_t i = 0; i < sampling.to; ++i) {
    float center = (static_cast<float>(i) + 0.5f) * step + start;
    if (center >= 0 && center <= size) {
      std::int64_t first =
          clamp_index(std::ceil(center - reach - 0.5f), sampling.from);
      std::int64_t last =
          clamp_index(std::floor(center + reach - 0.5f), sampling.from);
      std::size_t begin = result.weight.size();
      for (std::int64_t k = first; k <= last; ++k) {
        float distance = static_cast<float>(k) + 0.5f - center;
        result.add(k, kernel.value(std::abs(distance * (1 / width))));
      }
      normalize(result.weight.data() + begin, result.weight.size() - begin);
    }
    result.finish_element();
  }
  return result;
}

}  // namespace tern
