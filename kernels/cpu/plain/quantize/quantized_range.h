#pragma once

#include <cmath>
#include <cstdint>

#include "tern/core/dtype.h"

namespace tern {

/// Least and greatest integer of a quantized dtype.
struct QuantizedLimits {
  explicit QuantizedLimits(DType dtype) {
    const bool is_signed = dtype == qint8 || dtype == qint16 || dtype == qint32;
    bits = static_cast<int>(dtype.size()) * 8;
    const std::int64_t steps = std::int64_t{1} << bits;
    lowest = is_signed ? -steps / 2 : 0;
    highest = lowest + steps - 1;
  }
  int bits;
  std::int64_t lowest, highest;
  double levels() const { return static_cast<double>(highest - lowest); }
  double clamped(double value) const {
    const auto low = static_cast<double>(lowest);
    const auto high = static_cast<double>(highest);
    return value < low ? low : value > high ? high : value;
  }
};

/// How TensorFlow's "MIN_FIRST" maps floats between `min` and `max` to
/// integers and back: 0 lies on a level. Which operations are done in float
/// decides where halves round to.
class MinFirstRange {
 public:
  MinFirstRange(DType dtype, float min, float max)
      : limits_(dtype), min_(min), is_point_(min == max) {
    const double steps = std::ldexp(1.0, limits_.bits);
    const double range =
        static_cast<double>(max - min) * (steps / (steps - 1.0));
    per_unit_ = is_point_ ? 0 : steps / range;
    unit_ = range / steps;
    const auto unit = static_cast<float>(unit_);
    rounded_min_ = is_point_ ? min : std::round(min / unit) * unit;
  }

  /// Not clamped to what the dtype holds.
  double to_quantized(float value) const {
    const auto lowest = static_cast<double>(limits_.lowest);
    if (is_point_) return lowest;
    return std::round(value * per_unit_) - std::round(min_ * per_unit_) +
           lowest;
  }
  double clamped(float value) const {
    return limits_.clamped(to_quantized(value));
  }
  float to_float(double quantized) const {
    if (is_point_) return min_;
    const double offset = quantized - static_cast<double>(limits_.lowest);
    return static_cast<float>(static_cast<double>(rounded_min_) +
                              offset * unit_);
  }

 private:
  QuantizedLimits limits_;
  float min_;
  bool is_point_;
  double per_unit_ = 0, unit_ = 0;
  float rounded_min_ = 0;
};

}  // namespace tern
