// Bessel functions of order 0 and 1.

#include <cmath>
#include <limits>
#include <numbers>

#include "kernels/cpu/plain/special/special_math.h"

namespace tern::kernels::special {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kEpsilon = std::numeric_limits<double>::epsilon();

/// The sum of (x²/4)^k / (k! (k+order)!): I_order(x) is this times
/// (x/2)^order. All terms are positive, so no digits are lost.
double i_series(int order, double x) {
  const double quarter = 0.25 * x * x;
  double term = 1, sum = 1;
  for (int k = 1; term > sum * kEpsilon; ++k) {
    term *= quarter / (k * static_cast<double>(k + order));
    sum += term;
  }
  return sum;
}

/// exp(-x) I_order(x) for x >= 20, where Hankel's expansion (NIST Handbook,
/// 10.40.1) has small enough terms.
double i_asymptotic(int order, double x) {
  const double mu = 4.0 * order * order;
  double term = 1, sum = 1;
  for (int k = 1; k < 40; ++k) {
    const double odd = 2 * k - 1;
    term *= -(mu - odd * odd) / (8 * k * x);
    sum += term;
    if (std::abs(term) < kEpsilon) break;
  }
  return sum / std::sqrt(2 * std::numbers::pi * x);
}

/// exp(-|x|) I_order(x)
double scaled_i(int order, double x) {
  const double size = std::abs(x);
  double result = size < 20 ? std::exp(-size) * i_series(order, size) *
                                  (order == 1 ? 0.5 * size : 1)
                            : i_asymptotic(order, size);
  return order == 1 && x < 0 ? -result : result;
}

/// K_order(x) for 0 < x <= 2 by its power series (NIST Handbook, 10.31.1-2).
double k_series(int order, double x) {
  const double quarter = 0.25 * x * x;
  const double log_half = std::log(0.5 * x);
  // psi(k+1) and the terms (x²/4)^k / (k! (k+order)!)
  double psi = -std::numbers::egamma, term = 1, sum = 0;
  for (int k = 0; k < 30; ++k) {
    sum += term * (order == 0 ? psi : 2 * psi + 1.0 / (k + 1));
    psi += 1.0 / (k + 1);
    term *= quarter / ((k + 1) * static_cast<double>(k + 1 + order));
  }
  const double i = i_series(order, x);
  return order == 0 ? sum - log_half * i
                    : 1 / x + 0.5 * x * (log_half * i - 0.5 * sum);
}

/// exp(x) K_order(x), the integral of exp(-x (cosh t - 1)) cosh(order t) over
/// t >= 0, for x >= 2. The trapezoidal rule converges exponentially.
double k_integral(int order, double x) {
  const double step = std::min(0.2, 0.5 / std::sqrt(x));
  double sum = 0.5;
  for (int k = 1;; ++k) {
    const double t = k * step;
    const double half = std::sinh(0.5 * t);
    const double exponent = 2 * x * half * half;
    sum += std::exp(-exponent) * (order == 1 ? std::cosh(t) : 1);
    if (exponent > 45) return step * sum;
  }
}

/// exp(x) K_order(x)
double scaled_k(int order, double x) {
  if (x <= 0) return kInfinity;
  if (std::isnan(x)) return x;
  if (std::isinf(x)) return 0;
  return x <= 2 ? std::exp(x) * k_series(order, x) : k_integral(order, x);
}

double unscaled_k(int order, double x) {
  if (x <= 0) return kInfinity;
  if (x <= 2) return k_series(order, x);
  return std::isinf(x) ? 0 : std::exp(-x) * scaled_k(order, x);
}

/// TensorFlow finds no limit at infinity.
double finite_argument(double (*f)(double), double x) {
  return std::isfinite(x) ? f(x) : kNaN;
}
double positive_argument(double (*f)(double), double x) {
  return x <= 0 ? -kInfinity : finite_argument(f, x);
}

}  // namespace

double bessel_i0e(double x) { return scaled_i(0, x); }
double bessel_i1e(double x) { return scaled_i(1, x); }
double bessel_k0(double x) { return unscaled_k(0, x); }
double bessel_k0e(double x) { return scaled_k(0, x); }
double bessel_k1(double x) { return unscaled_k(1, x); }
double bessel_k1e(double x) { return scaled_k(1, x); }
double bessel_j0(double x) { return finite_argument(::j0, x); }
double bessel_j1(double x) { return finite_argument(::j1, x); }
double bessel_y0(double x) { return positive_argument(::y0, x); }
double bessel_y1(double x) { return positive_argument(::y1, x); }

}  // namespace tern::kernels::special
