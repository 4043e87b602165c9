#include "kernels/cpu/plain/random/samplers.h"

#include <cmath>
#include <limits>

#include "kernels/cpu/plain/random/normal_numbers.h"

namespace tern {
namespace {

/// Numbers of a generator, two a block, of which the second goes first.
template <std::array<double, 2> (*Make)(const Philox::Block&)>
class Draws {
 public:
  explicit Draws(Philox& generator) : generator_(generator) {}
  double operator()() {
    if (left_ == 0) {
      pair_ = Make(generator_());
      left_ = 2;
    }
    return pair_[--left_];
  }

 private:
  Philox& generator_;
  std::array<double, 2> pair_{};
  std::size_t left_ = 0;
};

std::array<double, 2> two_uniforms(const Philox::Block& x) {
  return {kernels::unit_double(x[0], x[1]), kernels::unit_double(x[2], x[3])};
}

std::array<double, 2> two_normals(const Philox::Block& x) {
  return kernels::box_muller(x);
}

using Uniforms = Draws<two_uniforms>;
using Normals = Draws<two_normals>;

double log_gamma(double x) {
  int sign = 0;
  return ::lgamma_r(x, &sign);
}

/// log k! less Stirling's formula.
double stirling_tail(double k) {
  static constexpr double kFirst[] = {0.0810614667953272,
                                      0.0413406959554092,
                                      0.0276779256849983,
                                      0.02079067210376509,
                                      0.0166446911898211,
                                      0.0138761288230707,
                                      0.0118967099458917,
                                      0.0104112652619720,
                                      0.00925546218271273,
                                      0.00833056343336287};
  if (k <= 9) return kFirst[static_cast<int>(k)];
  const double next = k + 1, square = next * next;
  return (1.0 / 12 - (1.0 / 360 - 1.0 / 1260 / square) / square) / next;
}

/// How many geometric numbers add up to at most count.
double binomial_by_inversion(double count, double prob, Philox& generator) {
  Uniforms uniform(generator);
  double sum = 0, hits = 0;
  for (;; ++hits) {
    sum += std::ceil(std::log(uniform()) / std::log1p(-prob));
    if (!(sum <= count)) return hits;
  }
}

double binomial_by_rejection(double count, double prob, Philox& generator) {
  // Names of Hörmann's paper.
  const double spread = std::sqrt(count * prob * (1 - prob));
  const double b = 1.15 + 2.53 * spread;
  const double a = -0.0873 + 0.0248 * b + 0.01 * prob;
  const double c = count * prob + 0.5;
  const double v_r = 0.92 - 4.2 / b;
  const double r = prob / (1 - prob);
  const double alpha = (2.83 + 5.1 / b) * spread;
  const double m = std::floor((count + 1) * prob);
  Uniforms uniform(generator);
  for (;;) {
    const double u = uniform() - 0.5;
    const double v = uniform();
    const double us = 0.5 - std::abs(u);
    const double k = std::floor((2 * a / us + b) * u + c);
    if (us >= 0.07 && v <= v_r) return k;
    if (k < 0 || k > count) continue;
    const double bound =
        (m + 0.5) * std::log((m + 1) / (r * (count - m + 1))) +
        (count + 1) * std::log((count - m + 1) / (count - k + 1)) +
        (k + 0.5) * std::log(r * (count - k + 1) / (k + 1)) + stirling_tail(m) +
        stirling_tail(count - m) - stirling_tail(k) - stirling_tail(count - k);
    if (std::log(v * alpha / (a / (us * us) + b)) <= bound) return k;
  }
}

}  // namespace

double sample_gamma(double alpha, Philox generator) {
  Normals normal(generator);
  Uniforms uniform(generator);
  if (alpha == 1) return -std::log1p(-uniform());
  if (!(alpha > 0)) return std::numeric_limits<double>::quiet_NaN();
  const bool is_small = alpha < 1;
  const double d = alpha + (is_small ? 2.0 / 3 : -1.0 / 3);
  const double c = 1.0 / 3 / std::sqrt(d);
  for (;;) {
    const double x = normal();
    double v = 1 + c * x;
    if (v <= 0) continue;
    v = v * v * v;
    const double u = uniform();
    const bool accepted = u < 1 - 0.0331 * (x * x) * (x * x) ||
                          std::log(u) < 0.5 * x * x + d * (1 - v + std::log(v));
    if (!accepted) continue;
    const double result = d * v;
    return is_small ? result * std::pow(uniform(), 1 / alpha) : result;
  }
}

double sample_poisson(double rate, Philox generator) {
  Uniforms uniform(generator);
  if (!(rate >= 0)) return std::numeric_limits<double>::quiet_NaN();
  if (std::isinf(rate)) return rate;
  if (rate < 10) {
    const double least = std::exp(-rate);
    double product = 1;
    for (double k = 0;; ++k) {
      product *= uniform();
      if (product <= least) return k;
    }
  }
  const double log_rate = std::log(rate);
  const double b = 0.931 + 2.53 * std::sqrt(rate);
  const double a = -0.059 + 0.02483 * b;
  const double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
  for (;;) {
    const double u = uniform() - 0.5;
    const double v = uniform();
    const double us = 0.5 - std::abs(u);
    const double k = std::floor((2 * a / us + b) * u + rate + 0.43);
    if (us >= 0.07 && v <= 0.9277 - 3.6224 / (b - 2)) return k;
    if (k < 0 || (us < 0.013 && v > us)) continue;
    const double s = std::log(v * inverse_alpha / (a / (us * us) + b));
    if (s <= -rate + k * log_rate - log_gamma(k + 1)) return k;
  }
}

double sample_binomial(double count,
                       double prob,
                       bool rejects,
                       Philox generator) {
  return rejects ? binomial_by_rejection(count, prob, generator)
                 : binomial_by_inversion(count, prob, generator);
}

}  // namespace tern
