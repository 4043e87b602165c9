// special_functions.cc: functions that the C library computes, one element at a
// time.

#include <cmath>
#include <complex>

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
}

}  // namespace tern
