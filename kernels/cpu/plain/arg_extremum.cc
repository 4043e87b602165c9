#include <algorithm>

#include "kernels/common/narrow_floats.h"
#include "kernels/cpu/axis_split.h"
#include "ops/kernel.h"
#include "tern/core/parallel.h"

// ArgMax and ArgMin: the first of ties; NaN only where there is nothing else.

namespace tern {
namespace kernels {
namespace {

struct Largest {
  template <class T>
  static bool beats(T x, T best) {
    return x > best || (best != best && x == x);
  }
};

struct Smallest {
  template <class T>
  static bool beats(T x, T best) {
    return x < best || (best != best && x == x);
  }
};

/// Indices of the columns' best among `size` rows, into `indices`.
template <class Choice, class T>
void best_rows(const T* x,
               std::int64_t size,
               std::int64_t width,
               std::int64_t stride,
               std::int64_t* indices) {
  using Comparable = std::conditional_t<is_narrow<T>, float, T>;
  for (std::int64_t j = 0; j < width; ++j) {
    auto best = static_cast<Comparable>(x[j]);
    std::int64_t index = 0;
    for (std::int64_t i = 1; i < size; ++i) {
      auto candidate = static_cast<Comparable>(x[i * stride + j]);
      if (!Choice::beats(candidate, best)) continue;
      best = candidate;
      index = i;
    }
    indices[j] = index;
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
  constexpr std::int64_t kWidth = 64;
  std::int64_t pieces = (split.inner + kWidth - 1) / kWidth;
  std::int64_t work = split.size * std::min(split.inner, kWidth);
  parallel_for(split.outer * pieces,
               std::max<std::int64_t>(1, 32768 / work),
               [&](std::int64_t begin, std::int64_t end) {
                 std::int64_t indices[kWidth];
                 for (std::int64_t i = begin; i < end; ++i) {
                   std::int64_t column = i % pieces * kWidth;
                   std::int64_t outer = i / pieces;
                   std::int64_t width = std::min(kWidth, split.inner - column);
                   best_rows<Choice>(
                       x + outer * split.size * split.inner + column,
                       split.size,
                       width,
                       split.inner,
                       indices);
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
