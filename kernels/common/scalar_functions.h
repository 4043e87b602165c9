#pragma once

#include <cmath>
#include <complex>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "kernels/common/elementary_functions.h"

// One functor an op, on single elements: kernels of every device and the
// fused programs are made of these. Integers wrap as TensorFlow's do.

namespace tern::kernels {

template <class T>
inline constexpr bool is_complex = false;
template <class T>
inline constexpr bool is_complex<std::complex<T>> = true;

/// An unsigned type at least as wide as int, in which T's arithmetic wraps.
template <class T>
using Wrapping = std::conditional_t<sizeof(T) < sizeof(unsigned),
                                    unsigned,
                                    std::make_unsigned_t<T>>;

template <class T>
T conjugate_of(T x) {
  if constexpr (is_complex<T>)
    return std::conj(x);
  else
    return x;
}

// ------------------------------------------------------------- arithmetic

struct Add {
  template <class T>
  T operator()(const T& x, const T& y) const {
    if constexpr (std::is_integral_v<T>)
      return static_cast<T>(Wrapping<T>(x) + Wrapping<T>(y));
    else
      return x + y;
  }
};

struct Sub {
  template <class T>
  T operator()(T x, T y) const {
    if constexpr (std::is_integral_v<T>)
      return static_cast<T>(Wrapping<T>(x) - Wrapping<T>(y));
    else
      return x - y;
  }
};

struct Mul {
  template <class T>
  T operator()(T x, T y) const {
    if constexpr (std::is_integral_v<T>)
      return static_cast<T>(Wrapping<T>(x) * Wrapping<T>(y));
    else
      return x * y;
  }
};

/// Floats and complex numbers; integers have TruncateDiv.
struct Div {
  template <class T>
  T operator()(T x, T y) const {
    return x / y;
  }
};

struct DivNoNan {
  template <class T>
  T operator()(T x, T y) const {
    return y == T(0) ? T(0) : x / y;
  }
};

struct MulNoNan {
  template <class T>
  T operator()(T x, T y) const {
    return y == T(0) ? T(0) : x * y;
  }
};

struct SquaredDifference {
  template <class T>
  T operator()(T x, T y) const {
    T difference = Sub()(x, y);
    return Mul()(difference, conjugate_of(difference));
  }
};

struct Maximum {
  /// The first of equals; NaN from either side.
  template <class T>
  T operator()(T x, T y) const {
    if constexpr (std::is_floating_point_v<T>)
      return (x < y) | (y != y) ? y : x;
    else
      return x < y ? y : x;
  }
};

struct Minimum {
  template <class T>
  T operator()(T x, T y) const {
    if constexpr (std::is_floating_point_v<T>)
      return (y < x) | (y != y) ? y : x;
    else
      return y < x ? y : x;
  }
};

struct FloorDivFloat {
  template <class T>
  T operator()(T x, T y) const {
    return std::floor(x / y);
  }
};

struct FloorModFloat {
  /// Python's sign, but x % inf is inf where the signs differ.
  template <class T>
  T operator()(T x, T y) const {
    T remainder = std::fmod(x, y);
    bool other_side = remainder != 0 && (remainder < 0) != (y < 0);
    return other_side ? remainder + y : remainder;
  }
};

struct TruncateDivFloat {
  template <class T>
  T operator()(T x, T y) const {
    return std::trunc(x / y);
  }
};

struct TruncateModFloat {
  template <class T>
  T operator()(T x, T y) const {
    return std::fmod(x, y);
  }
};

struct Pow {
  template <class T>
  T operator()(T x, T y) const {
    return std::pow(x, y);
  }
};

/// x log(y) and the like: 0 where x is 0.
struct Xlogy {
  template <class T>
  T operator()(T x, T y) const {
    // The C library's logarithm needs subnormal numbers, which are off.
    if constexpr (is_complex<T>)
      return x == T(0) ? T(0) : x * std::log(y);
    else
      return x == T(0) ? T(0) : x * log_of(y);
  }
};

struct Xlog1py {
  template <class T>
  T operator()(T x, T y) const {
    if (x == T(0)) return T(0);
    if constexpr (is_complex<T>)
      return x * std::log(y + T(1));
    else
      return x * std::log1p(y);
  }
};

struct Xdivy {
  template <class T>
  T operator()(T x, T y) const {
    return x == T(0) ? T(0) : x / y;
  }
};

// -------------------------------------------------- gradients: f(y, dy)

struct TanhGrad {
  template <class T>
  T operator()(T y, T dy) const {
    return dy * (T(1) - y * y);
  }
};

struct SigmoidGrad {
  template <class T>
  T operator()(T y, T dy) const {
    return dy * y * (T(1) - y);
  }
};

// Where nothing comes from above (dy is 0), TensorFlow gives these three 0
// whatever y is: sqrt(0) nobody asked for does not spoil a sum with NaN.

struct SqrtGrad {
  template <class T>
  T operator()(T y, T dy) const {
    T dx = T(0.5) * dy / conjugate_of(y);
    return dy == T(0) ? T(0) : dx;
  }
};

struct RsqrtGrad {
  template <class T>
  T operator()(T y, T dy) const {
    T c = conjugate_of(y);
    T dx = T(-0.5) * dy * c * (c * c);
    return dy == T(0) ? T(0) : dx;
  }
};

struct ReciprocalGrad {
  template <class T>
  T operator()(T y, T dy) const {
    T c = conjugate_of(y);
    T dx = -c * dy * c;
    return dy == T(0) ? T(0) : dx;
  }
};

/// Takes (gradients, features). A product, as in TensorFlow: an infinite
/// gradient at 0 (of a square root, say) becomes NaN.
struct ReluGrad {
  template <class T>
  T operator()(T dy, T x) const {
    return static_cast<T>(dy * static_cast<T>(x > T(0)));
  }
};

// ------------------------------------------------------------ comparisons

struct Equal {
  template <class T>
  bool operator()(const T& x, const T& y) const {
    return x == y;
  }
};

struct NotEqual {
  template <class T>
  bool operator()(const T& x, const T& y) const {
    return x != y;
  }
};

struct Less {
  template <class T>
  bool operator()(T x, T y) const {
    return x < y;
  }
};

struct LessEqual {
  template <class T>
  bool operator()(T x, T y) const {
    return x <= y;
  }
};

// ------------------------------------------------------------------ unary

struct Neg {
  template <class T>
  T operator()(T x) const {
    if constexpr (std::is_integral_v<T>)
      return static_cast<T>(Wrapping<T>(0) - Wrapping<T>(x));
    else
      return -x;
  }
};

struct Abs {
  template <class T>
  T operator()(T x) const {
    if constexpr (std::is_integral_v<T>)
      return x < 0 ? Neg()(x) : x;
    else
      return std::abs(x);
  }
};

struct Sign {
  template <class T>
  T operator()(T x) const {
    if constexpr (is_complex<T>)
      return x == T(0) ? T(0) : x / std::abs(x);
    else
      return x > T(0) ? T(1) : x < T(0) ? T(-1) : x;  // NaN stays
  }
};

struct Square {
  template <class T>
  T operator()(T x) const {
    return Mul()(x, x);
  }
};

struct Sqrt {
  template <class T>
  T operator()(T x) const {
    return std::sqrt(x);
  }
};

struct Rsqrt {
  template <class T>
  T operator()(T x) const {
    return T(1) / std::sqrt(x);
  }
};

struct Reciprocal {
  template <class T>
  T operator()(T x) const {
    return T(1) / x;
  }
};

struct Relu {
  /// Keeps NaN and -0.
  template <class T>
  T operator()(T x) const {
    return x < T(0) ? T(0) : x;
  }
};

struct Floor {
  template <class T>
  T operator()(T x) const {
    return std::floor(x);
  }
};

struct Ceil {
  template <class T>
  T operator()(T x) const {
    return std::ceil(x);
  }
};

struct Round {
  /// Halves to even, the default rounding mode.
  template <class T>
  T operator()(T x) const {
    return std::nearbyint(x);
  }
};

struct IsNan {
  template <class T>
  bool operator()(T x) const {
    return x != x;
  }
};

struct IsInf {
  template <class T>
  bool operator()(T x) const {
    return std::abs(x) == std::numeric_limits<T>::infinity();
  }
};

struct IsFinite {
  template <class T>
  bool operator()(T x) const {
    return std::abs(x) < std::numeric_limits<T>::infinity();
  }
};

struct Exp {
  template <class T>
  T operator()(T x) const {
    if constexpr (is_complex<T>)
      return std::exp(x);
    else
      return exp_of(x);
  }
};

struct Expm1 {
  template <class T>
  T operator()(T x) const {
    if constexpr (is_complex<T>) {
      // exp(a + ib) - 1 without cancellation where both parts are small.
      using Part = typename T::value_type;
      Part half_sine = std::sin(x.imag() / 2);
      Part real = std::expm1(x.real());
      return {real * std::cos(x.imag()) - 2 * half_sine * half_sine,
              (real + 1) * std::sin(x.imag())};
    } else {
      return expm1_of(x);
    }
  }
};

struct Log {
  template <class T>
  T operator()(T x) const {
    if constexpr (is_complex<T>)
      return std::log(x);
    else
      return log_of(x);
  }
};

struct Log1p {
  template <class T>
  T operator()(T x) const {
    if constexpr (is_complex<T>) {
      // Corrects for the rounding of 1 + x (W. Kahan).
      T u = T(1) + x;
      if (u == T(1)) return x;
      T log_u = std::log(u);
      return u == T(0) ? log_u : log_u * (x / (u - T(1)));
    } else {
      return log1p_of(x);
    }
  }
};

struct Sin {
  template <class T>
  T operator()(T x) const {
    return std::sin(x);
  }
};

struct Cos {
  template <class T>
  T operator()(T x) const {
    return std::cos(x);
  }
};

struct Tanh {
  template <class T>
  T operator()(T x) const {
    if constexpr (is_complex<T>)
      return std::tanh(x);
    else
      return tanh_of(x);
  }
};

struct Sigmoid {
  template <class T>
  T operator()(T x) const {
    if constexpr (is_complex<T>)
      return T(1) / (T(1) + std::exp(-x));
    else
      return sigmoid_of(x);
  }
};

}  // namespace tern::kernels
