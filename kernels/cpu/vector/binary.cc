#include <cmath>

#include "kernels/cpu/loops.h"

namespace tern {
namespace kernels {
namespace {

/// x^y for one y: squares and cubes, which models are full of, as products.
template <class T>
void pow_loop_y_fixed(const void* x_data,
                      const void* y_data,
                      void* z_data,
                      std::int64_t n) {
  const T* x = static_cast<const T*>(x_data);
  const T y = *static_cast<const T*>(y_data);
  T* z = static_cast<T*>(z_data);
  if (y == 2)
#pragma GCC ivdep
    for (std::int64_t i = 0; i < n; ++i) z[i] = x[i] * x[i];
  else if (y == 3)
#pragma GCC ivdep
    for (std::int64_t i = 0; i < n; ++i) z[i] = x[i] * x[i] * x[i];
  else
#pragma GCC ivdep
    for (std::int64_t i = 0; i < n; ++i) z[i] = std::pow(x[i], y);
}

}  // namespace

template <>
void binary_loop_y_fixed<Pow, float>(const void* x,
                                     const void* y,
                                     void* z,
                                     std::int64_t n) {
  pow_loop_y_fixed<float>(x, y, z, n);
}
template <>
void binary_loop_y_fixed<Pow, double>(const void* x,
                                      const void* y,
                                      void* z,
                                      std::int64_t n) {
  pow_loop_y_fixed<double>(x, y, z, n);
}

namespace {

template <class F>
void add_floating(KernelRegistry& registry, std::string_view op) {
  add_binary<F, LoopSet::kAll, float, double, Half, BFloat16>(registry, op);
}

/// Operands of one shape: the gradients f(y, dy).
template <class F>
void add_gradient(KernelRegistry& registry, std::string_view op) {
  add_binary<F, LoopSet::kSame, float, double, Half, BFloat16>(registry, op);
}

template <class F>
void add_common_integers(KernelRegistry& registry, std::string_view op) {
  add_binary<F, LoopSet::kAll, std::int32_t, std::int64_t>(registry, op);
}

/// f(x, y) under one name, f(y, x) under the other.
template <class F>
void add_ordering(KernelRegistry& registry,
                  std::string_view op,
                  std::string_view reverse) {
  add_floating<F>(registry, op);
  add_common_integers<F>(registry, op);
  add_swapped_binary<F,
                     LoopSet::kAll,
                     float,
                     double,
                     Half,
                     BFloat16,
                     std::int32_t,
                     std::int64_t>(registry, reverse);
}

}  // namespace
}  // namespace kernels

void register_binary_kernels(KernelRegistry& registry) {
  using namespace kernels;
  for (const char* op : {"AddV2", "Add"}) {
    add_floating<Add>(registry, op);
    add_common_integers<Add>(registry, op);
  }
  add_add_n<float, double, Half, BFloat16, std::int32_t, std::int64_t>(
      registry);
  add_floating<Sub>(registry, "Sub");
  add_common_integers<Sub>(registry, "Sub");
  add_floating<Mul>(registry, "Mul");
  add_common_integers<Mul>(registry, "Mul");
  add_floating<Div>(registry, "RealDiv");
  add_floating<Div>(registry, "Div");
  add_floating<DivNoNan>(registry, "DivNoNan");
  add_floating<MulNoNan>(registry, "MulNoNan");
  add_floating<Maximum>(registry, "Maximum");
  add_common_integers<Maximum>(registry, "Maximum");
  add_floating<Minimum>(registry, "Minimum");
  add_common_integers<Minimum>(registry, "Minimum");
  add_floating<SquaredDifference>(registry, "SquaredDifference");
  add_floating<FloorDivFloat>(registry, "FloorDiv");
  add_floating<FloorModFloat>(registry, "FloorMod");
  add_floating<TruncateDivFloat>(registry, "TruncateDiv");
  add_floating<TruncateModFloat>(registry, "TruncateMod");
  add_floating<TruncateModFloat>(registry, "Mod");
  add_floating<Pow>(registry, "Pow");
  add_floating<Xlogy>(registry, "Xlogy");
  add_floating<Xlog1py>(registry, "Xlog1py");
  add_floating<Xdivy>(registry, "Xdivy");

  add_gradient<TanhGrad>(registry, "TanhGrad");
  add_gradient<SigmoidGrad>(registry, "SigmoidGrad");
  add_gradient<SqrtGrad>(registry, "SqrtGrad");
  add_gradient<RsqrtGrad>(registry, "RsqrtGrad");
  add_gradient<ReciprocalGrad>(registry, "ReciprocalGrad");
  add_gradient<ReciprocalGrad>(registry, "InvGrad");
  add_gradient<ReluGrad>(registry, "ReluGrad");

  add_equality<Equal,
               LoopSet::kAll,
               float,
               double,
               Half,
               BFloat16,
               std::int32_t,
               std::int64_t>(registry, "Equal");
  add_equality<NotEqual,
               LoopSet::kAll,
               float,
               double,
               Half,
               BFloat16,
               std::int32_t,
               std::int64_t>(registry, "NotEqual");
  add_ordering<Less>(registry, "Less", "Greater");
  add_ordering<LessEqual>(registry, "LessEqual", "GreaterEqual");
}

}  // namespace tern
