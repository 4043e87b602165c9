#pragma once

// Special functions of real numbers in double precision. Kernels for narrower
// floats round their results. NaN outside of a function's domain, unless
// TensorFlow says otherwise.

namespace tern::kernels::special {

// Gamma and zeta (gamma.cc)
/// log |Γ(x)|; infinite at 0, -1, …
double lgamma(double x);
/// The derivative of lgamma; NaN at 0, -1, …
double digamma(double x);
/// The n-th derivative of digamma; NaN unless n is 0, 1, …
double polygamma(double n, double x);
/// Hurwitz' zeta function, the sum of (q + k)^-x over k >= 0.
double zeta(double x, double q);

// Incomplete gamma and beta functions (incomplete.cc)
/// The lower regularized incomplete gamma function P(a, x) and 1 - P.
double igamma(double a, double x);
double igammac(double a, double x);
/// dP(a, x)/da.
double igamma_grad_a(double a, double x);
/// The derivative by alpha of a sample from the gamma distribution, its
/// quantile held fixed: -(dP/da) / (dP/dx).
double random_gamma_grad(double alpha, double sample);
/// The regularized incomplete beta function I_x(a, b).
double betainc(double a, double b, double x);

// Inverses of erf and of the normal distribution function (quantiles.cc)
double erfinv(double y);
double ndtri(double p);

// Bessel functions (bessel.cc); `e` marks those scaled by exp(-|x|), for K by
// exp(x)
double bessel_i0e(double x);
double bessel_i1e(double x);
double bessel_k0(double x);
double bessel_k0e(double x);
double bessel_k1(double x);
double bessel_k1e(double x);
double bessel_j0(double x);
double bessel_j1(double x);
double bessel_y0(double x);
double bessel_y1(double x);

// Integrals (integrals.cc)
/// exp(-x^2) times the integral of exp(t^2) from 0 to x.
double dawsn(double x);
/// The exponential integral Ei(x), for x >= 0.
double expint(double x);
/// The integrals of cos(pi t^2 / 2) and sin(pi t^2 / 2) from 0 to x.
double fresnel_cos(double x);
double fresnel_sin(double x);
/// The integral of -log(t) / (t - 1) from 1 to x.
double spence(double x);

}  // namespace tern::kernels::special
