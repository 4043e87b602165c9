#include "tern/core/float_types.h"

#include <catch2/catch.hpp>
#include <cmath>

namespace tern {
namespace {

/// The value of a small float by its definition.
double value_of(int bits, int exponent_bits, int mantissa_bits) {
  int sign = bits >> (exponent_bits + mantissa_bits) & 1;
  int exponent = bits >> mantissa_bits & ((1 << exponent_bits) - 1);
  int mantissa = bits & ((1 << mantissa_bits) - 1);
  int bias = (1 << (exponent_bits - 1)) - 1;
  double magnitude = exponent == 0
                         ? std::ldexp(mantissa, 1 - bias - mantissa_bits)
                         : std::ldexp((1 << mantissa_bits) + mantissa,
                                      exponent - bias - mantissa_bits);
  return sign ? -magnitude : magnitude;
}

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

TEST_CASE("all 65536 halves convert to float and back") {
  for (int bits = 0; bits < 65536; ++bits) {
    Half half = Half::from_bits(static_cast<std::uint16_t>(bits));
    float value = half;
    int magnitude = bits & 0x7fff;
    if (magnitude > 0x7c00) {
      if (!std::isnan(value)) FAIL(bits << " must be NaN");
      continue;
    }
    if (magnitude == 0x7c00) {
      if (value != (bits & 0x8000 ? -kInfinity : kInfinity)) FAIL(bits);
    } else if (value != value_of(bits, 5, 10)) {
      FAIL(bits << " became " << value);
    }
    if (Half(value).bits != bits) FAIL(bits << " came back as another half");
  }
}

TEST_CASE("halves round to nearest, ties to even, between every two halves") {
  for (int bits = 0; bits < 0x7bff; ++bits) {
    float low = Half::from_bits(static_cast<std::uint16_t>(bits));
    float high = Half::from_bits(static_cast<std::uint16_t>(bits + 1));
    float middle = low + (high - low) / 2;  // exact in float
    int even = bits & 1 ? bits + 1 : bits;
    if (Half(middle).bits != even) FAIL("tie above " << low);
    if (Half(std::nextafter(middle, low)).bits != bits)
      FAIL("below the tie above " << low);
    if (Half(std::nextafter(middle, high)).bits != bits + 1)
      FAIL("above the tie above " << low);
  }
}

TEST_CASE("halves overflow to infinity and keep NaN and the sign of zero") {
  CHECK(Half(65519.996f).bits == 0x7bff);
  CHECK(Half(65520.f).bits == 0x7c00);
  CHECK(Half(-1e30f).bits == 0xfc00);
  CHECK(std::isnan(static_cast<float>(Half(kNaN))));
  CHECK(Half(-0.f).bits == 0x8000);
  CHECK(Half(0x1p-25f).bits == 0);  // a tie with the smallest subnormal
  CHECK(Half(0x1.000002p-25f).bits == 1);
}

TEST_CASE("bfloat16 is the upper half of a float, rounded to even") {
  for (int bits = 0; bits < 65536; ++bits) {
    BFloat16 b = BFloat16::from_bits(static_cast<std::uint16_t>(bits));
    float value = b;
    if (std::isnan(value)) continue;
    if (BFloat16(value).bits != bits) FAIL(bits);
  }
  CHECK(BFloat16(std::bit_cast<float>(0x3f808000u)).bits == 0x3f80);
  CHECK(BFloat16(std::bit_cast<float>(0x3f818000u)).bits == 0x3f82);
  CHECK(BFloat16(std::bit_cast<float>(0x3f808001u)).bits == 0x3f81);
  CHECK(BFloat16(std::numeric_limits<float>::max()).bits == 0x7f80);
  CHECK(std::isnan(static_cast<float>(BFloat16(kNaN))));
  // A NaN whose upper half would be an infinity.
  CHECK(std::isnan(
      static_cast<float>(BFloat16(std::bit_cast<float>(0x7f800001u)))));
}

TEST_CASE("float8 numbers convert to float and back, ties go to even") {
  for (int bits = 0; bits < 256; ++bits) {
    Float8E5M2 e5m2;
    e5m2.bits = static_cast<std::uint8_t>(bits);
    int magnitude = bits & 0x7f;
    CAPTURE(bits);
    if (magnitude < 0x7c) {
      CHECK(static_cast<float>(e5m2) == value_of(bits, 5, 2));
      CHECK(Float8E5M2(static_cast<float>(e5m2)).bits == bits);
    } else {
      CHECK(std::isinf(static_cast<float>(e5m2)) == (magnitude == 0x7c));
    }
    Float8E4M3FN e4m3;
    e4m3.bits = static_cast<std::uint8_t>(bits);
    if (magnitude < 0x7f) {
      CHECK(static_cast<float>(e4m3) == value_of(bits, 4, 3));
      CHECK(Float8E4M3FN(static_cast<float>(e4m3)).bits == bits);
    } else {
      CHECK(std::isnan(static_cast<float>(e4m3)));
    }
    if (magnitude + 1 < 0x7b) {
      double tie =
          (value_of(magnitude, 5, 2) + value_of(magnitude + 1, 5, 2)) / 2;
      CHECK(Float8E5M2(static_cast<float>(tie)).bits ==
            magnitude + (magnitude & 1));
    }
    if (magnitude + 1 < 0x7e) {
      double tie =
          (value_of(magnitude, 4, 3) + value_of(magnitude + 1, 4, 3)) / 2;
      CHECK(Float8E4M3FN(static_cast<float>(tie)).bits ==
            magnitude + (magnitude & 1));
    }
  }
}

TEST_CASE("float8 numbers overflow as their formats say") {
  CHECK(Float8E5M2(57344.f).bits == 0x7b);
  CHECK(Float8E5M2(61439.f).bits == 0x7b);
  CHECK(Float8E5M2(61440.f).bits == 0x7c);
  CHECK(Float8E5M2(-kInfinity).bits == 0xfc);
  CHECK(Float8E4M3FN(448.f).bits == 0x7e);
  CHECK(Float8E4M3FN(464.f).bits == 0x7e);  // a tie, to even
  CHECK(Float8E4M3FN(465.f).bits == 0x7f);  // there is no infinity: NaN
  CHECK(Float8E4M3FN(kInfinity).bits == 0x7f);
  CHECK(std::isnan(static_cast<float>(Float8E5M2(kNaN))));
}

}  // namespace
}  // namespace tern
