#pragma once

#include <cstdint>
#include <type_traits>

#include "tern/core/float_types.h"

#ifdef __F16C__
#include <immintrin.h>
#endif

namespace tern::kernels {

template <class T>
inline constexpr bool is_narrow = false;
template <>
inline constexpr bool is_narrow<Half> = true;
template <>
inline constexpr bool is_narrow<BFloat16> = true;

/// Elements converted at a time.
inline constexpr std::int64_t kNarrowBlock = 256;

template <class Narrow>
void widen(const Narrow* __restrict x, float* __restrict y, std::int64_t n) {
  std::int64_t i = 0;
#ifdef __F16C__
  if constexpr (std::is_same_v<Narrow, Half>)
    for (; i + 8 <= n; i += 8)
      _mm256_storeu_ps(y + i,
                       _mm256_cvtph_ps(_mm_loadu_si128(
                           reinterpret_cast<const __m128i*>(x + i))));
#endif
  for (; i < n; ++i) y[i] = static_cast<float>(x[i]);
}

template <class Narrow>
void narrow(const float* __restrict x, Narrow* __restrict y, std::int64_t n) {
  std::int64_t i = 0;
#ifdef __F16C__
  if constexpr (std::is_same_v<Narrow, Half>)
    for (; i + 8 <= n; i += 8)
      _mm_storeu_si128(
          reinterpret_cast<__m128i*>(y + i),
          _mm256_cvtps_ph(_mm256_loadu_ps(x + i), _MM_FROUND_TO_NEAREST_INT));
#endif
  for (; i < n; ++i) y[i] = Narrow(x[i]);
}

}  // namespace tern::kernels
