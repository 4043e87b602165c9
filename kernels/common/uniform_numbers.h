#pragma once

#include <bit>
#include <cstdint>

#include "kernels/common/narrow_floats.h"
#include "tern/core/philox.h"

// Philox counters side by side, and numbers of [0, 1) made of their words as
// TensorFlow makes them.

namespace tern::kernels {

inline constexpr int kPhiloxWords = 4;
/// Counters computed side by side, so that the rounds run in vector registers:
/// compilers take shorter loops apart before they look for vectors in them.
inline constexpr int kPhiloxLanes = 32;

using PhiloxLanes = std::uint32_t[kPhiloxWords][kPhiloxLanes];

/// Ten rounds on kPhiloxLanes counters in a row, from `first` on.
inline void philox_lanes(const Philox& first, PhiloxLanes& words) {
  auto join = [](std::uint32_t lower, std::uint32_t upper) {
    return std::uint64_t{upper} << 32 | lower;
  };
  const std::uint64_t low = join(first.counter()[0], first.counter()[1]);
  const std::uint64_t high = join(first.counter()[2], first.counter()[3]);
  for (std::uint64_t l = 0; l < kPhiloxLanes; ++l) {
    const std::uint64_t lower = low + l;
    const std::uint64_t upper = high + (lower < low ? 1 : 0);
    words[0][l] = static_cast<std::uint32_t>(lower);
    words[1][l] = static_cast<std::uint32_t>(lower >> 32);
    words[2][l] = static_cast<std::uint32_t>(upper);
    words[3][l] = static_cast<std::uint32_t>(upper >> 32);
  }
  std::uint32_t key0 = first.key()[0], key1 = first.key()[1];
  for (int round = 0; round < 10; ++round) {
    for (int l = 0; l < kPhiloxLanes; ++l) {
      std::uint64_t a = std::uint64_t{0xD2511F53u} * words[0][l];
      std::uint64_t b = std::uint64_t{0xCD9E8D57u} * words[2][l];
      words[0][l] = static_cast<std::uint32_t>(b >> 32) ^ words[1][l] ^ key0;
      words[1][l] = static_cast<std::uint32_t>(b);
      words[2][l] = static_cast<std::uint32_t>(a >> 32) ^ words[3][l] ^ key1;
      words[3][l] = static_cast<std::uint32_t>(a);
    }
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
}

/// Low bits as the mantissa of a number in [1, 2), less 1.
inline float unit_float(std::uint32_t word) {
  return std::bit_cast<float>((word & 0x7fffffu) | 0x3f800000u) - 1.0f;
}
inline double unit_double(std::uint32_t upper, std::uint32_t lower) {
  std::uint64_t bits = std::uint64_t{upper & 0xfffffu} << 32 | lower;
  return std::bit_cast<double>(bits | std::uint64_t{0x3ff} << 52) - 1.0;
}
inline Half unit_half(std::uint32_t word) {
  auto bits = static_cast<std::uint16_t>((word & 0x3ffu) | 0x3c00u);
  return Half(float(Half::from_bits(bits)) - 1.0f);
}
inline BFloat16 unit_bfloat16(std::uint32_t word) {
  auto bits = static_cast<std::uint16_t>((word & 0x7fu) | 0x3f80u);
  return BFloat16(float(BFloat16::from_bits(bits)) - 1.0f);
}

}  // namespace tern::kernels
