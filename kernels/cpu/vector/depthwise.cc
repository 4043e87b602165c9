// Depthwise convolutions in float and double (half and bfloat16 through
// float): loops over the channels, which are last and vectorise.

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "kernels/common/sliding_window.h"
#include "kernels/cpu/plain/conv/images.h"
#include "kernels/cpu/register_vector.h"
#include "ops/kernel.h"
#include "tern/core/error.h"
#include "tern/core/parallel.h"

namespace tern {
namespace {

/// Multiply-adds worth a thread.
constexpr std::int64_t kGrain = 1 << 17;
/// Channels whose sums stay in registers.
constexpr std::int64_t kBlock = 64;
/// Partial sums of a filter's gradient, at most.
constexpr std::int64_t kPartialSums = 32;

struct Depthwise {
  Depthwise(const SlidingWindow& window,
            const Shape& input,
            const Shape& filter,
            const Shape& output)
      : batch(input[0]), channels(filter[2]), multiplier(filter[3]) {
    int h = window.spatial_dim(0), w = window.spatial_dim(1);
    height = window.axis(h, input[h], filter[0], output[h]);
    width = window.axis(w, input[w], filter[1], output[w]);
  }
  std::int64_t outputs() const { return channels * multiplier; }
  std::int64_t taps() const { return height.window * width.window; }

  std::int64_t batch, channels, multiplier;
  WindowAxis height, width;
};

/// The taps [begin, end) that meet the input from `start` on.
struct Taps {
  Taps(const WindowAxis& axis, std::int64_t start)
      : begin(start < 0 ? (-start + axis.dilation - 1) / axis.dilation : 0),
        end(std::min(axis.window,
                     start < axis.input
                         ? (axis.input - start - 1) / axis.dilation + 1
                         : 0)) {}
  std::int64_t begin, end;
};

std::int64_t rows_worth_a_thread(const Depthwise& s, std::int64_t columns) {
  return std::max<std::int64_t>(
      1, kGrain / std::max<std::int64_t>(1, columns * s.outputs() * s.taps()));
}

/// Calls f(image, row) for rows of all images, in parallel.
template <class F>
void for_each_row(const Depthwise& s,
                  std::int64_t rows,
                  std::int64_t columns,
                  F f) {
  parallel_for(s.batch * rows,
               rows_worth_a_thread(s, columns),
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t i = begin; i < end; ++i)
                   f(i / rows, i % rows);
               });
}

/// Pixels of a row that are computed together: each tap is loaded once.
constexpr int kPixels = 4;

/// The sums of `Pixels` neighbouring windows, for one register of channels.
/// `from` is the input under tap (0, 0) of the first window.
template <class T, int Pixels>
void sum_windows(const Depthwise& s,
                 const T* image,
                 std::int64_t from,
                 const Taps& down,
                 const Taps& across,
                 const T* filter,
                 T* y) {
  using Vector = typename kernels::RegisterVector<T>::Type;
  std::int64_t tap_row = s.height.dilation * s.width.input * s.channels;
  std::int64_t tap_column = s.width.dilation * s.channels;
  std::int64_t pixel = s.width.stride * s.channels;
  Vector sums[Pixels] = {};
  for (std::int64_t kh = down.begin; kh < down.end; ++kh)
    for (std::int64_t kw = across.begin; kw < across.end; ++kw) {
      const Vector tap = *reinterpret_cast<const Vector*>(
          filter + (kh * s.width.window + kw) * s.channels);
      const T* x = image + (from + kh * tap_row + kw * tap_column);
#pragma GCC unroll 4
      for (int i = 0; i < Pixels; ++i)
        sums[i] += *reinterpret_cast<const Vector*>(x + i * pixel) * tap;
    }
#pragma GCC unroll 4
  for (int i = 0; i < Pixels; ++i)
    *reinterpret_cast<Vector*>(y + i * s.channels) = sums[i];
}

