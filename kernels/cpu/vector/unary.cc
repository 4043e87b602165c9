#include <cmath>

#include "kernels/cpu/loops.h"

namespace tern {
namespace kernels {
namespace {

/// cos is sin a quarter turn on.
template <class F>
inline constexpr std::int64_t kQuarters = std::is_same_v<F, Cos> ? 1 : 0;

/// Angles too large for the vectorised reduction go to the C library.
template <class F>
void sinusoid_loop(const void* x_data, void* y_data, std::int64_t n) {
  constexpr std::int64_t kBlock = 256;
  const float* x = static_cast<const float*>(x_data);
  float* y = static_cast<float*>(y_data);
  for (std::int64_t begin = 0; begin < n; begin += kBlock) {
    std::int64_t end = std::min(n, begin + kBlock);
    int large = 0;
    for (std::int64_t i = begin; i < end; ++i)
      large += std::abs(x[i]) > kLargestReducedAngle;
    if (large == 0) {
#pragma GCC ivdep
      for (std::int64_t i = begin; i < end; ++i)
        y[i] = sin_plus_quarters(x[i], kQuarters<F>);
    } else {
      for (std::int64_t i = begin; i < end; ++i)
        y[i] = std::abs(x[i]) > kLargestReducedAngle
                   ? F()(x[i])
                   : sin_plus_quarters(x[i], kQuarters<F>);
    }
  }
}

}  // namespace

template <>
void unary_loop<Sin, float>(const void* x, void* y, std::int64_t n) {
  sinusoid_loop<Sin>(x, y, n);
}
template <>
void unary_loop<Cos, float>(const void* x, void* y, std::int64_t n) {
  sinusoid_loop<Cos>(x, y, n);
}

namespace {

template <class F>
void add_floating(KernelRegistry& registry, std::string_view op) {
  add_unary<F, float, double, Half, BFloat16>(registry, op);
}

}  // namespace
}  // namespace kernels

void register_unary_kernels(KernelRegistry& registry) {
  using namespace kernels;
  add_floating<Neg>(registry, "Neg");
  add_floating<Abs>(registry, "Abs");
  add_floating<Sign>(registry, "Sign");
  add_floating<Square>(registry, "Square");
  add_floating<Sqrt>(registry, "Sqrt");
  add_floating<Rsqrt>(registry, "Rsqrt");
  add_floating<Reciprocal>(registry, "Reciprocal");
  add_floating<Reciprocal>(registry, "Inv");
  add_floating<Exp>(registry, "Exp");
  add_floating<Expm1>(registry, "Expm1");
  add_floating<Log>(registry, "Log");
  add_floating<Log1p>(registry, "Log1p");
  add_floating<Sin>(registry, "Sin");
  add_floating<Cos>(registry, "Cos");
  add_floating<Tanh>(registry, "Tanh");
  add_floating<Sigmoid>(registry, "Sigmoid");
  add_floating<Relu>(registry, "Relu");
  add_floating<Floor>(registry, "Floor");
  add_floating<Ceil>(registry, "Ceil");
  add_floating<Round>(registry, "Round");
  add_floating<IsNan>(registry, "IsNan");
  add_floating<IsInf>(registry, "IsInf");
  add_floating<IsFinite>(registry, "IsFinite");
}

}  // namespace tern
