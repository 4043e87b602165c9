#include <string>

#include "kernels/cpu/loops.h"
#include "kernels/cpu/plain/math/element_types.h"

namespace tern {
namespace kernels {
namespace {

using Complex64 = std::complex<float>;
using Complex128 = std::complex<double>;

struct Conj {
  template <class T>
  T operator()(T x) const {
    return std::conj(x);
  }
};

struct RealPart {
  template <class T>
  auto operator()(T x) const {
    return x.real();
  }
};

struct ImaginaryPart {
  template <class T>
  auto operator()(T x) const {
    return x.imag();
  }
};

struct Modulus {
  template <class T>
  auto operator()(T x) const {
    return std::abs(x);
  }
};

struct Angle {
  template <class T>
  auto operator()(T x) const {
    return std::arg(x);
  }
};

struct MakeComplex {
  template <class T>
  std::complex<T> operator()(T real, T imaginary) const {
    return {real, imaginary};
  }
};

template <class F>
void add_complex(KernelRegistry& registry, std::string_view op) {
  add_unary<F, Complex64, Complex128>(registry, op);
}

template <class F>
void add_complex_pair(KernelRegistry& registry, std::string_view op) {
  add_binary<F, LoopSet::kSame, Complex64, Complex128>(registry, op);
}

/// complex64 has float parts, complex128 double ones; other pairs of dtypes
/// have no kernel.
template <class F>
void add_part(KernelRegistry& registry, std::string_view op) {
  registry.add(
      op, {{"T", complex64}, {"Tout", float32}}, unary_kernel<F, Complex64>);
  registry.add(
      op, {{"T", complex128}, {"Tout", float64}}, unary_kernel<F, Complex128>);
}

}  // namespace
}  // namespace kernels

void register_complex_elementwise_kernels(KernelRegistry& registry) {
  using namespace kernels;
  add_complex<Neg>(registry, "Neg");
  add_complex<Sign>(registry, "Sign");
  add_complex<Square>(registry, "Square");
  add_complex<Sqrt>(registry, "Sqrt");
  add_complex<Rsqrt>(registry, "Rsqrt");
  add_complex<Reciprocal>(registry, "Reciprocal");
  add_complex<Reciprocal>(registry, "Inv");
  add_complex<Exp>(registry, "Exp");
  add_complex<Expm1>(registry, "Expm1");
  add_complex<Log>(registry, "Log");
  add_complex<Log1p>(registry, "Log1p");
  add_complex<Sin>(registry, "Sin");
  add_complex<Cos>(registry, "Cos");
  add_complex<Tanh>(registry, "Tanh");
  add_complex<Sigmoid>(registry, "Sigmoid");
  add_complex<Conj>(registry, "Conj");
  add_part<RealPart>(registry, "Real");
  add_part<ImaginaryPart>(registry, "Imag");
  add_part<Modulus>(registry, "ComplexAbs");
  add_part<Angle>(registry, "Angle");
  registry.add("Complex",
               {{"T", float32}, {"Tout", complex64}},
               binary_kernel<MakeComplex, float, LoopSet::kSame>);
  registry.add("Complex",
               {{"T", float64}, {"Tout", complex128}},
               binary_kernel<MakeComplex, double, LoopSet::kSame>);

  for (const char* op : {"AddV2", "Add"}) add_complex_pair<Add>(registry, op);
  add_add_n<Complex64, Complex128>(registry);
  add_complex_pair<Sub>(registry, "Sub");
  add_complex_pair<Mul>(registry, "Mul");
  add_complex_pair<MulNoNan>(registry, "MulNoNan");
  add_complex_pair<Div>(registry, "RealDiv");
  add_complex_pair<Div>(registry, "Div");
  add_complex_pair<DivNoNan>(registry, "DivNoNan");
  add_complex_pair<SquaredDifference>(registry, "SquaredDifference");
  add_complex_pair<Pow>(registry, "Pow");
  add_complex_pair<Xlogy>(registry, "Xlogy");
  add_complex_pair<Xlog1py>(registry, "Xlog1py");
  add_complex_pair<Xdivy>(registry, "Xdivy");
  add_complex_pair<TanhGrad>(registry, "TanhGrad");
  add_complex_pair<SigmoidGrad>(registry, "SigmoidGrad");
  add_complex_pair<SqrtGrad>(registry, "SqrtGrad");
  add_complex_pair<RsqrtGrad>(registry, "RsqrtGrad");
  add_complex_pair<ReciprocalGrad>(registry, "ReciprocalGrad");
  add_complex_pair<ReciprocalGrad>(registry, "InvGrad");
  add_equality<Equal, LoopSet::kSame, Complex64, Complex128>(registry, "Equal");
  add_equality<NotEqual, LoopSet::kSame, Complex64, Complex128>(registry,
                                                                "NotEqual");
}

void register_accumulate_kernels(KernelRegistry& registry) {
  using namespace kernels;
  for_each_number_type([&]<class T>(TypeTag<T>) {
    registry.add("AccumulateNV2", {{"T", dtype_of<T>}}, add_n_kernel<T>);
  });
}

void register_string_elementwise_kernels(KernelRegistry& registry) {
  using namespace kernels;
  add_binary<Add, LoopSet::kAll, std::string>(registry, "Add");
  add_equality<Equal, LoopSet::kAll, std::string>(registry, "Equal");
  add_equality<NotEqual, LoopSet::kAll, std::string>(registry, "NotEqual");
}

}  // namespace tern