/// A row of outputs where each channel has one filter, for whole registers of
/// channels. Gives the number of channels done.
template <class T>
std::int64_t forward_row(const Depthwise& s,
                         const T* image,
                         std::int64_t h0,
                         const T* filter,
                         T* row) {
  constexpr int kLanes = kernels::RegisterVector<T>::kLanes;
  Taps down(s.height, h0);
  // Windows that lie within the input from side to side.
  std::int64_t extent = (s.width.window - 1) * s.width.dilation + 1;
  std::int64_t first = (s.width.before + s.width.stride - 1) / s.width.stride;
  std::int64_t last =
      s.width.input + s.width.before >= extent
          ? (s.width.input + s.width.before - extent) / s.width.stride + 1
          : 0;
  last = std::min(last, s.width.output);
  Taps all(s.width, 0);
  all.end = s.width.window;
  auto from = [&](std::int64_t ow, std::int64_t c) {
    return (h0 * s.width.input + s.width.start(ow)) * s.channels + c;
  };
  std::int64_t c = 0;
  for (std::int64_t ow = 0; ow < s.width.output;) {
    bool together = ow >= first && ow + kPixels <= last;
    Taps across(s.width, s.width.start(ow));
    for (c = 0; c + kLanes <= s.channels; c += kLanes) {
      T* y = row + ow * s.channels + c;
      if (together)
        sum_windows<T, kPixels>(
            s, image, from(ow, c), down, all, filter + c, y);
      else
        sum_windows<T, 1>(s, image, from(ow, c), down, across, filter + c, y);
    }
    ow += together ? kPixels : 1;
  }
  return c;
}

template <class T>
void forward(const Depthwise& s, const T* x, const T* filter, T* y) {
  std::int64_t outputs = s.outputs();
  for_each_row(s, s.height.output, s.width.output, [&](auto n, auto oh) {
    const T* image = x + n * s.height.input * s.width.input * s.channels;
    T* row = y + (n * s.height.output + oh) * s.width.output * outputs;
    std::int64_t h0 = s.height.start(oh);
    std::int64_t done =
        s.multiplier == 1 ? forward_row(s, image, h0, filter, row) : 0;
    if (done == outputs) return;
    Taps down(s.height, h0);
    for (std::int64_t ow = 0; ow < s.width.output; ++ow) {
      std::int64_t w0 = s.width.start(ow);
      Taps across(s.width, w0);
      for (std::int64_t c = done; c < outputs; c += kBlock) {
        std::int64_t n_block = std::min(kBlock, outputs - c);
        T sum[kBlock] = {};
        for (std::int64_t kh = down.begin; kh < down.end; ++kh)
          for (std::int64_t kw = across.begin; kw < across.end; ++kw) {
            const T* pixel =
                image + ((h0 + kh * s.height.dilation) * s.width.input + w0 +
                         kw * s.width.dilation) *
                            s.channels;
            const T* tap = filter + (kh * s.width.window + kw) * outputs + c;
            for (std::int64_t i = 0; i < n_block; ++i)
              sum[i] += pixel[(c + i) / s.multiplier] * tap[i];
          }
        std::copy_n(sum, n_block, row + ow * outputs + c);
      }
    }
  });
}

/// With stride 1 and one filter a channel, the gradient is a convolution of dy
/// with the filter turned round.
template <class T>
void backprop_input_by_forward(const Depthwise& s,
                               const T* filter,
                               const T* dy,
                               T* dx) {
  Depthwise turned = s;
  for (WindowAxis* axis : {&turned.height, &turned.width}) {
    std::swap(axis->input, axis->output);
    axis->before = (axis->window - 1) * axis->dilation - axis->before;
  }
  auto taps = std::make_unique_for_overwrite<T[]>(
      static_cast<std::size_t>(s.taps() * s.channels));
  for (std::int64_t k = 0; k < s.taps(); ++k)
    std::copy_n(filter + (s.taps() - 1 - k) * s.channels,
                s.channels,
                taps.get() + k * s.channels);
  forward(turned, dy, taps.get(), dx);
}

/// The outputs whose tap `k` meets input `i`: at most one.
bool find_output(const WindowAxis& axis,
                 std::int64_t i,
                 std::int64_t k,
                 std::int64_t& output) {
  std::int64_t start = i + axis.before - k * axis.dilation;
  if (start < 0 || start % axis.stride != 0) return false;
  output = start / axis.stride;
  return output < axis.output;
}

