// special_functions.cc: functions that the C library computes, one element at a
// time.

#include <cmath>
#include <complex>
#include <limits>

#include "kernels/cpu/loops.h"

namespace tern {
namespace kernels {
namespace {

using Tan = decltype([](auto x) { return std::tan(x); });
using Asin = decltype([](auto x) { return std::asin(x); });
using Acos = decltype([](auto x) { return std::acos(x); });
using Atan = decltype([](auto x) { return std::atan(x); });
using Sinh = decltype([](auto x) { return std::sinh(x); });
using Cosh = decltype([](auto x) { return std::cosh(x); });
using Asinh = decltype([](auto x) { return std::asinh(x); });
using Acosh = decltype([](auto x) { return std::acosh(x); });
using Atanh = decltype([](auto x) { return std::atanh(x); });
using Erf = decltype([](auto x) { return std::erf(x); });
using Erfc = decltype([](auto x) { return std::erfc(x); });
using Atan2 = decltype([](auto y, auto x) { return std::atan2(y, x); });

/// Hurwitz' zeta function: the first terms one by one, the rest by the formula
/// of Euler and Maclaurin (NIST Handbook, 25.11.5).
double hurwitz_zeta(double x, double q) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
  if (std::isnan(x) || std::isnan(q) || x < 1) return kNaN;
  if (x == 1) return kInfinity;
  if (q <= 0) {
    if (q == std::floor(q)) return kInfinity;
    if (x != std::floor(x)) return kNaN;  // powers of negative numbers
  }
  constexpr int kTerms = 12;
  double sum = 0, a = q;
  for (int k = 0; k < kTerms || a <= kTerms; ++k, ++a) {
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

using Zeta = decltype([](auto x, auto q) {
  return static_cast<decltype(x)>(hurwitz_zeta(x, q));
});

/// Dear enough for a thread of its own.
template <class F>
struct Costly : F {};

template <class F>
void add_floating(KernelRegistry& registry, std::string_view op) {
  add_unary<Costly<F>, float, double, Half, BFloat16>(registry, op);
}

template <class F>
void add_floating_or_complex(KernelRegistry& registry, std::string_view op) {
  add_floating<F>(registry, op);
  add_unary<Costly<F>, std::complex<float>, std::complex<double>>(registry, op);
}

}  // namespace

template <class F>
inline constexpr bool is_costly<Costly<F>> = true;

}  // namespace kernels

void register_special_function_kernels(KernelRegistry& registry) {
  using namespace kernels;
  add_floating_or_complex<Tan>(registry, "Tan");
  add_floating_or_complex<Asin>(registry, "Asin");
  add_floating_or_complex<Acos>(registry, "Acos");
  add_floating_or_complex<Atan>(registry, "Atan");
  add_floating_or_complex<Sinh>(registry, "Sinh");
  add_floating_or_complex<Cosh>(registry, "Cosh");
  add_floating_or_complex<Asinh>(registry, "Asinh");
  add_floating_or_complex<Acosh>(registry, "Acosh");
  add_floating_or_complex<Atanh>(registry, "Atanh");
  add_floating<Erf>(registry, "Erf");
  add_floating<Erfc>(registry, "Erfc");
  add_binary<Costly<Atan2>, LoopSet::kAll, float, double, Half, BFloat16>(
      registry, "Atan2");
  add_binary<Costly<Zeta>, LoopSet::kAll, float, double>(registry, "Zeta");
}

}  // namespace tern
