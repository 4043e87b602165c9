// ExtractGlimpse: windows of images around given points; what lies beyond the
// image is noise.

#include <algorithm>
#include <cmath>
#include <random>
#include <string>

#include "kernels/cpu/plain/random/random_fill.h"
#include "ops/kernel.h"
#include "tern/core/error.h"

namespace tern {
namespace {

enum class Noise { kUniform, kGaussian, kZero };

Noise noise_of(const KernelContext& c) {
  bool uniform = c.attr<bool>("uniform_noise");
  const auto& noise = c.attr<std::string>("noise");
  if (uniform && !noise.empty() && noise != "uniform")
    throw InvalidArgumentError(
        "The uniform_noise and noise could not be specified at the same time");
  if (noise.empty()) return uniform ? Noise::kUniform : Noise::kGaussian;
  if (noise == "uniform") return Noise::kUniform;
  if (noise == "gaussian") return Noise::kGaussian;
  if (noise == "zero") return Noise::kZero;
  throw InvalidArgumentError(
      "The noise could only be uniform, gaussian, or zero, got ", noise);
}

/// A glimpse [height, width, channels] of noise like `image`: uniform between
/// its extremes, or normal by the moments of each channel.
Tensor noise_like(Noise noise,
                  const float* image,
                  std::int64_t image_size,
                  const Shape& shape) {
  Tensor glimpse = Tensor::allocate(float32, shape);
  auto* y = glimpse.data<float>();
  const std::int64_t size = glimpse.num_elements();
  if (noise == Noise::kZero || image_size == 0) {
    std::fill_n(y, size, 0.0f);
    return glimpse;
  }
  std::random_device device;
  Philox generator(std::uint64_t{device()} << 32 | device());
  if (noise == Noise::kUniform) {
    fill_uniform(generator, glimpse);
    auto [low, high] = std::minmax_element(image, image + image_size);
    for (std::int64_t i = 0; i < size; ++i) y[i] = *low + y[i] * (*high - *low);
    return glimpse;
  }
  fill_normal(generator, glimpse);
  const std::int64_t channels = shape[2];
  for (std::int64_t d = 0; d < channels; ++d) {
    double sum = 0, squares = 0;
    float low = image[d], high = image[d];
    for (std::int64_t i = d; i < image_size; i += channels) {
      sum += image[i];
      low = std::min(low, image[i]);
      high = std::max(high, image[i]);
    }
    auto count = static_cast<double>(image_size / channels);
    double mean = sum / count;
    for (std::int64_t i = d; i < image_size; i += channels)
      squares += (image[i] - mean) * (image[i] - mean);
    double deviation = std::sqrt(squares / count);
    for (std::int64_t i = d; i < size; i += channels)
      y[i] = std::clamp(static_cast<float>(mean + y[i] * deviation), low, high);
  }
  return glimpse;
}

/// Where the windows stand. The first version of the op always moves them by
/// half their size, the second does so for centered, normalized offsets alone.
struct Placement {
  bool centered, normalized, second_version;

  /// The first pixel of a window along an axis; far outside of the image it is
  /// clamped, so that it can be counted with.
  std::int64_t first(float offset,
                     std::int64_t window,
                     std::int64_t size) const {
    auto extent = static_cast<float>(size);
    float start = normalized ? offset * extent : offset;
    if (second_version) {
      if (centered && normalized)
        start = start / 2 + extent / 2 - static_cast<float>(window) / 2;
      else if (centered)
        start += extent / 2;
    } else {
      if (centered) start = start / 2 + extent / 2;
      start -= static_cast<float>(window) / 2;
    }
    float low = static_cast<float>(-window) - 1;
    if (!(start > low)) return -window - 1;  // also for NaN
    return start < extent ? static_cast<std::int64_t>(start) : size;
  }
};

/// Inputs: input [batch, height, width, channels], size, offsets [batch, 2].
void extract_glimpse(KernelContext& c) {
  const Shape &from = c.input(0).shape(), &to = c.output().shape();
  Noise noise = noise_of(c);
  if (to.num_elements() == 0) return;
  Placement placement{c.attr<bool>("centered"),
                      c.attr<bool>("normalized"),
                      c.op().name == "ExtractGlimpseV2"};
  const std::int64_t channels = from[3];
  const std::int64_t image_size = from[1] * from[2] * channels;
  const std::int64_t glimpse_size = to[1] * to[2] * channels;
  const float* offsets = c.in<float>(2).data();
  for (std::int64_t i = 0; i < to[0]; ++i) {
    std::int64_t y = placement.first(offsets[2 * i], to[1], from[1]);
    std::int64_t x = placement.first(offsets[2 * i + 1], to[2], from[2]);
    const float* image = c.in<float>(0).data() + i * image_size;
    float* glimpse = c.out<float>().data() + i * glimpse_size;
    bool inside =
        y >= 0 && x >= 0 && y + to[1] <= from[1] && x + to[2] <= from[2];
    if (!inside)
      std::copy_n(
          noise_like(noise, image, image_size, to.slice(1)).data<float>(),
          glimpse_size,
          glimpse);
    std::int64_t left = std::max<std::int64_t>(0, -x);
    std::int64_t right = std::min(to[2], from[2] - x);
    if (left >= right) continue;
    for (std::int64_t row = std::max<std::int64_t>(0, -y);
         row < std::min(to[1], from[1] - y);
         ++row)
      std::copy_n(image + ((y + row) * from[2] + x + left) * channels,
                  (right - left) * channels,
                  glimpse + (row * to[2] + left) * channels);
  }
}

}  // namespace

void register_glimpse_kernels(KernelRegistry& registry) {
  registry.add("ExtractGlimpse", {}, extract_glimpse);
  registry.add("ExtractGlimpseV2", {}, extract_glimpse);
}

}  // namespace tern
