#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <type_traits>

#include "kernels/common/channel_layout.h"
#include "tern/core/parallel.h"

/// BiasAdd and its gradient for one dtype.
namespace tern::bias {

/// Integers are added as unsigned ones: they wrap around.
template <class T>
struct Sum {
  using Type = T;
};
template <std::integral T>
struct Sum<T> {
  using Type = std::make_unsigned_t<T>;
};
template <>
struct Sum<Half> {
  using Type = float;
};
template <>
struct Sum<BFloat16> {
  using Type = float;
};

template <class T>
T add(T a, T b) {
  using S = typename Sum<T>::Type;
  return static_cast<T>(static_cast<S>(a) + static_cast<S>(b));
}

inline constexpr std::int64_t kGrain = 1 << 15;

template <class T>
void bias_add(KernelContext& context) {
  const ChannelLayout layout(context, context.input(0).shape());
  const T* value = context.in<T>(0).data();
  const T* bias = context.in<T>(1).data();
  T* output = context.out<T>().data();
  std::int64_t channels = layout.channels, inner = layout.inner;
  if (context.out<T>().empty()) return;
  if (inner == 1) {
    parallel_for(layout.outer,
                 std::max<std::int64_t>(1, kGrain / channels),
                 [=](std::int64_t begin, std::int64_t end) {
                   for (std::int64_t row = begin; row < end; ++row)
                     for (std::int64_t j = 0; j < channels; ++j)
                       output[row * channels + j] =
                           add(value[row * channels + j], bias[j]);
                 });
    return;
  }
  parallel_for(layout.outer * channels,
               std::max<std::int64_t>(1, kGrain / inner),
               [=](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t plane = begin; plane < end; ++plane) {
                   const T shift = bias[plane % channels];
                   for (std::int64_t j = 0; j < inner; ++j)
                     output[plane * inner + j] =
                         add(value[plane * inner + j], shift);
                 }
               });
}

/// Rows added up before they join the total: keeps long sums accurate.
inline constexpr std::int64_t kRowsTogether = 256;
/// Columns a piece keeps in registers or the first-level cache.
inline constexpr std::int64_t kColumns = 64;

/// Column sums of rows x channels, for channels [begin, end).
template <class T>
void sum_columns(const T* rows,
                 std::int64_t count,
                 std::int64_t channels,
                 std::int64_t begin,
                 std::int64_t end,
                 T* output) {
  using S = typename Sum<T>::Type;
  std::int64_t width = end - begin;
  S total[kColumns] = {};
  for (std::int64_t first = 0; first < count; first += kRowsTogether) {
    S partial[kColumns] = {};
    std::int64_t last = std::min(count, first + kRowsTogether);
    for (std::int64_t row = first; row < last; ++row) {
      const T* from = rows + row * channels + begin;
      if (width == kColumns) {
        for (std::int64_t j = 0; j < kColumns; ++j)
          partial[j] = static_cast<S>(partial[j] + static_cast<S>(from[j]));
      } else {
        for (std::int64_t j = 0; j < width; ++j)
          partial[j] = static_cast<S>(partial[j] + static_cast<S>(from[j]));
      }
    }
    for (std::int64_t j = 0; j < width; ++j)
      total[j] = static_cast<S>(total[j] + partial[j]);
  }
  for (std::int64_t j = 0; j < width; ++j)
    output[begin + j] = static_cast<T>(total[j]);
}

/// The sum of one channel over all planes of [outer, channels, inner].
template <class T>
T sum_planes(const T* dy, const ChannelLayout& layout, std::int64_t channel) {
  using S = typename Sum<T>::Type;
  S total = S();
  for (std::int64_t outer = 0; outer < layout.outer; ++outer) {
    const T* plane = dy + (outer * layout.channels + channel) * layout.inner;
    // Independent partial sums: vectorisable, and more accurate than one.
    S partial[kColumns] = {};
    std::int64_t j = 0;
    for (; j + kColumns <= layout.inner; j += kColumns)
      for (std::int64_t i = 0; i < kColumns; ++i)
        partial[i] = static_cast<S>(partial[i] + static_cast<S>(plane[j + i]));
    for (; j < layout.inner; ++j)
      partial[0] = static_cast<S>(partial[0] + static_cast<S>(plane[j]));
    for (S part : partial) total = static_cast<S>(total + part);
  }
  return static_cast<T>(total);
}

template <class T>
void bias_add_grad(KernelContext& context) {
  const ChannelLayout layout(context, context.input(0).shape());
  const T* dy = context.in<T>(0).data();
  T* output = context.out<T>().data();
  std::int64_t per_channel = layout.outer * layout.inner;
  if (layout.inner == 1) {
    // Pieces of whole column groups, whatever the number of rows.
    std::int64_t groups = (layout.channels + kColumns - 1) / kColumns;
    std::int64_t grain = std::max<std::int64_t>(
        1, kGrain / std::max<std::int64_t>(1, per_channel * kColumns));
    parallel_for(groups, grain, [=](std::int64_t begin, std::int64_t end) {
      for (std::int64_t group = begin; group < end; ++group)
        sum_columns(dy,
                    layout.outer,
                    layout.channels,
                    group * kColumns,
                    std::min(layout.channels, (group + 1) * kColumns),
                    output);
    });
    return;
  }
  std::int64_t grain = std::max<std::int64_t>(
      1, kGrain / std::max<std::int64_t>(1, per_channel));
  parallel_for(
      layout.channels, grain, [=](std::int64_t begin, std::int64_t end) {
        for (std::int64_t c = begin; c < end; ++c)
          output[c] = sum_planes(dy, layout, c);
      });
}

template <class... T>
void add_kernels(KernelRegistry& registry) {
  (registry.add("BiasAdd", {{"T", dtype_of<T>}}, bias_add<T>), ...);
  (registry.add("BiasAddV1", {{"T", dtype_of<T>}}, bias_add<T>), ...);
  (registry.add("BiasAddGrad", {{"T", dtype_of<T>}}, bias_add_grad<T>), ...);
}

}  // namespace tern::bias
