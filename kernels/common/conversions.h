#pragma once

#include <cmath>
#include <complex>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "tern/core/float_types.h"

namespace tern::kernels {

/// The integer part, the lowest integer for NaN and out of range: what x86's
/// conversions do, and TensorFlow by them.
template <class Integer, class Float>
Integer truncate_to(Float x) {
  constexpr Float kLowest =
      static_cast<Float>(std::numeric_limits<Integer>::min());
  bool fits = x >= kLowest && x < -kLowest;
  return fits ? static_cast<Integer>(x) : std::numeric_limits<Integer>::min();
}

/// TensorFlow's Cast of one real number. Narrow floats go through float.
template <class To, class From>
To convert(From x) {
  if constexpr (std::is_same_v<To, From>) {
    return x;
  } else if constexpr (std::is_same_v<To, bool>) {
    return x != From(0);  // true for NaN
  } else if constexpr (std::is_floating_point_v<From> &&
                       std::is_integral_v<To>) {
    if constexpr (std::is_same_v<To, std::uint64_t>) {
      // The upper half of the range lies beyond int64.
      constexpr From kHalf = static_cast<From>(0x1p63);
      if (!(x >= kHalf)) return static_cast<To>(truncate_to<std::int64_t>(x));
      bool fits = x < 2 * kHalf;
      return static_cast<To>(fits ? static_cast<std::int64_t>(x - kHalf) : 0) ^
             (std::uint64_t{1} << 63);
    } else if constexpr (sizeof(To) == 8 || std::is_same_v<To, std::uint32_t>) {
      return static_cast<To>(truncate_to<std::int64_t>(x));
    } else {
      return static_cast<To>(truncate_to<std::int32_t>(x));
    }
  } else if constexpr (std::is_arithmetic_v<To>) {
    return static_cast<To>(x);
  } else {
    return To(static_cast<float>(x));
  }
}

}  // namespace tern::kernels
