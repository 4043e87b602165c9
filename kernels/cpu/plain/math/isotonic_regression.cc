// Pool adjacent violators (Ayer et al., 1955).

#include <vector>

#include "core/visit_dtype.h"
#include "kernels/cpu/plain/math/element_types.h"
#include "ops/kernel.h"
#include "tern/core/parallel.h"

namespace tern {
namespace {

struct Segment {
  double sum;
  std::int64_t count;
  double mean() const { return sum / static_cast<double>(count); }
};

/// The segments of a row of which each has a lower mean than the one before.
void pool(const std::vector<double>& row, std::vector<Segment>& segments) {
  segments.clear();
  for (const double x : row) {
    segments.push_back({x, 1});
    while (segments.size() > 1 &&
           !(segments[segments.size() - 2].mean() > segments.back().mean())) {
      const Segment last = segments.back();
      segments.pop_back();
      segments.back().sum += last.sum;
      segments.back().count += last.count;
    }
  }
}

/// Rows as double; T by a switch for each row, since all else is in double.
void isotonic_regression(KernelContext& c) {
  const Tensor& input = c.input(0);
  Tensor& output = c.output(0);
  if (output.num_elements() == 0) return;
  std::int32_t* ids = c.out<std::int32_t>(1).data();
  output.mutable_data();
  const std::int64_t columns = input.shape()[-1];
  parallel_for(
      input.num_elements() / columns,
      std::max<std::int64_t>(1, 4096 / columns),
      [&](std::int64_t begin, std::int64_t end) {
        std::vector<double> row(static_cast<std::size_t>(columns));
        std::vector<Segment> segments;
        for (std::int64_t r = begin; r < end; ++r) {
          visit_number(input.dtype(), [&](auto zero) {
            using T = decltype(zero);
            if constexpr (!is_complex_number<T>) {
              const T* x =
                  static_cast<const T*>(input.raw_data()) + r * columns;
              for (std::size_t j = 0; j < row.size(); ++j)
                row[j] = static_cast<double>(static_cast<T>(x[j]));
            }
          });
          pool(row, segments);
          visit_number(output.dtype(), [&](auto zero) {
            using T = decltype(zero);
            if constexpr (!is_complex_number<T>) {
              T* y = output.data<T>() + r * columns;
              std::int64_t at = 0;
              std::int32_t id = 0;
              for (const Segment& segment : segments) {
                for (std::int64_t k = 0; k < segment.count; ++k, ++at) {
                  y[at] = static_cast<T>(segment.mean());
                  ids[r * columns + at] = id;
                }
                ++id;
              }
            }
          });
        }
      });
}

}  // namespace

void register_isotonic_regression_kernels(KernelRegistry& registry) {
  for_each_real_type([&]<class T>(TypeTag<T>) {
    registry.add(
        "IsotonicRegression", {{"T", dtype_of<T>}}, isotonic_regression);
  });
}

}  // namespace tern
