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

// ---- The gamma function and its relatives

/// The logarithm of |Gamma(x)|; infinite at 0, -1, …
Tensor lgamma(const Tensor& x);
/// The derivative of lgamma. NaN at 0, -1, …
Tensor digamma(const Tensor& x);
/// The derivative of order `a` (0, 1, …) of digamma; NaN for other orders.
/// Broadcasts. float32 and float64. Differentiable in x.
Tensor polygamma(const Tensor& a, const Tensor& x);
/// The regularized incomplete gamma functions, the lower one P(a, x) and the
/// upper one 1 - P(a, x), for a > 0 and x >= 0. Broadcast. float32, float64.
Tensor igamma(const Tensor& a, const Tensor& x);
Tensor igammac(const Tensor& a, const Tensor& x);
/// The regularized incomplete beta function for a, b > 0 and x in [0, 1]; each
/// operand is a scalar or has the shape of the others. float32 and float64.
/// Differentiable in x.
Tensor betainc(const Tensor& a, const Tensor& b, const Tensor& x);
/// The logarithm of the beta function of the last dimension, which it sums
/// over: sum lgamma(x) - lgamma(sum x).
Tensor lbeta(const Tensor& x);

// ---- Inverses; float32 and float64

/// erf(erfinv(x)) = x, for x in [-1, 1].
Tensor erfinv(const Tensor& x);
/// erfc(erfcinv(x)) = x, for x in [0, 2].
Tensor erfcinv(const Tensor& x);
/// The quantiles of the standard normal distribution, for x in [0, 1].
Tensor ndtri(const Tensor& x);

namespace special {

// ---- Bessel functions of order 0 and 1; `e` marks the exponentially scaled

/// Of the first kind, modified: exp(-|x|) times it for `e`.
Tensor bessel_i0(const Tensor& x);
Tensor bessel_i0e(const Tensor& x);
Tensor bessel_i1(const Tensor& x);
Tensor bessel_i1e(const Tensor& x);
/// Of the second kind, modified: exp(x) times it for `e`. Infinite for x <= 0.
Tensor bessel_k0(const Tensor& x);
Tensor bessel_k0e(const Tensor& x);
Tensor bessel_k1(const Tensor& x);
Tensor bessel_k1e(const Tensor& x);
/// Of the first kind.
Tensor bessel_j0(const Tensor& x);
Tensor bessel_j1(const Tensor& x);
/// Of the second kind; -inf for x <= 0.
Tensor bessel_y0(const Tensor& x);
Tensor bessel_y1(const Tensor& x);

// ---- Integrals; float32 and float64

/// exp(-x^2) times the integral of exp(t^2) from 0 to x.
Tensor dawsn(const Tensor& x);
/// The exponential integral Ei(x), for x >= 0.
Tensor expint(const Tensor& x);
/// The integrals of cos(pi t^2 / 2) and of sin(pi t^2 / 2) from 0 to x.
Tensor fresnel_cos(const Tensor& x);
Tensor fresnel_sin(const Tensor& x);
/// The dilogarithm: the integral of -log(t) / (t - 1) from 1 to x >= 0.
Tensor spence(const Tensor& x);

}  // namespace special

using special::bessel_i0, special::bessel_i0e, special::bessel_i1,
    special::bessel_i1e;

}  // namespace tern::math
