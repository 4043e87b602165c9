#include <algorithm>

#include "kernels/common/narrow_floats.h"
#include "kernels/cpu/axis_split.h"
#include "ops/kernel.h"
#include "tern/core/parallel.h"

// ArgMax and ArgMin: the first of ties; NaN only where there is nothing else.

namespace tern {
namespace kernels {
namespace {

/// Columns that are looked through together.
constexpr std::int64_t kMaxWidth = 64;

struct Largest {
  template <class T>
  static bool beats(T x, T best) {
    return (x > best) | ((best != best) & (x == x));
  }
};

struct Smallest {
  template <class T>
  static bool beats(T x, T best) {
    return (x < best) | ((best != best) & (x == x));
  }
};

template <class T>
using Comparable = std::conditional_t<is_narrow<T>, float, T>;

/// The index of the best of `size` elements next to each other: the best value
/// in lanes first, then where it stands.
template <class Choice, class T>
std::int64_t best_of_row(const T* x, std::int64_t size) {
  constexpr std::int64_t kLanes = 16;
  Comparable<T> lanes[kLanes];
  std::int64_t count = std::min(size, kLanes);
  for (std::int64_t j = 0; j < count; ++j)
    lanes[j] = static_cast<Comparable<T>>(x[j]);
  auto improve = [&](std::int64_t j, Comparable<T> candidate) {
    lanes[j] = Choice::beats(candidate, lanes[j]) ? candidate : lanes[j];
  };
  std::int64_t i = count;
  for (; i + kLanes <= size; i += kLanes)
    for (std::int64_t j = 0; j < kLanes; ++j)
      improve(j, static_cast<Comparable<T>>(x[i + j]));
  for (std::int64_t j = 0; i < size; ++i, ++j)
    improve(j, static_cast<Comparable<T>>(x[i]));
  for (std::int64_t j = 1; j < count; ++j) improve(0, lanes[j]);
  for (std::int64_t k = 0; k < size; ++k)
    if (static_cast<Comparable<T>>(x[k]) == lanes[0]) return k;
  return 0;  // nothing but NaN
}

/// Indices of the best of each column among `size` rows.
template <class Choice, class T>
void best_of_columns(const T* x,
                     std::int64_t size,
                     std::int64_t width,
                     std::int64_t stride,
                     std::int64_t* indices) {
  Comparable<T> best[kMaxWidth];
  for (std::int64_t j = 0; j < width; ++j) {
    best[j] = static_cast<Comparable<T>>(x[j]);
    indices[j] = 0;
  }
  for (std::int64_t i = 1; i < size; ++i)
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
  std::int64_t pieces = (split.inner + kMaxWidth - 1) / kMaxWidth;
  std::int64_t work = split.size * std::min(split.inner, kMaxWidth);
  parallel_for(
      split.outer * pieces,
      std::max<std::int64_t>(1, 32768 / work),
      [&](std::int64_t begin, std::int64_t end) {
        std::int64_t indices[kMaxWidth];
        for (std::int64_t i = begin; i < end; ++i) {
          std::int64_t column = i % pieces * kMaxWidth;
          std::int64_t outer = i / pieces;
          std::int64_t width = std::min(kMaxWidth, split.inner - column);
          const T* first = x + outer * split.size * split.inner + column;
          if (split.inner == 1)
            indices[0] = best_of_row<Choice>(first, split.size);
          else
            best_of_columns<Choice>(
                first, split.size, width, split.inner, indices);
          write_indices(output.dtype(),
                        output.mutable_data(),
                        outer * split.inner + column,
                        indices,
                        width);
        }
      });
}

template <class... T>
void add_arg_kernels(KernelRegistry& registry) {
  (registry.add("ArgMax", {{"T", dtype_of<T>}}, arg_kernel<Largest, T>), ...);
  (registry.add("ArgMin", {{"T", dtype_of<T>}}, arg_kernel<Smallest, T>), ...);
}

}  // namespace
}  // namespace kernels

void register_arg_extremum_kernels(KernelRegistry& registry) {
  using namespace kernels;
  add_arg_kernels<float,
                  double,
                  Half,
                  BFloat16,
                  std::int8_t,
                  std::int16_t,
                  std::int32_t,
                  std::int64_t,
                  std::uint8_t,
                  std::uint16_t,
                  std::uint32_t,
                  std::uint64_t,
                  bool>(registry);
}

}  // namespace tern
