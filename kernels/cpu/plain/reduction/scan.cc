#include <cmath>
#include <complex>
#include <limits>

#include "kernels/common/scalar_functions.h"
#include "kernels/cpu/axis_split.h"
#include "kernels/cpu/plain/math/element_types.h"
#include "ops/kernel.h"

// Cumsum, Cumprod and CumulativeLogsumexp. Narrow floats are rounded at each
// step, as TensorFlow does: running sums of 0.1 in half stop at 256.

namespace tern {
namespace kernels {
namespace {

struct LogSumExp {
  /// NaN in b is passed over where a is -inf, as in TensorFlow.
  template <class T>
  T operator()(T a, T b) const {
    using Wide = std::conditional_t<std::is_same_v<T, double>, double, float>;
    const Wide x = a, y = b;
    const Wide lower = y < x ? y : x, upper = x < y ? y : x;
    if (std::isinf(lower) && lower < 0) return static_cast<T>(upper);
    return static_cast<T>(std::log1p(std::exp(lower - upper)) + upper);
  }
};

/// What a scan over nothing gives.
template <class F, class T>
T neutral() {
  if constexpr (std::is_same_v<F, LogSumExp>)
    return static_cast<T>(-std::numeric_limits<float>::infinity());
  else
    return T(std::is_same_v<F, Add> ? 0 : 1);
}

struct Direction {
  bool exclusive, reverse;
};

/// `length` rows of `width` elements, each row combined with those before it.
template <class F, class T>
void scan_rows(const T* x,
               T* y,
               T start,
               std::int64_t length,
               std::int64_t width,
               std::int64_t stride,
               Direction direction) {
  std::int64_t step = direction.reverse ? -stride : stride;
  if (direction.reverse) {
    x += (length - 1) * stride;
    y += (length - 1) * stride;
  }
  const T* previous = nullptr;
  for (std::int64_t i = 0; i < length; ++i, x += step, y += step) {
    const T* next = direction.exclusive ? x - step : x;
    for (std::int64_t j = 0; j < width; ++j) {
      if (previous)
        y[j] = F()(previous[j], next[j]);
      else
        y[j] = direction.exclusive ? start : x[j];
    }
    previous = y;
  }
}

template <class F, class T>
void scan_kernel(KernelContext& context) {
  Direction direction{context.attr<bool>("exclusive"),
                      context.attr<bool>("reverse")};
  const T* x = static_cast<const T*>(context.input(0).raw_data());
  T* y = static_cast<T*>(context.output().mutable_data());
  if (context.output().num_elements() == 0) return;
  AxisSplit split = split_at(context.input(0).shape(), context.host_int(1));
  constexpr std::int64_t kWidth = 256;
  for_columns(
      split,
      kWidth,
      [&](std::int64_t offset, std::int64_t, std::int64_t, std::int64_t width) {
        scan_rows<F>(x + offset,
                     y + offset,
                     neutral<F, T>(),
                     split.size,
                     width,
                     split.inner,
                     direction);
      });
}

}  // namespace
}  // namespace kernels

void register_scan_kernels(KernelRegistry& registry) {
  using namespace kernels;
  for_each_number_type([&]<class T>(TypeTag<T>) {
    registry.add("Cumsum", {{"T", dtype_of<T>}}, scan_kernel<Add, T>);
    registry.add("Cumprod", {{"T", dtype_of<T>}}, scan_kernel<Mul, T>);
  });
  for_each_type<Half, BFloat16, float, double>([&]<class T>(TypeTag<T>) {
    registry.add(
        "CumulativeLogsumexp", {{"T", dtype_of<T>}}, scan_kernel<LogSumExp, T>);
  });
}

}  // namespace tern
