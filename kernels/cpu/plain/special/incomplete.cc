// Incomplete gamma and beta functions, by their series and continued fractions
// (NIST Handbook, 8.7, 8.9, 8.17).

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/cpu/plain/special/special_math.h"

namespace tern::kernels::special {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
/// Both converge in some multiples of sqrt(a) steps where a is large.
constexpr int kMostSteps = 20000;
/// Stands for a zero that is about to be divided by.
constexpr double kTiny = 1e-300;

/// A number and its derivative by a.
struct Dual {
  double value, slope = 0;
};
Dual operator+(Dual x, Dual y) {
  return {x.value + y.value, x.slope + y.slope};
}
Dual operator*(Dual x, Dual y) {
  return {x.value * y.value, x.slope * y.value + x.value * y.slope};
}
Dual operator/(Dual x, Dual y) {
  const double quotient = x.value / y.value;
  return {quotient, (x.slope - quotient * y.slope) / y.value};
}

/// The sum of x^n / ((a+1)…(a+n)): P(a, x) is this times x^a e^-x / Γ(a+1).
Dual lower_series(double a, double x) {
  Dual term{1}, sum{1};
  for (int n = 1; n < kMostSteps; ++n) {
    term = term * (Dual{x} / Dual{a + n, 1});
    sum = sum + term;
    if (term.value <= sum.value * kEpsilon &&
        std::abs(term.slope) <= std::abs(sum.slope) * kEpsilon)
      break;
  }
  return sum;
}

/// 1/(x+1-a - 1(1-a)/(x+3-a - 2(2-a)/(x+5-a - …))) by Lentz' method: Q(a, x)
/// is this times x^a e^-x / Γ(a).
Dual upper_fraction(double a, double x) {
  Dual b{x + 1 - a, -1};
  Dual c{1 / kTiny}, d = Dual{1} / b, fraction = d;
  for (int n = 1; n < kMostSteps; ++n) {
    const Dual numerator{-n * (n - a), static_cast<double>(n)};
    b.value += 2;
    d = numerator * d + b;
    if (d.value == 0) d.value = kTiny;
    c = b + numerator / c;
    if (c.value == 0) c.value = kTiny;
    d = Dual{1} / d;
    const Dual step = d * c;
    fraction = fraction * step;
    if (std::abs(step.value - 1) <= kEpsilon &&
        std::abs(step.slope * fraction.value) <=
            std::abs(fraction.slope) * kEpsilon)
      break;
  }
  return fraction;
}

/// Where the series needs fewer steps than the fraction.
bool is_low(double a, double x) { return x <= 1 || x < a + 1; }

/// x^a e^-x / Γ(a)
double density_times_x(double a, double x) {
  return std::exp(a * std::log(x) - x - lgamma(a));
}

double lower(double a, double x) {
  return density_times_x(a, x) / a * lower_series(a, x).value;
}
double upper(double a, double x) {
  return density_times_x(a, x) * upper_fraction(a, x).value;
}

/// (dP/da) / (x dP/dx): free of the density, which may underflow.
double relative_slope(double a, double x) {
  if (is_low(a, x)) {
    const Dual sum = lower_series(a, x);
    return (sum.value * (std::log(x) - digamma(a + 1)) + sum.slope) / a;
  }
  const Dual fraction = upper_fraction(a, x);
  return -(fraction.value * (std::log(x) - digamma(a)) + fraction.slope);
}

/// The continued fraction of I_x(a, b), for x below its mean.
double beta_fraction(double a, double b, double x) {
  double c = 1, d = 1 - (a + b) * x / (a + 1);
  if (d == 0) d = kTiny;
  d = 1 / d;
  double fraction = d;
  auto advance = [&](double numerator) {
    d = 1 + numerator * d;
    if (d == 0) d = kTiny;
    c = 1 + numerator / c;
    if (c == 0) c = kTiny;
    d = 1 / d;
    fraction *= d * c;
  };
  for (int m = 1; m < kMostSteps; ++m) {
    advance(m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)));
    advance(-(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)));
    if (std::abs(d * c - 1) <= kEpsilon) break;
  }
  return fraction;
}

}  // namespace

double igamma(double a, double x) {
  if (x == 0) return 0;
  if (!(x > 0) || !(a > 0)) return kNaN;
  if (std::isinf(a)) return 0;
  if (std::isinf(x)) return 1;
  return is_low(a, x) ? lower(a, x) : 1 - upper(a, x);
}

double igammac(double a, double x) {
  if (!(x >= 0) || !(a > 0)) return kNaN;
  if (x == 0) return 1;
  if (std::isinf(x)) return 0;
  if (std::isinf(a)) return 1;
  return is_low(a, x) ? 1 - lower(a, x) : upper(a, x);
}

double igamma_grad_a(double a, double x) {
  if (x == 0) return 0;
  if (!(x > 0) || !(a > 0)) return kNaN;
  if (std::isinf(a)) return 0;
  if (std::isinf(x)) return -0.0;
  return density_times_x(a, x) * relative_slope(a, x);
}

double random_gamma_grad(double alpha, double sample) {
  if (sample == 0) return 0;
  if (!(sample > 0) || !(alpha > 0)) return kNaN;
  if (std::isinf(alpha)) return 0;
  if (std::isinf(sample)) return -0.0;
  return -sample * relative_slope(alpha, sample);
}

double betainc(double a, double b, double x) {
  if (!(a > 0) || !(b > 0) || std::isinf(a) || std::isinf(b)) return kNaN;
  if (!(x >= 0 && x <= 1)) return kNaN;
  if (x == 0 || x == 1) return x;
  const double front = std::exp(a * std::log(x) + b * std::log1p(-x) +
                                lgamma(a + b) - lgamma(a) - lgamma(b));
  return x < (a + 1) / (a + b + 2) ? front * beta_fraction(a, b, x) / a
                                   : 1 - front * beta_fraction(b, a, 1 - x) / b;
}

}  // namespace tern::kernels::special
