// Inverses of the error function and of the normal distribution function: a
// first guess, made exact by Halley's method, each step of which triples the
// right digits.

#include <cmath>
#include <limits>
#include <numbers>

#include "kernels/cpu/plain/special/special_math.h"

namespace tern::kernels::special {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr int kSteps = 3;

/// erf(x) = y for |y| <= 1/2.
double central(double y) {
  // The first terms of the series of the inverse.
  const double half = y * 0.5 / std::numbers::inv_sqrtpi, square = half * half;
  double x = half * (1 + square * (1.0 / 3 + square * (7.0 / 30)));
  for (int i = 0; i < kSteps; ++i) {
    const double slope = 2 * std::numbers::inv_sqrtpi * std::exp(-x * x);
    const double step = (std::erf(x) - y) / slope;
    x -= step / (1 + x * step);
  }
  return x;
}

/// The x > 0 that a normal number exceeds with probability q <= 1/2.
double upper_quantile(double q) {
  // Abramowitz and Stegun, 26.2.23: to 4.5e-4.
  const double t = std::sqrt(-2 * std::log(q));
  double x = t - (2.515517 + t * (0.802853 + t * 0.010328)) /
                     (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
  for (int i = 0; i < kSteps; ++i) {
    const double excess = 0.5 * std::erfc(x / std::numbers::sqrt2) - q;
    const double density = std::exp(-0.5 * x * x) * 0.5 * std::numbers::sqrt2 *
                           std::numbers::inv_sqrtpi;
    const double step = excess / density;
    x += step / (1 - 0.5 * x * step);
  }
  return x;
}

}  // namespace

double erfinv(double y) {
  const double size = std::abs(y);
  if (!(size <= 1)) return kNaN;
  if (size == 1) return std::copysign(kInfinity, y);
  if (size <= 0.5) return central(y);
  return std::copysign(upper_quantile(0.5 * (1 - size)) / std::numbers::sqrt2,
                       y);
}

double ndtri(double p) {
  if (!(p >= 0 && p <= 1)) return kNaN;
  if (p == 0) return -kInfinity;
  if (p == 1) return kInfinity;
  if (p >= 0.25 && p <= 0.75) return std::numbers::sqrt2 * central(2 * p - 1);
  return p < 0.5 ? -upper_quantile(p) : upper_quantile(1 - p);
}

}  // namespace tern::kernels::special
