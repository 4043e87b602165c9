#include <algorithm>
#include <limits>

#include "kernels/common/narrow_floats.h"
#include "kernels/cpu/axis_split.h"
#include "kernels/cpu/plain/math/element_types.h"
#include "ops/kernel.h"

// ArgMax and ArgMin: the first of those beyond the lowest (highest) finite
// number; 0 where there is none, be they NaN or infinities of the wrong sign.

namespace tern {
namespace kernels {
namespace {

/// Columns that are looked through together.
constexpr std::int64_t kMaxWidth = 64;

struct Largest {
  template <class T>
  static constexpr T kWorst = std::numeric_limits<T>::lowest();
  template <class T>
  static bool beats(T x, T best) {
    return x > best;
  }
};

struct Smallest {
  template <class T>
  static constexpr T kWorst = std::numeric_limits<T>::max();
  template <class T>
  static bool beats(T x, T best) {
    return x < best;
  }
};

template <class T>
using Comparable = std::conditional_t<is_narrow<T>, float, T>;

template <class Choice, class T>
Comparable<T> worst() {
  return static_cast<Comparable<T>>(Choice::template kWorst<T>);
}

/// The index of the best of `size` elements next to each other: the best value
/// in lanes first, then where it stands.
template <class Choice, class T>
std::int64_t best_of_row(const T* x, std::int64_t size) {
  constexpr std::int64_t kLanes = 16;
  Comparable<T> lanes[kLanes];
  std::fill_n(lanes, kLanes, worst<Choice, T>());
  auto improve = [&](std::int64_t j, Comparable<T> candidate) {
    lanes[j] = Choice::beats(candidate, lanes[j]) ? candidate : lanes[j];
  };
  std::int64_t i = 0;
  for (; i + kLanes <= size; i += kLanes)
    for (std::int64_t j = 0; j < kLanes; ++j)
      improve(j, static_cast<Comparable<T>>(x[i + j]));
  for (std::int64_t j = 0; i < size; ++i, ++j)
    improve(j, static_cast<Comparable<T>>(x[i]));
  for (std::int64_t j = 1; j < kLanes; ++j) improve(0, lanes[j]);
  if (!Choice::beats(lanes[0], worst<Choice, T>())) return 0;
  for (std::int64_t k = 0; k < size; ++k)
    if (static_cast<Comparable<T>>(x[k]) == lanes[0]) return k;
  return 0;
}

/// Indices of the best of each column among `size` rows.
template <class Choice, class T>
void best_of_columns(const T* x,
                     std::int64_t size,
                     std::int64_t width,
                     std::int64_t stride,
                     std::int64_t* indices) {
  Comparable<T> best[kMaxWidth];
  std::fill_n(best, width, worst<Choice, T>());
  std::fill_n(indices, width, 0);
  for (std::int64_t i = 0; i < size; ++i)
    for (std::int64_t j = 0; j < width; ++j) {
      auto candidate = static_cast<Comparable<T>>(x[i * stride + j]);
      bool better = Choice::beats(candidate, best[j]);
      best[j] = better ? candidate : best[j];
      indices[j] = better ? i : indices[j];
    }
}

void write_indices(DType dtype,
                   void* output,
                   std::int64_t first,
                   const std::int64_t* indices,
                   std::int64_t n) {
  auto copy_as = [&](auto* to) {
    using Index = std::remove_pointer_t<decltype(to)>;
    for (std::int64_t i = 0; i < n; ++i)
      to[first + i] = static_cast<Index>(indices[i]);
  };
  if (dtype == int64)
    copy_as(static_cast<std::int64_t*>(output));
  else if (dtype == int32)
    copy_as(static_cast<std::int32_t*>(output));
  else
    copy_as(static_cast<std::uint16_t*>(output));
}

template <class Choice, class T>
void arg_kernel(KernelContext& context) {
  const T* x = static_cast<const T*>(context.input(0).raw_data());
  Tensor& output = context.output();
  if (output.num_elements() == 0) return;
  AxisSplit split = split_at(context.input(0).shape(), context.host_int(1));
  for_columns(split,
              kMaxWidth,
              [&](std::int64_t offset,
                  std::int64_t outer,
                  std::int64_t column,
                  std::int64_t width) {
                std::int64_t indices[kMaxWidth];
                if (split.inner == 1)
                  indices[0] = best_of_row<Choice>(x + offset, split.size);
                else
                  best_of_columns<Choice>(
                      x + offset, split.size, width, split.inner, indices);
                write_indices(output.dtype(),
                              output.mutable_data(),
                              outer * split.inner + column,
                              indices,
                              width);
              });
}

template <class T>
void add_arg_kernels(KernelRegistry& registry) {
  registry.add("ArgMax", {{"T", dtype_of<T>}}, arg_kernel<Largest, T>);
  registry.add("ArgMin", {{"T", dtype_of<T>}}, arg_kernel<Smallest, T>);
}

}  // namespace
}  // namespace kernels

void register_arg_extremum_kernels(KernelRegistry& registry) {
  using namespace kernels;
  for_each_real_type(
      [&]<class T>(TypeTag<T>) { add_arg_kernels<T>(registry); });
  add_arg_kernels<bool>(registry);
}

}  // namespace tern
