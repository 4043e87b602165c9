#include <cmath>

#include "kernels/common/scalar_functions.h"
#include "kernels/cpu/plain/math/element_types.h"
#include "kernels/cpu/reduction.h"

namespace tern {
namespace kernels {
namespace {

/// Loops of a reduction that adds squares in double precision. Only its first
/// step depends on the dtype.
template <class T>
struct EuclideanNorm {
  static double square(T x) {
    if constexpr (is_complex<T>) {
      return std::norm(std::complex<double>(x));
    } else {
      const auto wide = static_cast<double>(x);
      return wide * wide;
    }
  }
  static void fold(void* accumulator, const void* x, std::int64_t n) {
    fold_segments(accumulator, x, 1, n);
  }
  static void fold_segments(void* accumulators,
                            const void* data,
                            std::int64_t n,
                            std::int64_t length) {
    const T* x = static_cast<const T*>(data);
    for (std::int64_t k = 0; k < n; ++k, x += length) {
      double sum = 0;
      for (std::int64_t i = 0; i < length; ++i) sum += square(x[i]);
      static_cast<double*>(accumulators)[k] += sum;
    }
  }
  static void fold_rows(void* accumulators,
                        const void* data,
                        std::int64_t rows,
                        std::int64_t width,
                        std::int64_t stride) {
    const T* x = static_cast<const T*>(data);
    for (std::int64_t row = 0; row < rows; ++row, x += stride)
      for (std::int64_t i = 0; i < width; ++i)
        static_cast<double*>(accumulators)[i] += square(x[i]);
  }
  static void finish(const void* accumulators,
                     void* y,
                     std::int64_t n,
                     std::int64_t) {
    for (std::int64_t i = 0; i < n; ++i)
      static_cast<T*>(y)[i] = static_cast<T>(
          std::sqrt(static_cast<const double*>(accumulators)[i]));
  }
};

void start(void* accumulators, std::int64_t n) {
  std::fill_n(static_cast<double*>(accumulators), n, 0.0);
}
void merge(void* accumulators, const void* others, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i)
    static_cast<double*>(accumulators)[i] +=
        static_cast<const double*>(others)[i];
}

template <class T>
void euclidean_norm(KernelContext& c) {
  using Loops = EuclideanNorm<T>;
  run_reduction(c,
                {sizeof(T),
                 sizeof(double),
                 sizeof(T),
                 start,
                 Loops::fold,
                 Loops::fold_segments,
                 Loops::fold_rows,
                 merge,
                 Loops::finish});
}

}  // namespace
}  // namespace kernels

void register_euclidean_norm_kernels(KernelRegistry& registry) {
  for_each_number_type([&]<class T>(TypeTag<T>) {
    registry.add(
        "EuclideanNorm", {{"T", dtype_of<T>}}, kernels::euclidean_norm<T>);
  });
}

}  // namespace tern
