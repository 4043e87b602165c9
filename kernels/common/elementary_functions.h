#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

// Elementary functions without branches or table look-ups, so that a loop over
// them vectorises for every instruction set. Within 2 ulp unless said
// otherwise. Ranges are reduced after W. J. Cody and W. Waite, "Software
// Manual for the Elementary Functions"; polynomials are those of S. L. Moshier,
// "Methods and Programs for Mathematical Functions" (Cephes).

namespace tern::kernels {

/// Bit layout of a floating-point format and the constants that follow.
template <class T>
struct FloatFormat;

template <>
struct FloatFormat<float> {
  using Bits = std::int32_t;
  static constexpr int kMantissaBits = 23;
  static constexpr Bits kExponentBias = 127;
  /// Adding it rounds to an integer, which then stands in the low bits.
  static constexpr float kRounder = 0x1.8p23f;
  static constexpr Bits kSqrtHalf = 0x3f3504f3;  // the bits of sqrt(1/2)
  /// exp is 0 below, infinite above.
  static constexpr float kExpLowest = -104.0f, kExpHighest = 88.8f;
};

template <>
struct FloatFormat<double> {
  using Bits = std::int64_t;
  static constexpr int kMantissaBits = 52;
  static constexpr Bits kExponentBias = 1023;
  static constexpr double kRounder = 0x1.8p52;
  static constexpr Bits kSqrtHalf = 0x3fe6a09e667f3bcd;
  static constexpr double kExpLowest = -746.0, kExpHighest = 709.9;
};

/// The coefficients from the highest power down, by Horner's rule.
template <class T>
constexpr T polynomial(T, T coefficient) {
  return coefficient;
}
template <class T, class... Rest>
constexpr T polynomial(T x, T highest, T next, Rest... rest) {
  return polynomial(x, highest * x + next, rest...);
}

/// 2^n for n within the exponents of normal numbers.
template <class T>
inline T power_of_two(typename FloatFormat<T>::Bits n) {
  using F = FloatFormat<T>;
  return std::bit_cast<T>((n + F::kExponentBias) << F::kMantissaBits);
}

template <class T>
struct ReducedExponent {
  T remainder;                          // in [-ln(2)/2, ln(2)/2]
  typename FloatFormat<T>::Bits power;  // x = power ln(2) + remainder
};

template <class T>
inline ReducedExponent<T> reduce_exponent(T x) {
  using F = FloatFormat<T>;
  using Bits = typename F::Bits;
  constexpr T kLn2High = T(0.693359375);  // few bits: its multiples are exact
  constexpr T kLn2Low = T(-2.121944400546905827679e-4);
  T shifted = x * T(1.4426950408889634074) + F::kRounder;
  T n = shifted - F::kRounder;
  return {(x - n * kLn2High) - n * kLn2Low,
          std::bit_cast<Bits>(shifted) - std::bit_cast<Bits>(F::kRounder)};
}

/// exp(r) - 1 for |r| <= ln(2)/2.
inline float expm1_near_zero(float r) {
  float p = polynomial(r,
                       1.9875691500e-4f,
                       1.3981999507e-3f,
                       8.3334519073e-3f,
                       4.1665795894e-2f,
                       1.6666665459e-1f,
                       5.0000001201e-1f);
  return p * (r * r) + r;
}
inline double expm1_near_zero(double r) {
  double r2 = r * r;
  double p = r * polynomial(r2,
                            1.26177193074810590878e-4,
                            3.02994407707441961300e-2,
                            9.99999999999999999910e-1);
  double q = polynomial(r2,
                        3.00198505138664455042e-6,
                        2.52448340349684104192e-3,
                        2.27265548208155028766e-1,
                        2.00000000000000000005e0);
  return 2 * p / (q - p);
}

template <class T>
inline T clamp_keeping_nan(T x, T low, T high) {
  x = x < low ? low : x;
  return x > high ? high : x;
}

template <class T>
inline T exp_of(T x) {
  using F = FloatFormat<T>;
  auto [r, n] =
      reduce_exponent(clamp_keeping_nan(x, F::kExpLowest, F::kExpHighest));
  // In two steps, for results at either end of the range.
  auto half = n >> 1;
  return (expm1_near_zero(r) + 1) * power_of_two<T>(half) *
         power_of_two<T>(n - half);
}

template <class T>
inline T expm1_of(T x) {
  // Below -40 the result is -1 in either format.
  auto [r, n] = reduce_exponent(
      clamp_keeping_nan(x, T(-40), FloatFormat<T>::kExpHighest));
  T half_power = power_of_two<T>(n - 1);
  T result = (expm1_near_zero(r) * half_power + (half_power - T(0.5))) * 2;
  return x == 0 ? x : result;
}

/// log(1 + f) - f for 1 + f in [sqrt(1/2), sqrt(2)].
inline float log1p_less_argument(float f) {
  float p = polynomial(f,
                       7.0376836292e-2f,
                       -1.1514610310e-1f,
                       1.1676998740e-1f,
                       -1.2420140846e-1f,
                       1.4249322787e-1f,
                       -1.6668057665e-1f,
                       2.0000714765e-1f,
                       -2.4999993993e-1f,
                       3.3333331174e-1f);
  return p * f * (f * f) - 0.5f * (f * f);
}
inline double log1p_less_argument(double f) {
  double p = polynomial(f,
                        1.01875663804580931796e-4,
                        4.97494994976747001425e-1,
                        4.70579119878881725854e0,
                        1.44989225341610930846e1,
                        1.79368678507819816313e1,
                        7.70838733755885391666e0);
  double q = polynomial(f,
                        1.0,
                        1.12873587189167450590e1,
                        4.52279145837532221105e1,
                        8.29875266912776603211e1,
                        7.11544750618563894466e1,
                        2.31251620126765340583e1);
  return f * (f * f) * (p / q) - 0.5 * (f * f);
}

template <class T>
inline T log_of(T x) {
  using F = FloatFormat<T>;
  using Bits = typename F::Bits;
  using Unsigned = std::make_unsigned_t<Bits>;  // bits wrap
  using Limits = std::numeric_limits<T>;
  constexpr T kUnderflowScale = T(Bits(1) << F::kMantissaBits);
  bool subnormal = x < Limits::min();
  auto bits = std::bit_cast<Unsigned>(subnormal ? x * kUnderflowScale : x);
  // The exponent such that the mantissa lies in [sqrt(1/2), sqrt(2)).
  auto above = static_cast<Bits>(bits - Unsigned{F::kSqrtHalf});
  Bits n = above >> F::kMantissaBits;
  auto mantissa = bits - (static_cast<Unsigned>(n) << F::kMantissaBits);
  T f = std::bit_cast<T>(mantissa) - 1;
  // From the bits, since vectors have no conversion of 64-bit integers.
  Bits rounder = std::bit_cast<Bits>(F::kRounder);
  T e = std::bit_cast<T>(rounder + n) - F::kRounder;
  e = subnormal ? e - T(F::kMantissaBits) : e;
  T result = e * T(-2.121944400546905827679e-4) + log1p_less_argument(f);
  result = result + f + e * T(0.693359375);
  result = x < Limits::infinity() ? result : x;  // infinity and NaN
  result = x == 0 ? -Limits::infinity() : result;
  return x < 0 ? Limits::quiet_NaN() : result;
}

inline float log1p_of(float x) {
  float u = x + 1;
  // What the addition lost comes back to first order. Operands are chosen, not
  // results: compilers branch round a long computation not needed.
  bool regular = (u > 0) & (u < std::numeric_limits<float>::infinity());
  float finite_x = regular ? x : 0.0f;
  float finite_u = regular ? u : 1.0f;
  float result = log_of(u) + (finite_x - (finite_u - 1)) / finite_u;
  return x == 0 ? x : result;
}
inline double log1p_of(double x) { return std::log1p(x); }

template <class T>
inline T tanh_of(T x) {
  using Bits = typename FloatFormat<T>::Bits;
  // From 20 on the result is 1 in either format.
  T t = expm1_of(2 * clamp_keeping_nan(std::abs(x), T(0), T(20)));
  Bits sign = std::bit_cast<Bits>(x) & std::bit_cast<Bits>(T(-0.0));
  return std::bit_cast<T>(std::bit_cast<Bits>(t / (t + 2)) | sign);
}

template <class T>
inline T sigmoid_of(T x) {
  T e = exp_of(-std::abs(x));
  return (x < 0 ? e : T(1)) / (1 + e);
}

/// Floats up to this size go into sin_plus_quarters, others to the C library.
inline constexpr float kLargestReducedAngle = 1e6f;

/// sin(x + quarters pi/2).
inline float sin_plus_quarters(float x, std::int64_t quarters) {
  // n times the first part of pi/2 is exact in double.
  constexpr double kRounder = FloatFormat<double>::kRounder;
  double shifted = double(x) * 0.63661977236758134308 + kRounder;
  double n = shifted - kRounder;
  double exact =
      (double(x) - n * 1.57079632673412561417) - n * 6.07710050650619224932e-11;
  auto quadrant = static_cast<std::int32_t>(
      std::bit_cast<std::int64_t>(shifted) + quarters);
  auto r = static_cast<float>(exact);
  float z = r * r;
  float sine =
      polynomial(z, -1.9515295891e-4f, 8.3321608736e-3f, -1.6666654611e-1f) *
          z * r +
      r;
  sine = r == 0 ? r : sine;  // the sum would make -0 to 0
  float cosine = polynomial(z,
                            2.443315711809948e-5f,
                            -1.388731625493765e-3f,
                            4.166664568298827e-2f) *
                     z * z -
                 0.5f * z + 1.0f;
  float value = (quadrant & 1) != 0 ? cosine : sine;
  return (quadrant & 2) != 0 ? -value : value;
}

}  // namespace tern::kernels
