// FakeQuantWithMinMax*: floats rounded to what a quantized dtype would hold,
// and their gradients.

#include <algorithm>
#include <cmath>
#include <vector>

#include "ops/kernel.h"
#include "tern/core/parallel.h"

namespace tern {
namespace {

/// [min, max] moved so that 0 is one of the values (Jacob et al.,
/// "Quantization and training of neural networks", 2018).
struct Nudged {
  Nudged(float min, float max, const KernelContext& c) {
    auto bits = c.attr<std::int64_t>("num_bits");
    float first = c.attr<bool>("narrow_range") ? 1 : 0;
    auto last = static_cast<float>((1 << bits) - 1);
    zero = min == 0 && max == 0;
    step = (max - min) / (last - first);
    // TensorFlow divides for a range in attrs, for others it inverts the step:
    // halves are rounded by the last digit.
    bool in_attrs = c.op().find_attr("min") >= 0;
    scale = in_attrs ? (last - first) / (max - min) : 1 / step;
    float from_min = first - min / step;
    float zero_point = from_min < first  ? first
                       : from_min > last ? last
                                         : std::round(from_min);
    low = (first - zero_point) * step;
    high = (last - zero_point) * step;
    zero_level = std::floor(-low * scale + 0.5f);
  }

  float operator()(float x) const {
    if (zero) return 0;
    float limited = std::max(std::min(x, high), low);
    return std::floor((limited - low) * scale - zero_level + 0.5f) * step;
  }

  bool zero;
  float step, scale, low, high;
  float zero_level;  // the level of low that is 0
};

/// One range for all, or one for each channel of the last dimension.
std::vector<Nudged> ranges_of(const KernelContext& c) {
  if (c.op().find_attr("min") >= 0)
    return {Nudged(c.attr<float>("min"), c.attr<float>("max"), c)};
  int min = c.op().input_index("min");
  std::vector<Nudged> ranges;
  for (std::int64_t i = 0; i < c.input(min).num_elements(); ++i) {
    auto k = static_cast<std::size_t>(i);
    ranges.emplace_back(c.in<float>(min)[k], c.in<float>(min + 1)[k], c);
  }
  return ranges;
}

void fake_quant(KernelContext& c) {
  std::vector<Nudged> ranges = ranges_of(c);
  const float* x = c.in<float>(0).data();
  float* y = c.out<float>().data();
  auto channels = static_cast<std::int64_t>(ranges.size());
  if (channels == 0) return;
  parallel_for(c.output().num_elements() / channels,
               8192 / channels + 1,
               [&](std::int64_t first, std::int64_t last) {
                 for (std::int64_t i = first; i < last; ++i)
                   for (std::int64_t k = 0; k < channels; ++k)
                     y[i * channels + k] = ranges[static_cast<std::size_t>(k)](
                         x[i * channels + k]);
               });
}

/// Inputs: gradients, inputs, min, max. What lies beyond the range counts for
/// the side it lies on.
void fake_quant_gradient(KernelContext& c) {
  std::vector<Nudged> ranges = ranges_of(c);
  const float* dy = c.in<float>(0).data();
  const float* x = c.in<float>(1).data();
  float* dx = c.out<float>().data();
  const std::size_t channels = ranges.size();
  std::vector<double> by_min(channels), by_max(channels);
  const auto size = static_cast<std::size_t>(c.output().num_elements());
  for (std::size_t i = 0; i < size; ++i) {
    std::size_t k = channels == 1 ? 0 : i % channels;
    const Nudged& range = ranges[k];
    bool below = !range.zero && x[i] < range.low;
    bool above = !range.zero && x[i] > range.high;
    dx[i] = below || above ? 0 : dy[i];
    if (below) by_min[k] += dy[i];
    if (above) by_max[k] += dy[i];
  }
  if (c.num_outputs() == 1) return;
  for (std::size_t k = 0; k < channels; ++k) {
    c.out<float>(1)[k] = static_cast<float>(by_min[k]);
    c.out<float>(2)[k] = static_cast<float>(by_max[k]);
  }
}

}  // namespace

void register_fake_quant_kernels(KernelRegistry& registry) {
  for (const char* op : {"FakeQuantWithMinMaxArgs",
                         "FakeQuantWithMinMaxVars",
                         "FakeQuantWithMinMaxVarsPerChannel"})
    registry.add(op, {}, fake_quant);
  for (const char* op : {"FakeQuantWithMinMaxArgsGradient",
                         "FakeQuantWithMinMaxVarsGradient",
                         "FakeQuantWithMinMaxVarsPerChannelGradient"})
    registry.add(op, {}, fake_quant_gradient);
}

}  // namespace tern
