#include "tern/core/float_types.h"

#include <cmath>

namespace tern::detail {
namespace {

/// A small floating-point format whose largest exponent field holds numbers up
/// to `largest` (its code); what rounds beyond becomes `overflow`.
struct SmallFormat {
  int mantissa_bits;
  int min_exponent;  // of the smallest normal number
  std::uint8_t largest;
  std::uint8_t overflow;
  std::uint8_t nan;
};

std::uint8_t encode(float value, const SmallFormat& format) {
  std::uint8_t sign = std::signbit(value) ? 0x80 : 0;
  if (std::isnan(value)) return static_cast<std::uint8_t>(sign | format.nan);
  double magnitude = std::fabs(static_cast<double>(value));
  if (magnitude == 0) return sign;
  if (std::isinf(value))
    return static_cast<std::uint8_t>(sign | format.overflow);
  // In units of the last place of its binade, codes are consecutive integers.
  int exponent = std::max(std::ilogb(magnitude), format.min_exponent);
  double units =
      std::nearbyint(std::ldexp(magnitude, format.mantissa_bits - exponent));
  double code =
      units + std::ldexp(exponent - format.min_exponent, format.mantissa_bits);
  if (code > format.largest)
    return static_cast<std::uint8_t>(sign | format.overflow);
  return static_cast<std::uint8_t>(sign | static_cast<int>(code));
}

constexpr SmallFormat kE5M2{.mantissa_bits = 2,
                            .min_exponent = -14,
                            .largest = 0x7b,
                            .overflow = 0x7c,
                            .nan = 0x7e};
// No infinities: what is too large becomes NaN.
constexpr SmallFormat kE4M3FN{.mantissa_bits = 3,
                              .min_exponent = -6,
                              .largest = 0x7e,
                              .overflow = 0x7f,
                              .nan = 0x7f};

}  // namespace

std::uint8_t float8_e5m2_bits(float value) { return encode(value, kE5M2); }

std::uint8_t float8_e4m3fn_bits(float value) { return encode(value, kE4M3FN); }

float float8_e4m3fn_value(std::uint8_t bits) {
  int magnitude = bits & 0x7f;
  float sign = bits & 0x80 ? -1.f : 1.f;
  if (magnitude == kE4M3FN.nan)
    return std::copysign(std::numeric_limits<float>::quiet_NaN(), sign);
  int exponent = magnitude >> 3;
  int mantissa = magnitude & 7;
  if (exponent == 0) return sign * std::ldexp(static_cast<float>(mantissa), -9);
  return sign * std::ldexp(static_cast<float>(8 + mantissa), exponent - 10);
}

}  // namespace tern::detail
