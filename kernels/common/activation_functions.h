#pragma once

#include <cmath>

#include "kernels/common/scalar_functions.h"

/// Activations of neural networks as functors on single elements, and their
/// gradients f(dy, x) or f(dy, y).
namespace tern::kernels {

struct Relu6 {
  /// Keeps NaN and -0.
  template <class T>
  T operator()(T x) const {
    return x > T(6) ? T(6) : x < T(0) ? T(0) : x;
  }
};

/// A product, as ReluGrad: an infinite gradient outside (0, 6) becomes NaN.
struct Relu6Grad {
  template <class T>
  T operator()(T dy, T x) const {
    return static_cast<T>(dy * static_cast<T>((x > T(0)) & (x < T(6))));
  }
};

struct Elu {
  template <class T>
  T operator()(T x) const {
    T negative = expm1_of(x);
    return x < T(0) ? negative : x;
  }
};

struct EluGrad {
  template <class T>
  T operator()(T dy, T y) const {
    return y < T(0) ? (y + T(1)) * dy : dy;
  }
};

/// The fixed point of Klambauer et al., "Self-Normalizing Neural Networks".
inline constexpr double kSeluScale = 1.0507009873554804934193349852946;
inline constexpr double kSeluScaleAlpha = 1.7580993408473768599402175208123;

struct Selu {
  template <class T>
  T operator()(T x) const {
    T negative = T(kSeluScaleAlpha) * expm1_of(x);
    return x < T(0) ? negative : T(kSeluScale) * x;
  }
};

struct SeluGrad {
  template <class T>
  T operator()(T dy, T y) const {
    return y < T(0) ? dy * (y + T(kSeluScaleAlpha)) : dy * T(kSeluScale);
  }
};

struct Softplus {
  /// log(1 + exp(x)) without overflow: max(x, 0) + log1p(exp(-|x|)).
  template <class T>
  T operator()(T x) const {
    T positive = x < T(0) ? T(0) : x;
    return positive + log1p_of(exp_of(-std::abs(x)));
  }
};

struct SoftplusGrad {
  template <class T>
  T operator()(T dy, T x) const {
    return dy * sigmoid_of(x);
  }
};

struct Softsign {
  template <class T>
  T operator()(T x) const {
    return x / (T(1) + std::abs(x));
  }
};

struct SoftsignGrad {
  template <class T>
  T operator()(T dy, T x) const {
    T divisor = T(1) + std::abs(x);
    return dy / (divisor * divisor);
  }
};

}  // namespace tern::kernels