/// Gathers for each input what its outputs pass back.
template <class T>
void backprop_input(const Depthwise& s, const T* filter, const T* dy, T* dx) {
  std::int64_t outputs = s.outputs();
  if (s.multiplier == 1 && s.height.stride == 1 && s.width.stride == 1)
    return backprop_input_by_forward(s, filter, dy, dx);
  for_each_row(s, s.height.input, s.width.input, [&](auto n, auto h) {
    const T* image = dy + n * s.height.output * s.width.output * outputs;
    T* row = dx + (n * s.height.input + h) * s.width.input * s.channels;
    for (std::int64_t w = 0; w < s.width.input; ++w)
      for (std::int64_t c = 0; c < s.channels; c += kBlock) {
        std::int64_t n_block = std::min(kBlock, s.channels - c);
        T sum[kBlock] = {};
        for (std::int64_t kh = 0; kh < s.height.window; ++kh) {
          std::int64_t oh, ow;
          if (!find_output(s.height, h, kh, oh)) continue;
          for (std::int64_t kw = 0; kw < s.width.window; ++kw) {
            if (!find_output(s.width, w, kw, ow)) continue;
            const T* pixel = image + (oh * s.width.output + ow) * outputs;
            const T* tap = filter + (kh * s.width.window + kw) * outputs;
            for (std::int64_t i = 0; i < n_block; ++i)
              for (std::int64_t m = 0; m < s.multiplier; ++m) {
                std::int64_t o = (c + i) * s.multiplier + m;
                sum[i] += pixel[o] * tap[o];
              }
          }
        }
        std::copy_n(sum, n_block, row + w * s.channels + c);
      }
  });
}

/// Adds to a tap's gradient what `count` pixels of a row give, for whole
/// registers of channels. Gives the number of channels done.
template <class T>
std::int64_t add_row_products(std::int64_t channels,
                              std::int64_t count,
                              const T* x,
                              std::int64_t x_step,
                              const T* dy,
                              T* tap) {
  using Vector = typename kernels::RegisterVector<T>::Type;
  constexpr int kLanes = kernels::RegisterVector<T>::kLanes;
  auto at = [](const T* p) { return *reinterpret_cast<const Vector*>(p); };
  std::int64_t c = 0;
  for (; c + kLanes <= channels; c += kLanes) {
    Vector sums[kPixels] = {};
    std::int64_t i = 0;
    for (; i + kPixels <= count; i += kPixels)
#pragma GCC unroll 4
      for (int k = 0; k < kPixels; ++k)
        sums[k] +=
            at(x + (i + k) * x_step + c) * at(dy + (i + k) * channels + c);
    for (; i < count; ++i)
      sums[0] += at(x + i * x_step + c) * at(dy + i * channels + c);
    auto* total = reinterpret_cast<Vector*>(tap + c);
    *total += (sums[0] + sums[1]) + (sums[2] + sums[3]);
  }
  return c;
}

/// Adds one output row's part to the gradient of the filter.
template <class T>
void add_row(const Depthwise& s,
             const T* image,
             const T* dy,
             std::int64_t oh,
             T* dfilter) {
  std::int64_t outputs = s.outputs(), h0 = s.height.start(oh);
  Taps down(s.height, h0);
  for (std::int64_t kh = down.begin; kh < down.end; ++kh)
    for (std::int64_t kw = 0; kw < s.width.window; ++kw) {
      // Outputs whose tap kw lies within the row.
      std::int64_t shift = kw * s.width.dilation - s.width.before;
      std::int64_t stride = s.width.stride;
      std::int64_t first = shift < 0 ? (-shift + stride - 1) / stride : 0;
      std::int64_t last =
          shift < s.width.input
              ? std::min(s.width.output,
                         (s.width.input - 1 - shift) / stride + 1)
              : 0;
      if (first >= last) continue;
      const T* x = image + ((h0 + kh * s.height.dilation) * s.width.input +
                            first * stride + shift) *
                               s.channels;
      const T* gradient = dy + first * outputs;
      T* tap = dfilter + (kh * s.width.window + kw) * outputs;
      std::int64_t done = s.multiplier == 1
                              ? add_row_products(outputs,
                                                 last - first,
                                                 x,
                                                 stride * s.channels,
                                                 gradient,
                                                 tap)
                              : 0;
      for (std::int64_t i = 0; i < last - first && done < outputs; ++i)
        for (std::int64_t c = done; c < outputs; ++c)
          tap[c] += x[i * stride * s.channels + c / s.multiplier] *
                    gradient[i * outputs + c];
    }
}

