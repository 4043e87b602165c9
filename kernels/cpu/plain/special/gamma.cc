// The gamma function's logarithm, its derivatives, and zeta.

#include <cmath>
#include <limits>
#include <numbers>

#include "kernels/cpu/plain/special/special_math.h"

namespace tern::kernels::special {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

}  // namespace

double lgamma(double x) {
  int sign = 0;
  return ::lgamma_r(x, &sign);
}

double digamma(double x) {
  if (x <= 0) {
    if (x == std::floor(x)) return kNaN;
    // psi(1 - x) - psi(x) = pi / tan(pi x)
    const double fraction = x - std::floor(x);
    return digamma(1 - x) -
           std::numbers::pi / std::tan(std::numbers::pi * fraction);
  }
  if (std::isinf(x)) return x;
  double result = 0;
  for (; x < 10; ++x) result -= 1 / x;
  // log x - 1/2x - the sum of B_2k / (2k x^2k)
  constexpr double kTerms[] = {1.0 / 12,
                               -1.0 / 120,
                               1.0 / 252,
                               -1.0 / 240,
                               1.0 / 132,
                               -691.0 / 32760,
                               1.0 / 12};
  double power = 1, tail = 0;
  for (const double term : kTerms) {
    power /= x * x;
    tail += term * power;
  }
  return result + std::log(x) - 0.5 / x - tail;
}

double polygamma(double n, double x) {
  if (!(n >= 0) || n != std::floor(n)) return kNaN;
  if (n == 0) return digamma(x);
  const double sign = std::fmod(n, 2) == 0 ? -1 : 1;
  return sign * std::exp(lgamma(n + 1)) * zeta(n + 1, x);
}

/// The first terms one by one, the rest by the formula of Euler and Maclaurin
/// (NIST Handbook, 25.11.5).
double zeta(double x, double q) {
  if (std::isnan(x) || std::isnan(q) || x < 1) return kNaN;
  if (x == 1) return kInfinity;
  if (q <= 0) {
    // A pole, on both sides of which even powers grow alike.
    if (q == std::floor(q)) return std::fmod(x, 2) == 0 ? kInfinity : kNaN;
    if (x != std::floor(x)) return kNaN;  // powers of negative numbers
  }
  constexpr int kFirst = 12;
  double sum = 0, a = q;
  for (int k = 0; k < kFirst || a <= kFirst; ++k, ++a) {
    double term = std::pow(a, -x);
    sum += term;
    if (std::abs(term) < std::abs(sum) * 1e-17) return sum;
  }
  // From a on: a^(1-x)/(x-1) + a^-x/2 + sum of B_2j/(2j)! x(x+1)…(x+2j-2)
  // a^(1-x-2j).
  constexpr double kBernoulliOverFactorial[] = {1.0 / 12,
                                                -1.0 / 720,
                                                1.0 / 30240,
                                                -1.0 / 1209600,
                                                1.0 / 47900160,
                                                -691.0 / 1307674368000.0,
                                                1.0 / 74724249600.0,
                                                -3617.0 / 10670622842880000.0};
  double power = std::pow(a, -x);
  sum += power * a / (x - 1) + 0.5 * power;
  double rising = x, factor = power / a;
  for (int j = 0; const double b : kBernoulliOverFactorial) {
    double term = b * rising * factor;
    sum += term;
    if (std::abs(term) < std::abs(sum) * 1e-17) break;
    rising *= (x + 2 * j + 1) * (x + 2 * j + 2);
    factor /= a * a;
    ++j;
  }
  return sum;
}

}  // namespace tern::kernels::special
