#pragma once

#include <bit>
#include <limits>

#include "kernels/cpu/reduction_loops.h"

namespace tern::kernels {

/// The half nearest to a sum of two halves. Such a sum is a multiple of the
/// smallest half, so that only its leading 11 digits need rounding.
inline float round_sum_to_half(float sum) {
  auto bits = std::bit_cast<std::uint32_t>(sum);
  bits += 0x0fff + (bits >> 13 & 1);  // ties to even
  auto rounded = std::bit_cast<float>(bits & ~0x1fffu);
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  if (rounded >= 65536) return kInfinity;
  if (rounded <= -65536) return -kInfinity;
  return rounded;
}

/// Sums of neighbouring halves, in TensorFlow's order and with a rounding
/// after every addition as there: large sums of halves differ visibly from
/// those of floats. Sums down columns stay in float: TensorFlow's get stuck
/// where an element is less than half a unit of the sum (2048 + 0.9 = 2048).
struct HalfSumLoops : ReductionLoops<SumReducer, Half> {
  /// Four packets of eight, the longest run that is not halved.
  static constexpr std::int64_t kPacket = 8;
  static constexpr std::int64_t kLeaf = 200 * kPacket;

  static float add(float a, float b) { return round_sum_to_half(a + b); }

  [[gnu::noinline]] static float fold_leaf(const Half* x, std::int64_t n) {
    float wide[kLeaf];
    widen(x, wide, n);
    float lanes[kLanes] = {};
    std::int64_t i = 0;
    for (; i + kLanes <= n; i += kLanes)
      for (std::int64_t j = 0; j < kLanes; ++j)
        lanes[j] = add(lanes[j], wide[i + j]);
    for (std::int64_t packet = kPacket; packet < kLanes; packet += kPacket)
      for (std::int64_t j = 0; j < kPacket; ++j)
        lanes[j] = add(lanes[j], lanes[packet + j]);
    for (; i + kPacket <= n; i += kPacket)
      for (std::int64_t j = 0; j < kPacket; ++j)
        lanes[j] = add(lanes[j], wide[i + j]);
    float rest = 0;
    for (; i < n; ++i) rest = add(rest, wide[i]);
    // The lanes of a packet merge without roundings in between.
    for (std::int64_t half = kPacket / 2; half > 0; half /= 2)
      for (std::int64_t j = 0; j < half; ++j) lanes[j] += lanes[j + half];
    return add(rest, round_sum_to_half(lanes[0]));
  }

  [[gnu::noinline]] static float fold_tree(const Half* x, std::int64_t n) {
    if (n <= kLeaf) return fold_leaf(x, n);
    std::int64_t left = ((n + 1) / 2 + kPacket - 1) / kPacket * kPacket;
    return add(fold_tree(x, left), fold_tree(x + left, n - left));
  }

  static void fold(void* accumulator, const void* data, std::int64_t n) {
    *static_cast<float*>(accumulator) +=
        fold_tree(static_cast<const Half*>(data), n);
  }

  static void fold_segments(void* accumulators,
                            const void* data,
                            std::int64_t n,
                            std::int64_t length) {
    const Half* x = static_cast<const Half*>(data);
    for (std::int64_t k = 0; k < n; ++k)
      fold(static_cast<float*>(accumulators) + k, x + k * length, length);
  }

  static constexpr Reduction reduction() {
    Reduction result = kReduction;
    result.fold = fold;
    result.fold_segments = fold_segments;
    return result;
  }
};

}  // namespace tern::kernels
