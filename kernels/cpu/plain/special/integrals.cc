// Functions defined as integrals.

#include <cmath>
#include <complex>
#include <limits>
#include <numbers>

#include "kernels/cpu/plain/special/special_math.h"

namespace tern::kernels::special {
namespace {

using Complex = std::complex<double>;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
constexpr double kPi = std::numbers::pi;

/// C(x) + i S(x) for x >= 0: the integral of exp(i pi t^2 / 2).
Complex fresnel(double x) {
  constexpr double kLongestSeries = 1.8;
  const Complex square(0, 0.5 * kPi * x * x);
  if (x < kLongestSeries) {
    Complex term = x, sum = x;
    for (int k = 1; std::abs(term) > kEpsilon * std::abs(sum) * 0.1; ++k) {
      term *= square / static_cast<double>(k);
      sum += term / (2.0 * k + 1);
    }
    return sum;
  }
  // Beyond, the phase has no right digit left.
  if (x > 1e8) return {0.5, 0.5};
  // (1 + i)/2 - what is left from x to infinity, a continued fraction like
  // that of erfc (NIST Handbook, 7.9.3 at a complex argument).
  Complex b(1, -kPi * x * x), c = 1e300, d = 1.0 / b, fraction = d;
  for (int n = 1; n < 500; n += 2) {
    const double numerator = -static_cast<double>(n) * (n + 1);
    b += 4;
    d = 1.0 / (numerator * d + b);
    c = b + numerator / c;
    const Complex step = c * d;
    fraction *= step;
    if (std::abs(step - 1.0) < kEpsilon) break;
  }
  const Complex rest = Complex(x, -x) * fraction * std::exp(square);
  return Complex(0.5, 0.5) * (1.0 - rest);
}

/// Of an odd function.
double fresnel_part(double x, double (*part)(const Complex&)) {
  if (std::isnan(x)) return x;
  return std::copysign(part(fresnel(std::abs(x))), x);
}

/// Li2(1 - x) for 1/2 <= x <= 2: with u = -log x, the sum of B_n u^(n+1) /
/// (n+1)!.
double central_spence(double x) {
  constexpr double kTerms[] = {1.0 / 36,
                               -1.0 / 3600,
                               1.0 / 211680,
                               -1.0 / 10886400,
                               1.0 / 526901760,
                               -691.0 / 16999766784000.0,
                               1.0 / 1120863744000.0,
                               -3617.0 / 181400588328960000.0};
  const double u = -std::log(x), square = u * u;
  double power = u, sum = u - 0.25 * square;
  for (const double term : kTerms) {
    power *= square;
    sum += term * power;
  }
  return sum;
}

}  // namespace

/// By sums of exp(-(x - nh)^2) / n over odd n (Rybicki, 1989), which converge
/// exponentially in 1/h.
double dawsn(double x) {
  if (std::isinf(x)) return std::copysign(0.0, x);
  if (std::isnan(x)) return x;
  const double size = std::abs(x);
  if (size < 0.5) {
    // x (1 - 2/3 x^2 (1 - 2/5 x^2 (1 - …)))
    double term = x, sum = x;
    for (int n = 1; std::abs(term) > kEpsilon * 0.1 * std::abs(sum); ++n) {
      term *= -2 * x * x / (2 * n + 1);
      sum += term;
      if (term == 0) break;
    }
    return sum;
  }
  // TensorFlow loses the sign.
  if (size > 1e9) return 0.5 / size;
  if (size > 100) {
    const double inverse = 0.5 / (x * x);
    return 0.5 / x * (1 + inverse * (1 + inverse * (3 + inverse * 15)));
  }
  constexpr double kStep = 0.2;
  constexpr int kReach = 17;  // exp(-(2 * 17 * 0.2)^2) < 1e-20
  const double middle = 2 * std::round(0.5 * size / kStep);
  double sum = 0;
  for (int i = -kReach; i < kReach; ++i) {
    const double n = middle + 2 * i + 1;
    const double distance = size - n * kStep;
    sum += std::exp(-distance * distance) / n;
  }
  return std::copysign(sum * std::numbers::inv_sqrtpi, x);
}

double expint(double x) {
  if (!(x >= 0) || std::isinf(x)) return kNaN;
  if (x == 0) return -kInfinity;
  double sum = 0;
  if (x < 40) {
    double term = 1;
    for (int k = 1; k < 200; ++k) {
      term *= x / k;
      sum += term / k;
      if (term < kEpsilon * 0.1 * sum) break;
    }
    return std::numbers::egamma + std::log(x) + sum;
  }
  double term = 1;
  sum = 1;
  for (int k = 1; k < 40 && term > kEpsilon; ++k) {
    term *= k / x;
    sum += term;
  }
  return std::exp(x) / x * sum;
}

double fresnel_cos(double x) {
  return fresnel_part(x, [](const Complex& z) { return z.real(); });
}
double fresnel_sin(double x) {
  return fresnel_part(x, [](const Complex& z) { return z.imag(); });
}

double spence(double x) {
  if (!(x >= 0) || std::isinf(x)) return kNaN;
  constexpr double kSixth = kPi * kPi / 6;
  if (x == 0) return kSixth;
  const double log_x = std::log(x);
  if (x < 0.5) return kSixth - log_x * std::log1p(-x) - spence(1 - x);
  if (x > 2) return -0.5 * log_x * log_x - spence(1 / x);
  return central_spence(x);
}

}  // namespace tern::kernels::special
