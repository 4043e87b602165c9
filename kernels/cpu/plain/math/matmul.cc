// Matrix products of integers and complex numbers.

#include <algorithm>
#include <complex>
#include <concepts>
#include <vector>

#include "kernels/common/matrix_products.h"
#include "tern/core/parallel.h"

namespace tern {
namespace {

/// What products are summed in: integers wrap around, without the undefined
/// behaviour of signed overflow.
template <class T>
struct Accumulator {
  using Type = T;
};
template <std::integral T>
struct Accumulator<T> {
  using Type = std::make_unsigned_t<T>;
};

template <class T>
T adjoint(T value, bool) {
  return value;
}
template <class R>
std::complex<R> adjoint(std::complex<R> value, bool conjugate) {
  return conjugate ? std::conj(value) : value;
}

template <class T>
void multiply_add(T& sum, T a, T b) {
  sum = static_cast<T>(sum + a * b);
}
/// Without the detour of std::complex for infinities, as TensorFlow computes.
template <class R>
void multiply_add(std::complex<R>& sum, std::complex<R> a, std::complex<R> b) {
  sum = {sum.real() + a.real() * b.real() - a.imag() * b.imag(),
         sum.imag() + a.real() * b.imag() + a.imag() * b.real()};
}

/// op(matrix) as row-major [rows, columns] of the accumulator's type.
template <class In, class Acc>
void unfold(const In* stored,
            bool flip,
            bool conjugate,
            std::int64_t rows,
            std::int64_t columns,
            std::vector<Acc>& out) {
  out.resize(static_cast<std::size_t>(rows * columns));
  for (std::int64_t i = 0; i < rows; ++i)
    for (std::int64_t j = 0; j < columns; ++j)
      out[static_cast<std::size_t>(i * columns + j)] = static_cast<Acc>(adjoint(
          stored[flip ? j * rows + i : i * columns + j], flip && conjugate));
}

/// Rows of one product worth a thread.
constexpr std::int64_t kRowWork = 1 << 18;

template <class A, class B, class Out>
void matmul(KernelContext& context) {
  using Acc = typename Accumulator<Out>::Type;
  const MatrixProducts products = MatrixProducts::of(context);
  const MatrixProduct& p = products.product;
  const A* a = context.in<A>(0).data();
  const B* b = context.in<B>(1).data();
  Out* c = context.out<Out>().data();
  std::vector<Acc> left, right;
  std::int64_t grain = std::max<std::int64_t>(
      1, kRowWork / std::max<std::int64_t>(1, p.n * p.k));
  for (std::int64_t i = 0; i < products.count; ++i) {
    unfold(
        a + products.a_offset(i), p.flip_a, products.conjugate, p.m, p.k, left);
    unfold(b + products.b_offset(i),
           p.flip_b,
           products.conjugate,
           p.k,
           p.n,
           right);
    Out* product = c + products.c_offset(i);
    parallel_for(p.m, grain, [&](std::int64_t begin, std::int64_t end) {
      std::vector<Acc> sums(static_cast<std::size_t>(p.n));
      for (std::int64_t row = begin; row < end; ++row) {
        std::fill(sums.begin(), sums.end(), Acc());
        for (std::int64_t k = 0; k < p.k; ++k) {
          Acc factor = left[static_cast<std::size_t>(row * p.k + k)];
          const Acc* other = right.data() + k * p.n;
          for (std::int64_t j = 0; j < p.n; ++j)
            multiply_add(sums[static_cast<std::size_t>(j)], factor, other[j]);
        }
        std::transform(
            sums.begin(), sums.end(), product + row * p.n, [](Acc sum) {
              return static_cast<Out>(sum);
            });
      }
    });
  }
}

template <class T>
void add_same(KernelRegistry& registry, const char* op) {
  registry.add(op, {{"T", dtype_of<T>}}, matmul<T, T, T>);
}

template <class A, class B, class Out>
void add_v3(KernelRegistry& registry) {
  registry.add(
      "BatchMatMulV3",
      {{"Ta", dtype_of<A>}, {"Tb", dtype_of<B>}, {"Tout", dtype_of<Out>}},
      matmul<A, B, Out>);
}

}  // namespace

void register_matmul_kernels(KernelRegistry& registry) {
  for (const char* op : {"MatMul", "BatchMatMul", "BatchMatMulV2"}) {
    add_same<std::int32_t>(registry, op);
    add_same<std::int64_t>(registry, op);
    add_same<std::complex<float>>(registry, op);
    add_same<std::complex<double>>(registry, op);
  }
  add_same<std::int16_t>(registry, "BatchMatMulV2");

  add_v3<std::int16_t, std::int16_t, std::int16_t>(registry);
  add_v3<std::int32_t, std::int32_t, std::int32_t>(registry);
  add_v3<std::int64_t, std::int64_t, std::int64_t>(registry);
  add_v3<std::complex<float>, std::complex<float>, std::complex<float>>(
      registry);
  add_v3<std::complex<double>, std::complex<double>, std::complex<double>>(
      registry);
  add_v3<std::int8_t, std::int8_t, std::int32_t>(registry);
  add_v3<std::uint8_t, std::uint8_t, std::int32_t>(registry);
  add_v3<std::int8_t, std::uint8_t, std::int32_t>(registry);
  add_v3<std::uint8_t, std::int8_t, std::int32_t>(registry);
}

}  // namespace tern
