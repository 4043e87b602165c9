#pragma once

#include "tern/core/tensor.h"

namespace tern::math {

// Elementwise functions of floating-point numbers of any width; where noted,
// of complex ones too. Angles are in radians. The result has the dtype and
// shape of the argument; arguments outside a function's domain give NaN.

// ---- Angles and hyperbolas, also complex

Tensor tan(const Tensor& x);
Tensor asin(const Tensor& x);
Tensor acos(const Tensor& x);
Tensor atan(const Tensor& x);
Tensor sinh(const Tensor& x);
Tensor cosh(const Tensor& x);
Tensor asinh(const Tensor& x);
Tensor acosh(const Tensor& x);
Tensor atanh(const Tensor& x);

/// The angle of the point (x, y), between -pi and pi. Broadcasts.
Tensor atan2(const Tensor& y, const Tensor& x);

// ---- Real functions

/// The error function, 2 / sqrt(pi) times the integral of exp(-t^2) from 0 to
/// x.
Tensor erf(const Tensor& x);
/// 1 - erf(x), without its loss of digits where x is large.
Tensor erfc(const Tensor& x);
/// Hurwitz' zeta function, the sum of (q + k)^-x over k >= 0: infinite at x = 1
/// and at q = 0, -1, …; NaN for x < 1. Broadcasts. float32 and float64.
/// Differentiable in q.
Tensor zeta(const Tensor& x, const Tensor& q);

}  // namespace tern::math
