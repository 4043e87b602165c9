// histogram.cc: counts of values, and the n-th of them.

#include <algorithm>
#include <cstring>
#include <vector>

#include "kernels/cpu/plain/math/element_types.h"
#include "ops/kernel.h"
#include "tern/core/error.h"
#include "tern/core/parallel.h"

namespace tern {
namespace {

/// Elements worth a thread of their own.
constexpr std::int64_t kGrain = 1 << 14;

template <class T>
bool is_less(const T& a, const T& b) {
  if constexpr (std::is_arithmetic_v<T>)
    return a < b;
  else
    return static_cast<float>(a) < static_cast<float>(b);
}

template <class T>
void nth_element(KernelContext& c) {
  const T* input = c.in<T>(0).data();
  T* output = c.out<T>().data();
  std::int64_t row = c.input(0).shape()[-1];
  std::int64_t n = c.host_int(1);
  if (n < 0 || n >= row)
    throw InvalidArgumentError(
        "Input must have at least n+1 columns: n = ", n, ", columns = ", row);
  if (c.attr<bool>("reverse")) n = row - 1 - n;
  parallel_for(
      c.output().num_elements(),
      std::max<std::int64_t>(1, kGrain / row),
      [=](std::int64_t begin, std::int64_t end) {
        std::vector<T> values(static_cast<std::size_t>(row));
        for (std::int64_t i = begin; i < end; ++i) {
          std::copy_n(input + i * row, row, values.begin());
          std::nth_element(
              values.begin(), values.begin() + n, values.end(), is_less<T>);
          output[i] = values[static_cast<std::size_t>(n)];
        }
      });
}

template <class T>
void bincount(KernelContext& c) {
  auto values = c.in<std::int32_t>(0);
  auto weights = c.in<T>(2);
  auto bins = c.out<T>();
  std::fill(bins.begin(), bins.end(), T(0));
  for (std::int32_t value : values)
    if (value < 0)
      throw InvalidArgumentError("Input arr must be non-negative!");
  for (std::size_t i = 0; i < values.size(); ++i) {
    auto bin = static_cast<std::size_t>(values[i]);
    if (bin < bins.size()) bins[bin] += weights.empty() ? T(1) : weights[i];
  }
}

template <class T, class Count>
void histogram(KernelContext& c) {
  T low = c.in<T>(1)[0], high = c.in<T>(1)[1];
  if (!(low < high))
    throw InvalidArgumentError(
        "value_range should satisfy value_range[0] < value_range[1], but got "
        "'[",
        low,
        ", ",
        high,
        "]'");
  auto bins = c.out<Count>();
  std::fill(bins.begin(), bins.end(), Count(0));
  double step =
      static_cast<double>(high - low) / static_cast<double>(bins.size());
  double last = static_cast<double>(bins.size()) - 1;
  for (T value : c.in<T>(0)) {
    if (value != value)
      throw InvalidArgumentError("Histogram values must not contain NaN");
    double bin = static_cast<double>(std::max(value, low) - low) / step;
    ++bins[static_cast<std::size_t>(std::min(bin, last))];
  }
}

}  // namespace

void register_histogram_kernels(KernelRegistry& registry) {
  for_each_real_type([&]<class T>(TypeTag<T>) {
    registry.add("NthElement", {{"T", dtype_of<T>}}, nth_element<T>);
  });
  for_each_type<std::int32_t, std::int64_t, float, double>(
      [&]<class T>(TypeTag<T>) {
        registry.add("Bincount", {{"T", dtype_of<T>}}, bincount<T>);
        registry.add("HistogramFixedWidth",
                     {{"T", dtype_of<T>}, {"dtype", int32}},
                     histogram<T, std::int32_t>);
        registry.add("HistogramFixedWidth",
                     {{"T", dtype_of<T>}, {"dtype", int64}},
                     histogram<T, std::int64_t>);
      });
}

}  // namespace tern
