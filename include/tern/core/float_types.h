#pragma once

#include <bit>
#include <cstdint>
#include <limits>

namespace tern {

/// Narrow floating-point types: storage only, arithmetic goes through float.
/// Conversions from float round to nearest, ties to even.

namespace detail {

constexpr std::uint16_t half_bits(float value) {
  std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
  std::uint32_t sign = (bits >> 16) & 0x8000u;
  bits &= 0x7fffffffu;
  if (bits > 0x7f800000u) return static_cast<std::uint16_t>(sign | 0x7e00u);
  // 65520 and above round to infinity.
  if (bits >= 0x477ff000u) return static_cast<std::uint16_t>(sign | 0x7c00u);
  if (bits < 0x38800000u) {  // subnormal in half: align to 2^-24 by an addition
    float aligned = std::bit_cast<float>(bits) + 0.5f;
    return static_cast<std::uint16_t>(
        sign | (std::bit_cast<std::uint32_t>(aligned) - 0x3f000000u));
  }
  std::uint32_t odd = (bits >> 13) & 1u;
  bits += 0xc8000fffu + odd;  // re-bias the exponent (15 - 127) and round
  return static_cast<std::uint16_t>(sign | (bits >> 13));
}

constexpr float half_value(std::uint16_t half) {
  std::uint32_t sign = static_cast<std::uint32_t>(half & 0x8000u) << 16;
  std::uint32_t magnitude = half & 0x7fffu;
  std::uint32_t bits;
  if (magnitude >= 0x7c00u) {  // infinity, NaN
    bits = 0x7f800000u | ((magnitude & 0x3ffu) << 13);
  } else if (magnitude < 0x400u) {  // zero, subnormal
    bits =
        std::bit_cast<std::uint32_t>(static_cast<float>(magnitude) * 0x1p-24f);
  } else {
    bits = (magnitude << 13) + ((127u - 15u) << 23);
  }
  return std::bit_cast<float>(sign | bits);
}

constexpr std::uint16_t bfloat16_bits(float value) {
  std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
  if ((bits & 0x7fffffffu) > 0x7f800000u)  // NaN stays quiet NaN
    return static_cast<std::uint16_t>((bits >> 16 & 0x8000u) | 0x7fc0u);
  bits += 0x7fffu + ((bits >> 16) & 1u);
  return static_cast<std::uint16_t>(bits >> 16);
}

/// Rounds a half-precision pattern to the upper byte: float8_e5m2 is half's
/// format with eight mantissa bits fewer. Rounds from float directly, since
/// rounding twice would differ.
std::uint8_t float8_e5m2_bits(float value);
std::uint8_t float8_e4m3fn_bits(float value);
float float8_e4m3fn_value(std::uint8_t bits);

}  // namespace detail

/// IEEE binary16.
struct Half {
  std::uint16_t bits = 0;

  constexpr Half() = default;
  constexpr Half(float value) : bits(detail::half_bits(value)) {}
  static constexpr Half from_bits(std::uint16_t bits) {
    Half h;
    h.bits = bits;
    return h;
  }
  constexpr operator float() const { return detail::half_value(bits); }
};

/// The upper half of an IEEE binary32.
struct BFloat16 {
  std::uint16_t bits = 0;

  constexpr BFloat16() = default;
  constexpr BFloat16(float value) : bits(detail::bfloat16_bits(value)) {}
  static constexpr BFloat16 from_bits(std::uint16_t bits) {
    BFloat16 b;
    b.bits = bits;
    return b;
  }
  constexpr operator float() const {
    return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
  }
};

/// 1 sign, 5 exponent, 2 mantissa bits, with infinities (OCP FP8 E5M2).
struct Float8E5M2 {
  std::uint8_t bits = 0;

  constexpr Float8E5M2() = default;
  Float8E5M2(float value) : bits(detail::float8_e5m2_bits(value)) {}
  operator float() const {
    return detail::half_value(static_cast<std::uint16_t>(bits << 8));
  }
};

/// 1 sign, 4 exponent, 3 mantissa bits, no infinities (OCP FP8 E4M3).
struct Float8E4M3FN {
  std::uint8_t bits = 0;

  constexpr Float8E4M3FN() = default;
  Float8E4M3FN(float value) : bits(detail::float8_e4m3fn_bits(value)) {}
  operator float() const { return detail::float8_e4m3fn_value(bits); }
};

}  // namespace tern

template <>
struct std::numeric_limits<tern::Half> {
  static constexpr bool is_specialized = true;
  static constexpr bool has_infinity = true;
  static constexpr tern::Half lowest() { return tern::Half(-65504.f); }
  static constexpr tern::Half max() { return tern::Half(65504.f); }
  static constexpr tern::Half infinity() {
    return tern::Half::from_bits(0x7c00);
  }
  static constexpr tern::Half quiet_NaN() {
    return tern::Half::from_bits(0x7e00);
  }
};

template <>
struct std::numeric_limits<tern::BFloat16> {
  static constexpr bool is_specialized = true;
  static constexpr bool has_infinity = true;
  static constexpr tern::BFloat16 lowest() {
    return tern::BFloat16::from_bits(0xff7f);
  }
  static constexpr tern::BFloat16 max() {
    return tern::BFloat16::from_bits(0x7f7f);
  }
  static constexpr tern::BFloat16 infinity() {
    return tern::BFloat16::from_bits(0x7f80);
  }
  static constexpr tern::BFloat16 quiet_NaN() {
    return tern::BFloat16::from_bits(0x7fc0);
  }
};
