#include "kernels/common/scalar_functions.h"
#include "kernels/cpu/elementwise.h"
#include "kernels/cpu/plain/math/element_types.h"
#include "ops/kernel.h"
#include "tern/core/parallel.h"

namespace tern {
namespace kernels {
namespace {

/// The lower bound wins where the bounds cross; NaN stays. Complex numbers by
/// real and imaginary part.
template <class T>
T clipped(T x, T low, T high) {
  if constexpr (is_complex<T>) {
    return {clipped(x.real(), low.real(), high.real()),
            clipped(x.imag(), low.imag(), high.imag())};
  } else {
    const T y = x > high ? high : x;
    return y < low ? low : y;
  }
}

template <class T>
void clip_by_value(KernelContext& c) {
  const T *x = c.in<T>(0).data(), *low = c.in<T>(1).data();
  const T* high = c.in<T>(2).data();
  T* y = c.out<T>().data();
  const std::int64_t low_step = c.input(1).shape().rank() == 0 ? 0 : 1;
  const std::int64_t high_step = c.input(2).shape().rank() == 0 ? 0 : 1;
  parallel_for(c.output().num_elements(),
               kCheapGrain,
               [=](std::int64_t begin, std::int64_t end) {
                 if (low_step == 0 && high_step == 0) {
                   const T l = *low, h = *high;
                   for (std::int64_t i = begin; i < end; ++i)
                     y[i] = clipped(x[i], l, h);
                   return;
                 }
                 for (std::int64_t i = begin; i < end; ++i)
                   y[i] = clipped(x[i], low[i * low_step], high[i * high_step]);
               });
}

}  // namespace
}  // namespace kernels

void register_clip_by_value_kernels(KernelRegistry& registry) {
  for_each_type<std::int8_t,
                std::int16_t,
                std::int32_t,
                std::int64_t,
                std::uint8_t,
                std::uint16_t,
                Half,
                BFloat16,
                float,
                double,
                std::complex<float>,
                std::complex<double>>([&]<class T>(TypeTag<T>) {
    registry.add(
        "ClipByValue", {{"T", dtype_of<T>}}, kernels::clip_by_value<T>);
  });
}

}  // namespace tern
