// Kernels of the special functions: they compute in double precision, narrower
// floats round the result.

#include <cmath>

#include "kernels/cpu/loops.h"
#include "kernels/cpu/plain/math/element_types.h"
#include "kernels/cpu/plain/special/special_math.h"
#include "tern/core/parallel.h"

namespace tern {
namespace kernels {
namespace {

template <auto F>
struct InDouble {
  template <class... T>
  auto operator()(T... x) const {
    using Element = std::common_type_t<T...>;
    return static_cast<Element>(F(static_cast<double>(x)...));
  }
};

/// As the C library has it for each type: TensorFlow's results for tiny numbers
/// come from there.
struct Lgamma {
  double operator()(double x) const { return special::lgamma(x); }
  float operator()(float x) const {
    int sign = 0;
    return ::lgammaf_r(x, &sign);
  }
};

/// The exponential overflows where T's does.
template <double (*Scaled)(double)>
struct TimesExp {
  template <class T>
  T operator()(T x) const {
    return std::exp(std::abs(x)) * static_cast<T>(Scaled(x));
  }
};

}  // namespace

template <auto F>
inline constexpr bool is_costly<InDouble<F>> = true;

namespace {

/// For the dtypes that TensorFlow has kernels for: all have float and double.
template <auto F>
void add_wide(KernelRegistry& registry, std::string_view op) {
  add_unary<InDouble<F>, float, double>(registry, op);
}
template <auto F>
void add_with_half(KernelRegistry& registry, std::string_view op) {
  add_unary<InDouble<F>, float, double, Half>(registry, op);
}
template <auto F>
void add_pair(KernelRegistry& registry, std::string_view op) {
  add_binary<InDouble<F>, LoopSet::kSame, float, double>(registry, op);
}

/// a and b may be scalars beside x, or all three have one shape.
template <class T>
void betainc(KernelContext& c) {
  const T *a = c.in<T>(0).data(), *b = c.in<T>(1).data();
  const T* x = c.in<T>(2).data();
  T* z = c.out<T>().data();
  auto step = [&](int i) {
    return c.input(i).shape().rank() == 0 ? std::int64_t{0} : std::int64_t{1};
  };
  const std::int64_t a_step = step(0), b_step = step(1), x_step = step(2);
  parallel_for(c.output().num_elements(),
               kCostlyGrain,
               [=](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t i = begin; i < end; ++i)
                   z[i] = static_cast<T>(special::betainc(
                       a[i * a_step], b[i * b_step], x[i * x_step]));
               });
}

}  // namespace
}  // namespace kernels

void register_special_kernels(KernelRegistry& registry) {
  using namespace kernels;
  add_unary<Lgamma, float, double, Half>(registry, "Lgamma");
  add_with_half<special::digamma>(registry, "Digamma");
  add_pair<special::polygamma>(registry, "Polygamma");
  add_pair<special::zeta>(registry, "Zeta");
  add_pair<special::igamma>(registry, "Igamma");
  add_pair<special::igammac>(registry, "Igammac");
  add_pair<special::igamma_grad_a>(registry, "IgammaGradA");
  add_pair<special::random_gamma_grad>(registry, "RandomGammaGrad");
  registry.add("Betainc", {{"T", float32}}, betainc<float>);
  registry.add("Betainc", {{"T", float64}}, betainc<double>);
  add_wide<special::erfinv>(registry, "Erfinv");
  add_wide<special::ndtri>(registry, "Ndtri");
  add_unary<TimesExp<special::bessel_i0e>, float, double, Half>(registry,
                                                                "BesselI0");
  add_with_half<special::bessel_i0e>(registry, "BesselI0e");
  add_unary<TimesExp<special::bessel_i1e>, float, double, Half>(registry,
                                                                "BesselI1");
  add_with_half<special::bessel_i1e>(registry, "BesselI1e");
  add_with_half<special::bessel_k0>(registry, "BesselK0");
  add_with_half<special::bessel_k0e>(registry, "BesselK0e");
  add_with_half<special::bessel_k1>(registry, "BesselK1");
  add_with_half<special::bessel_k1e>(registry, "BesselK1e");
  add_with_half<special::bessel_j0>(registry, "BesselJ0");
  add_with_half<special::bessel_j1>(registry, "BesselJ1");
  add_with_half<special::bessel_y0>(registry, "BesselY0");
  add_with_half<special::bessel_y1>(registry, "BesselY1");
  add_wide<special::dawsn>(registry, "Dawsn");
  add_wide<special::expint>(registry, "Expint");
  add_wide<special::fresnel_cos>(registry, "FresnelCos");
  add_wide<special::fresnel_sin>(registry, "FresnelSin");
  add_wide<special::spence>(registry, "Spence");
}

}  // namespace tern
