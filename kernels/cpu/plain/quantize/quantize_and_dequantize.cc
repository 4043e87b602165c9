// QuantizeAndDequantize: floats rounded to multiples of a step, as integers of
// num_bits would hold them.

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "kernels/cpu/plain/math/element_types.h"
#include "kernels/cpu/plain/quantize/quantization.h"
#include "ops/kernel.h"
#include "tern/core/error.h"

namespace tern {
namespace {

using quantize::Slices;

/// The attrs, which not all versions have.
struct Rounding {
  explicit Rounding(const KernelContext& c)
      : is_signed(c.attr<bool>("signed_input")),
        range_given(c.attr<bool>("range_given")) {
    auto has = [&](const char* attr) { return c.op().find_attr(attr) >= 0; };
    if (has("narrow_range")) narrow_range = c.attr<bool>("narrow_range");
    if (has("axis")) axis = c.attr<std::int64_t>("axis");
    if (has("round_mode"))
      half_up = c.attr<std::string>("round_mode") == "HALF_UP";
    bits = has("num_bits") ? c.attr<std::int64_t>("num_bits") : c.host_int(3);
    if (bits <= 0 || bits >= (is_signed ? 62 : 63))
      throw InvalidArgumentError("num_bits is out of range: ",
                                 bits,
                                 " with signed_input ",
                                 is_signed ? "true" : "false");
  }

  double least() const {
    if (!is_signed) return 0;
    return -std::ldexp(1.0, static_cast<int>(bits) - 1) +
           (narrow_range ? 1 : 0);
  }
  double most() const {
    return std::ldexp(1.0, static_cast<int>(bits) - (is_signed ? 1 : 0)) - 1;
  }

  bool is_signed, range_given;
  bool narrow_range = false, half_up = false;
  std::int64_t axis = -1, bits = 8;
};

/// The largest scale that keeps [low, high] within the integers; the other side
/// of the range is widened to theirs.
template <class T>
struct Scale {
  Scale(T low, T high, const Rounding& rounding) : low(low), high(high) {
    constexpr T kNone = std::numeric_limits<T>::max();
    T least = static_cast<T>(rounding.least());
    T most = static_cast<T>(rounding.most());
    T by_low = least * low > 0 ? least / low : kNone;
    T by_high = most * high > 0 ? most / high : kNone;
    if (by_low < by_high) {
      scale = by_low;
      inverse = low / least;
      this->high = most * inverse;
    } else {
      scale = by_high;
      inverse = high / most;
      this->low = least * inverse;
    }
  }
  T low, high, scale, inverse;
};

/// The range of one slice: given as attrs or inputs, else that of its elements.
template <class T>
std::vector<std::pair<T, T>> ranges_of(const KernelContext& c,
                                       const Rounding& rounding,
                                       const Slices& slices) {
  auto count = static_cast<std::size_t>(slices.count);
  std::vector<std::pair<T, T>> ranges(count);
  if (rounding.range_given) {
    for (std::size_t i = 0; i < count; ++i) {
      if (c.num_inputs() > 1)
        ranges[i] = {c.in<T>(1)[i], c.in<T>(2)[i]};
      else
        ranges[i] = {static_cast<T>(c.attr<float>("input_min")),
                     static_cast<T>(c.attr<float>("input_max"))};
      if (ranges[i].first > ranges[i].second)
        throw InvalidArgumentError("Invalid range: input_min ",
                                   ranges[i].first,
                                   " > input_max ",
                                   ranges[i].second);
    }
    return ranges;
  }
  constexpr T kInfinity = std::numeric_limits<T>::infinity();
  for (auto& range : ranges) range = {kInfinity, -kInfinity};
  const T* x = c.in<T>(0).data();
  slices.for_each(
      c.input(0).num_elements(),
      [&](std::int64_t slice, std::int64_t begin, std::int64_t end) {
        auto& [low, high] = ranges[static_cast<std::size_t>(slice)];
        for (std::int64_t i = begin; i < end; ++i) {
          low = std::min(low, x[i]);
          high = std::max(high, x[i]);
        }
      });
  return ranges;
}

template <class T>
void quantize_and_dequantize(KernelContext& c) {
  Rounding rounding(c);
  Slices slices(c.input(0).shape(), rounding.axis);
  std::vector<std::pair<T, T>> ranges = ranges_of<T>(c, rounding, slices);
  const T* x = c.in<T>(0).data();
  T* y = c.out<T>().data();
  slices.for_each(
      c.input(0).num_elements(),
      [&](std::int64_t slice, std::int64_t begin, std::int64_t end) {
        auto [low, high] = ranges[static_cast<std::size_t>(slice)];
        Scale<T> scale(low, high, rounding);
        for (std::int64_t i = begin; i < end; ++i) {
          T v = x[i];
          // A range that was found holds all elements.
          if (rounding.range_given)
            v = std::max(std::min(v, scale.high), scale.low);
          v *= scale.scale;
          v = rounding.half_up ? std::floor(v + T(0.5)) : std::nearbyint(v);
          y[i] = v * scale.inverse;
        }
      });
}

/// Inputs: gradients, input, input_min, input_max: 1 within the range, 0 beyond
/// it, and, as in TensorFlow, 0 for the range itself.
template <class T>
void quantize_and_dequantize_gradient(KernelContext& c) {
  Slices slices(c.input(1).shape(), c.attr<std::int64_t>("axis"));
  const T* dy = c.in<T>(0).data();
  const T* x = c.in<T>(1).data();
  T* dx = c.out<T>(0).data();
  slices.for_each(
      c.input(1).num_elements(),
      [&](std::int64_t slice, std::int64_t begin, std::int64_t end) {
        auto k = static_cast<std::size_t>(slice);
        T low = c.in<T>(2)[k], high = c.in<T>(3)[k];
        for (std::int64_t i = begin; i < end; ++i)
          dx[i] = x[i] < low || x[i] > high ? T(0) : dy[i];
      });
  for (int range : {1, 2})
    std::fill_n(c.out<T>(range).data(), slices.count, T(0));
}

}  // namespace

void register_quantize_and_dequantize_kernels(KernelRegistry& registry) {
  for_each_type<float, double>([&](auto tag) {
    using T = typename decltype(tag)::type;
    for (const char* op : {"QuantizeAndDequantize",
                           "QuantizeAndDequantizeV2",
                           "QuantizeAndDequantizeV3",
                           "QuantizeAndDequantizeV4"})
      registry.add(op, {{"T", dtype_of<T>}}, quantize_and_dequantize<T>);
    registry.add("QuantizeAndDequantizeV4Grad",
                 {{"T", dtype_of<T>}},
                 quantize_and_dequantize_gradient<T>);
  });
}

}  // namespace tern