template <class T>
void backprop_filter(const Depthwise& s, const T* x, const T* dy, T* dfilter) {
  std::int64_t outputs = s.outputs(), size = s.taps() * outputs;
  std::int64_t rows = s.batch * s.height.output;
  std::int64_t sums = std::clamp<std::int64_t>(
      rows / rows_worth_a_thread(s, s.width.output), 1, kPartialSums);
  auto partial = std::make_unique<T[]>(static_cast<std::size_t>(sums * size));
  parallel_for(sums, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t sum = begin; sum < end; ++sum)
      for (std::int64_t i = rows * sum / sums; i < rows * (sum + 1) / sums;
           ++i) {
        std::int64_t n = i / s.height.output, oh = i % s.height.output;
        add_row(s,
                x + n * s.height.input * s.width.input * s.channels,
                dy + i * s.width.output * outputs,
                oh,
                partial.get() + sum * size);
      }
  });
  std::copy_n(partial.get(), size, dfilter);
  for (std::int64_t sum = 1; sum < sums; ++sum)
    for (std::int64_t i = 0; i < size; ++i)
      dfilter[i] += partial[static_cast<std::size_t>(sum * size + i)];
}

/// TensorFlow's CPU kernels have none; a public call dilates the filter.
SlidingWindow undilated_window(const KernelContext& c) {
  SlidingWindow window = SlidingWindow::of(c);
  if (window.is_dilated()) {
    std::string rates;
    for (std::int64_t rate : window.dilations)
      rates += (rates.empty() ? "" : " ") + std::to_string(rate);
    throw UnimplementedError(
        "Current kernel implementation does not support dilations, received [",
        rates,
        "]");
  }
  return window;
}

template <class T>
void forward_kernel(KernelContext& c) {
  SlidingWindow window = undilated_window(c);
  bool first = window.channels_first;
  InputImages<T> x(c.input(0), first);
  InputImages<T> filter(c.input(1), false);
  OutputImages<T> y(c.output(), first);
  forward(
      Depthwise(
          window, c.input(0).shape(), c.input(1).shape(), c.inferred_shape()),
      x.data(),
      filter.data(),
      y.data());
  y.finish();
}

template <class T>
void backprop_input_kernel(KernelContext& c) {
  SlidingWindow window = undilated_window(c);
  bool first = window.channels_first;
  InputImages<T> filter(c.input(1), false);
  InputImages<T> dy(c.input(2), first);
  OutputImages<T> dx(c.output(), first);
  backprop_input(
      Depthwise(
          window, c.inferred_shape(), c.input(1).shape(), c.input(2).shape()),
      filter.data(),
      dy.data(),
      dx.data());
  dx.finish();
}

template <class T>
void backprop_filter_kernel(KernelContext& c) {
  SlidingWindow window = undilated_window(c);
  bool first = window.channels_first;
  InputImages<T> x(c.input(0), first);
  InputImages<T> dy(c.input(2), first);
  OutputImages<T> dfilter(c.output(), false);
  backprop_filter(
      Depthwise(
          window, c.input(0).shape(), c.inferred_shape(), c.input(2).shape()),
      x.data(),
      dy.data(),
      dfilter.data());
  dfilter.finish();
}

template <class T>
void add_kernels(KernelRegistry& registry) {
  constexpr DType kType = dtype_of<T>;
  registry.add("DepthwiseConv2dNative", {{"T", kType}}, forward_kernel<T>);
  registry.add("DepthwiseConv2dNativeBackpropInput",
               {{"T", kType}},
               backprop_input_kernel<T>);
  registry.add("DepthwiseConv2dNativeBackpropFilter",
               {{"T", kType}},
               backprop_filter_kernel<T>);
}

}  // namespace

void register_depthwise_kernels(KernelRegistry& registry) {
  add_kernels<float>(registry);
  add_kernels<double>(registry);
  add_kernels<Half>(registry);
  add_kernels<BFloat16>(registry);
}

}  // namespace tern
