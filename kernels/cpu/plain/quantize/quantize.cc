// QuantizeV2 and Dequantize, in TensorFlow's three modes.

#include <cmath>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include "kernels/common/conversions.h"
#include "kernels/cpu/plain/quantize/quantization.h"
#include "kernels/cpu/plain/quantize/quantized_range.h"
#include "ops/kernel.h"
#include "tern/core/error.h"

namespace tern {
namespace {

using quantize::Slices;

enum class Mode { kMinCombined, kMinFirst, kScaled };

Mode mode_of(const KernelContext& c) {
  const auto& mode = c.attr<std::string>("mode");
  return mode == "MIN_COMBINED" ? Mode::kMinCombined
         : mode == "MIN_FIRST"  ? Mode::kMinFirst
                                : Mode::kScaled;
}

template <class T>
inline constexpr double kLowest =
    static_cast<double>(std::numeric_limits<T>::min());
template <class T>
inline constexpr double kHighest =
    static_cast<double>(std::numeric_limits<T>::max());
/// MIN_COMBINED moves signed integers by half their range.
template <class T>
inline constexpr float kHalfRange = static_cast<float>(
    std::is_signed_v<T> ? (kHighest<T> - kLowest<T> + 1) / 2 : 0);

/// The largest factor that keeps [low, high] within [least, most], the sides
/// being multiples of it then.
struct Scaling {
  Scaling(float low, float high, float least, float most) {
    constexpr float kNone = std::numeric_limits<float>::max();
    float by_low = least * low > 0 ? least / low : kNone;
    float by_high = most * high > 0 ? most / high : kNone;
    factor = std::min(by_low, by_high);
    this->low = least / factor;
    this->high = most / factor;
  }
  float factor, low, high;
};

template <class T>
struct Quantizer {
  DType dtype;
  Mode mode;
  bool half_to_even, narrow_range;
  float low, high;

  /// Quantizes elements, and leaves the range that was used. The largest qint32
  /// is no float: what is beyond it wraps, as in TensorFlow.
  void run(const float* x, T* y, std::int64_t count) {
    auto limited = [&](float v) { return std::max(std::min(v, high), low); };
    if (mode == Mode::kMinFirst) {
      MinFirstRange range(dtype, low, high);
      for (std::int64_t i = 0; i < count; ++i)
        y[i] = static_cast<T>(range.clamped(x[i]));
    } else if (mode == Mode::kMinCombined) {
      auto scale =
          static_cast<float>((kHighest<T> - kLowest<T>) / (high - low));
      for (std::int64_t i = 0; i < count; ++i) {
        float v = (limited(x[i]) - low) * scale;
        y[i] = kernels::convert<T>(
            std::is_signed_v<T> ? std::round(v - kHalfRange<T>) : v + 0.5f);
      }
    } else {
      Scaling scaling(low,
                      high,
                      static_cast<float>(kLowest<T> + (narrow_range ? 1 : 0)),
                      static_cast<float>(kHighest<T>));
      low = scaling.low;
      high = scaling.high;
      for (std::int64_t i = 0; i < count; ++i) {
        float v = limited(x[i]) * scaling.factor;
        y[i] = kernels::convert<T>(half_to_even ? std::nearbyint(v)
                                                : std::round(v));
      }
    }
  }
};

/// Inputs: input, min_range, max_range (scalars, or a number a slice).
template <class T>
void quantize_v2(KernelContext& c) {
  Slices slices(c.input(0).shape(), c.attr<std::int64_t>("axis"));
  const float* x = c.in<float>(0).data();
  T* y = static_cast<T*>(c.output(0).mutable_data());
  std::vector<Quantizer<T>> quantizers;
  const float least = c.attr<float>("ensure_minimum_range");
  for (std::int64_t i = 0; i < slices.count; ++i) {
    float low = c.in<float>(1)[static_cast<std::size_t>(i)];
    float high = c.in<float>(2)[static_cast<std::size_t>(i)];
    if (low > high)
      throw InvalidArgumentError(
          "input_max_range must be larger than input_min_range, got ",
          high,
          " and ",
          low);
    // The range contains 0, and is no narrower than what rounding allows.
    float epsilon =
        std::max(1.0f, std::max(std::abs(low), std::abs(high))) * least;
    low = std::min(0.0f, low);
    high = std::max(0.0f, std::max(high, low + epsilon));
    quantizers.push_back({c.output(0).dtype(),
                          mode_of(c),
                          c.attr<std::string>("round_mode") == "HALF_TO_EVEN",
                          c.attr<bool>("narrow_range"),
                          low,
                          high});
  }
  std::vector<Quantizer<T>> used = quantizers;
  slices.for_each(
      c.input(0).num_elements(),
      [&](std::int64_t slice, std::int64_t begin, std::int64_t end) {
        auto i = static_cast<std::size_t>(slice);
        used[i] = quantizers[i];
        used[i].run(x + begin, y + begin, end - begin);
      });
  for (std::int64_t i = 0; i < slices.count; ++i) {
    auto k = static_cast<std::size_t>(i);
    if (c.input(0).num_elements() == 0) used[k].run(x, y, 0);
    c.out<float>(1)[k] = used[k].low;
    c.out<float>(2)[k] = used[k].high;
  }
}

/// Inputs: input, min_range, max_range.
template <class T, class To>
void dequantize(KernelContext& c) {
  Slices slices(c.input(0).shape(), c.attr<std::int64_t>("axis"));
  const T* x = static_cast<const T*>(c.input(0).raw_data());
  To* y = c.output().data<To>();
  Mode mode = mode_of(c);
  const double least = kLowest<T> + (c.attr<bool>("narrow_range") ? 1 : 0);
  slices.for_each(
      c.input(0).num_elements(),
      [&](std::int64_t slice, std::int64_t begin, std::int64_t end) {
        float low = c.in<float>(1)[static_cast<std::size_t>(slice)];
        float high = c.in<float>(2)[static_cast<std::size_t>(slice)];
        MinFirstRange range(c.input(0).dtype(), low, high);
        auto combined =
            static_cast<float>((high - low) / (kHighest<T> - kLowest<T>));
        auto by_high = static_cast<float>(high / kHighest<T>);
        float scaled = std::is_signed_v<T>
                           ? std::max(static_cast<float>(low / least), by_high)
                           : by_high;
        for (std::int64_t i = begin; i < end; ++i) {
          auto v = static_cast<float>(x[i]);
          float result = mode == Mode::kMinFirst ? range.to_float(v)
                         : mode == Mode::kMinCombined
                             ? (v + kHalfRange<T>)*combined + low
                             : v * scaled;
          y[i] = kernels::convert<To>(result);
        }
      });
}

}  // namespace

void register_quantize_kernels(KernelRegistry& registry) {
  for (DType dtype : {qint8, quint8, qint16, quint16, qint32})
    quantize::visit_quantized(dtype, [&](auto zero) {
      using T = decltype(zero);
      registry.add("QuantizeV2", {{"T", dtype}}, quantize_v2<T>);
      registry.add("Dequantize",
                   {{"T", dtype}, {"dtype", float32}},
                   dequantize<T, float>);
      registry.add("Dequantize",
                   {{"T", dtype}, {"dtype", bfloat16}},
                   dequantize<T, BFloat16>);
    });
}

}  // namespace tern
