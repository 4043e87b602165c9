#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "kernels/common/narrow_floats.h"
#include "kernels/common/pooling.h"
#include "kernels/cpu/register_vector.h"
#include "tern/core/parallel.h"

// Pooling over images with the channels last, which the inner loops run along.

namespace tern::pooling {

/// Elements worth a thread.
inline constexpr std::int64_t kGrain = 1 << 15;
/// Channels that go together, in registers or the first-level cache.
inline constexpr std::int64_t kBlock = 64;

template <class T>
constexpr T lowest() {
  return std::numeric_limits<T>::lowest();
}
template <>
inline Half lowest<Half>() {
  return Half(-65504.0f);
}
template <>
inline BFloat16 lowest<BFloat16>() {
  return BFloat16(-3.38953139e38f);
}

/// The part of a window at one output that lies within the input.
struct Box {
  Box(const Pooling& p, std::int64_t pixel) {
    const auto& [depth, height, width] = p.axes;
    std::int64_t ow = pixel % width.output;
    std::int64_t oh = pixel / width.output % height.output;
    std::int64_t od = pixel / (width.output * height.output);
    clip(depth, od, begin[0], end[0]);
    clip(height, oh, begin[1], end[1]);
    clip(width, ow, begin[2], end[2]);
  }
  std::int64_t size() const {
    return (end[0] - begin[0]) * (end[1] - begin[1]) * (end[2] - begin[2]);
  }
  /// Calls f(pixel of the input) in order.
  template <class F>
  void visit(const Pooling& p, F f) const {
    for (std::int64_t d = begin[0]; d < end[0]; ++d)
      for (std::int64_t h = begin[1]; h < end[1]; ++h)
        for (std::int64_t w = begin[2]; w < end[2]; ++w)
          f((d * p.axes[1].input + h) * p.axes[2].input + w);
  }

  std::int64_t begin[3], end[3];

 private:
  static void clip(const WindowAxis& axis,
                   std::int64_t o,
                   std::int64_t& begin,
                   std::int64_t& end) {
    std::int64_t start = axis.start(o);
    begin = std::max<std::int64_t>(start, 0);
    end = std::max(begin, std::min(start + axis.window, axis.input));
  }
};

/// Calls f(image, first pixel, last pixel) for parts of the outputs.
template <class F>
void for_outputs(const Pooling& p, F f) {
  std::int64_t pixels = p.out_pixels();
  if (p.batch * pixels * p.channels == 0) return;
  std::int64_t window = std::min(
      p.in_pixels(), p.axes[0].window * p.axes[1].window * p.axes[2].window);
  std::int64_t grain = std::max<std::int64_t>(
      1, kGrain / std::max<std::int64_t>(1, p.channels * window));
  parallel_for(
      p.batch * pixels, grain, [&](std::int64_t begin, std::int64_t end) {
        while (begin < end) {
          std::int64_t image = begin / pixels;
          std::int64_t last = std::min(end, (image + 1) * pixels);
          f(image, begin - image * pixels, last - image * pixels);
          begin = last;
        }
      });
}

/// Calls f(image, first channel, last channel): windows overlap, so what is
/// added to inputs is not cut within an image.
template <class F>
void for_images(const Pooling& p, F f) {
  if (p.batch * p.channels == 0) return;
  std::int64_t blocks = (p.channels + kBlock - 1) / kBlock;
  std::int64_t grain = std::max<std::int64_t>(
      1,
      kGrain / std::max<std::int64_t>(
                   1, p.in_pixels() * std::min(p.channels, kBlock)));
  parallel_for(
      p.batch * blocks, grain, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
          std::int64_t first = i % blocks * kBlock;
          f(i / blocks, first, std::min(p.channels, first + kBlock));
        }
      });
}

/// The loop over up to kBlock channels, of constant length where that is all.
template <class F>
void for_channels(std::int64_t n, F f) {
  if (n == kBlock) {
#pragma GCC ivdep
    for (std::int64_t i = 0; i < kBlock; ++i) f(i);
  } else {
#pragma GCC ivdep
    for (std::int64_t i = 0; i < n; ++i) f(i);
  }
}

// ------------------------------------------------------------------- max

/// Registers of channels that go together.
inline constexpr int kRegisters = 4;

/// Of channels [c, c + registers): what max_forward gives. (Loops spelled out:
/// captured by a lambda, the sums would live in memory.)
template <bool kFirstStays, int registers>
void max_of_box(const Pooling& p, const Box& box, const float* in, float* out) {
  using Vector = kernels::RegisterVector<float>::Type;
  auto pixel = [&](std::int64_t d, std::int64_t h, std::int64_t w) {
    return reinterpret_cast<const Vector*>(
        in + ((d * p.axes[1].input + h) * p.axes[2].input + w) * p.channels);
  };
  Vector best[registers];
#pragma GCC unroll 4
  for (int k = 0; k < registers; ++k)
    best[k] = kFirstStays ? pixel(box.begin[0], box.begin[1], box.begin[2])[k]
                          : Vector{} + lowest<float>();
  for (std::int64_t d = box.begin[0]; d < box.end[0]; ++d)
    for (std::int64_t h = box.begin[1]; h < box.end[1]; ++h)
      for (std::int64_t w = box.begin[2]; w < box.end[2]; ++w) {
        const Vector* row = pixel(d, h, w);
#pragma GCC unroll 4
        for (int k = 0; k < registers; ++k)
          best[k] = row[k] > best[k] ? row[k] : best[k];
      }
  auto* target = reinterpret_cast<Vector*>(out);
#pragma GCC unroll 4
  for (int k = 0; k < registers; ++k) target[k] = best[k];
}

/// max_forward of one output for whole registers of floats; gives the number of
/// channels done.
template <bool kFirstStays>
std::int64_t max_in_registers(const Pooling& p,
                              const Box& box,
                              const float* in,
                              float* out) {
  constexpr int kLanes = kernels::RegisterVector<float>::kLanes;
  if (box.size() == 0) return 0;
  std::int64_t c = 0;
  for (; c + kRegisters * kLanes <= p.channels; c += kRegisters * kLanes)
    max_of_box<kFirstStays, kRegisters>(p, box, in + c, out + c);
  for (; c + kLanes <= p.channels; c += kLanes)
    max_of_box<kFirstStays, 1>(p, box, in + c, out + c);
  return c;
}

/// In TensorFlow's 2-D kernels NaN is never chosen, and a window of nothing
/// else gives the lowest number; in its 3-D ones a NaN that comes first stays.
template <bool kFirstStays, class T>
void max_forward(const Pooling& p, const T* x, T* y) {
  for_outputs(p, [&](auto image, auto first, auto last) {
    const T* in = x + image * p.in_pixels() * p.channels;
    T* out = y + image * p.out_pixels() * p.channels;
    for (std::int64_t pixel = first; pixel < last; ++pixel) {
      Box box(p, pixel);
      std::int64_t c = 0;
      if constexpr (std::is_same_v<T, float>)
        c = max_in_registers<kFirstStays>(p, box, in, out + pixel * p.channels);
      for (; c < p.channels; c += kBlock) {
        std::int64_t n = std::min(kBlock, p.channels - c);
        T best[kBlock];
        std::fill_n(best, n, lowest<T>());
        bool takes_all = kFirstStays;
        box.visit(p, [&](std::int64_t at) {
          const T* __restrict row = in + at * p.channels + c;
          if (takes_all) {
            std::copy_n(row, n, best);
            takes_all = false;
            return;
          }
          for_channels(n, [&](std::int64_t i) {
            best[i] = row[i] > best[i] ? row[i] : best[i];
          });
        });
        std::copy_n(best, n, out + pixel * p.channels + c);
      }
    }
  });
}

/// How the input that stands for its window is found.
enum class Choice {
  kLargest,  ///< the first largest; a NaN that comes first stays
  kEqual,    ///< the first that equals the output; perhaps none
};

/// For channels [c, c + n) of an output, the pixels of the inputs chosen, -1
/// for none, and their values where the largest are looked for.
template <Choice choice, class T>
void choose(const Pooling& p,
            const Box& box,
            const T* in,
            const T* out,
            std::int64_t n,
            std::int32_t* chosen,
            T* best) {
  std::fill_n(chosen, n, -1);
  if constexpr (choice == Choice::kEqual) {
    std::copy_n(out, n, best);
    box.visit(p, [&](std::int64_t at) {
      const T* row = in + at * p.channels;
      auto here = static_cast<std::int32_t>(at);
      for_channels(n, [&](std::int64_t i) {
        bool is_first = chosen[i] < 0 && row[i] == best[i];
        chosen[i] = is_first ? here : chosen[i];
      });
    });
  } else {
    bool is_first = true;
    box.visit(p, [&](std::int64_t at) {
      const T* row = in + at * p.channels;
      auto here = static_cast<std::int32_t>(at);
      if (is_first) {
        std::copy_n(row, n, best);
        std::fill_n(chosen, n, here);
        is_first = false;
        return;
      }
      for_channels(n, [&](std::int64_t i) {
        bool is_larger = row[i] > best[i];
        best[i] = is_larger ? row[i] : best[i];
        chosen[i] = is_larger ? here : chosen[i];
      });
    });
  }
}

/// max_backward of one output for whole registers of floats, of n channels;
/// gives the number done.
template <Choice choice>
std::int64_t backward_in_registers(const Pooling& p,
                                   const Box& box,
                                   std::int64_t n,
                                   const float* in,
                                   const float* out,
                                   const float* dy,
                                   float* dx) {
  using Vector = kernels::RegisterVector<float>::Type;
  using Places = kernels::RegisterVector<std::int32_t>::Type;
  constexpr int kLanes = kernels::RegisterVector<float>::kLanes;
  if (box.size() == 0) return 0;
  auto load = [](const float* data) {
    return *reinterpret_cast<const Vector*>(data);
  };
  auto row_of = [&](std::int64_t d, std::int64_t h) {
    return (d * p.axes[1].input + h) * p.axes[2].input;
  };
  std::int64_t c = 0;
  for (; c + kLanes <= n; c += kLanes) {
    Places chosen = Places{} - 1;
    Vector best = load(out + c);
    if constexpr (choice == Choice::kLargest) {
      std::int64_t first = row_of(box.begin[0], box.begin[1]) + box.begin[2];
      best = load(in + first * p.channels + c);
      chosen = Places{} + static_cast<std::int32_t>(first);
    }
    for (std::int64_t d = box.begin[0]; d < box.end[0]; ++d)
      for (std::int64_t h = box.begin[1]; h < box.end[1]; ++h)
        for (std::int64_t w = box.begin[2]; w < box.end[2]; ++w) {
          std::int64_t pixel = row_of(d, h) + w;
          const Vector x = load(in + pixel * p.channels + c);
          const Places here = Places{} + static_cast<std::int32_t>(pixel);
          if constexpr (choice == Choice::kEqual) {
            chosen = (chosen < 0) & (x == best) ? here : chosen;
          } else {
            chosen = x > best ? here : chosen;
            best = x > best ? x : best;
          }
        }
    const Vector gradient = load(dy + c);
    for (std::int64_t d = box.begin[0]; d < box.end[0]; ++d)
      for (std::int64_t h = box.begin[1]; h < box.end[1]; ++h)
        for (std::int64_t w = box.begin[2]; w < box.end[2]; ++w) {
          std::int64_t pixel = row_of(d, h) + w;
          const Places here = Places{} + static_cast<std::int32_t>(pixel);
          auto* target = reinterpret_cast<Vector*>(dx + pixel * p.channels + c);
          *target += chosen == here ? gradient : Vector{};
        }
  }
  return c;
}

/// Adds each output's gradient to the input chosen for it.
template <Choice choice, class T, class G>
void max_backward(
    const Pooling& p, const T* x, const T* y, const G* dy, G* dx) {
  for_images(p, [&](auto image, auto c, auto last) {
    std::int64_t in_start = image * p.in_pixels() * p.channels + c;
    std::int64_t out_start = image * p.out_pixels() * p.channels + c;
    for (std::int64_t at = 0; at < p.in_pixels(); ++at)
      std::fill_n(dx + in_start + at * p.channels, last - c, G(0));
    for (std::int64_t pixel = 0; pixel < p.out_pixels(); ++pixel) {
      Box box(p, pixel);
      std::int64_t o = out_start + pixel * p.channels, done = 0;
      if constexpr (std::is_same_v<T, float> && std::is_same_v<G, float>)
        done = backward_in_registers<choice>(
            p, box, last - c, x + in_start, y + o, dy + o, dx + in_start);
      std::int64_t n = last - c - done;
      if (n == 0) continue;
      std::int32_t chosen[kBlock];
      T best[kBlock];
      choose<choice>(
          p, box, x + in_start + done, y + o + done, n, chosen, best);
      const G* __restrict from = dy + o + done;
      box.visit(p, [&](std::int64_t at) {
        G* __restrict row = dx + in_start + done + at * p.channels;
        auto here = static_cast<std::int32_t>(at);
        for_channels(n, [&](std::int64_t i) {
          row[i] =
              static_cast<G>(row[i] + (chosen[i] == here ? from[i] : G(0)));
        });
      });
    }
  });
}

/// Takes each output from `grad` where its input was chosen.
template <class T>
void max_grad_grad(
    const Pooling& p, const T* x, const T* y, const T* grad, T* result) {
  for_outputs(p, [&](auto image, auto first, auto last) {
    std::int64_t in_start = image * p.in_pixels() * p.channels;
    std::int64_t out_start = image * p.out_pixels() * p.channels;
    for (std::int64_t pixel = first; pixel < last; ++pixel) {
      Box box(p, pixel);
      for (std::int64_t c = 0; c < p.channels; c += kBlock) {
        std::int64_t n = std::min(kBlock, p.channels - c);
        std::int64_t o = out_start + pixel * p.channels + c;
        std::int32_t chosen[kBlock];
        T best[kBlock];
        choose<Choice::kEqual>(
            p, box, x + in_start + c, y + o, n, chosen, best);
        for (std::int64_t i = 0; i < n; ++i)
          result[o + i] = chosen[i] < 0
                              ? T(0)
                              : grad[in_start + chosen[i] * p.channels + c + i];
      }
    }
  });
}

/// The largest with its place, channels included: counted within the image, or
/// over the batch.
template <class T, class Index>
void max_with_argmax(
    const Pooling& p, const T* x, bool over_batch, T* y, Index* argmax) {
  for_outputs(p, [&](auto image, auto first, auto last) {
    std::int64_t in_start = image * p.in_pixels() * p.channels;
    std::int64_t out_start = image * p.out_pixels() * p.channels;
    for (std::int64_t pixel = first; pixel < last; ++pixel) {
      Box box(p, pixel);
      for (std::int64_t c = 0; c < p.channels; c += kBlock) {
        std::int64_t n = std::min(kBlock, p.channels - c);
        std::int64_t o = out_start + pixel * p.channels + c;
        std::int32_t chosen[kBlock];
        choose<Choice::kLargest>(
            p, box, x + in_start + c, y + o, n, chosen, y + o);
        for (std::int64_t i = 0; i < n; ++i)
          argmax[o + i] = static_cast<Index>((over_batch ? in_start : 0) +
                                             chosen[i] * p.channels + c + i);
      }
    }
  });
}

// --------------------------------------------------------------- average

/// What means are summed in.
template <class T>
using Sum = std::conditional_t<kernels::is_narrow<T>, float, T>;

/// The mean of the inputs in the window; padding does not count.
template <class T>
void average_forward(const Pooling& p, const T* x, T* y) {
  for_outputs(p, [&](auto image, auto first, auto last) {
    const T* in = x + image * p.in_pixels() * p.channels;
    T* out = y + image * p.out_pixels() * p.channels;
    for (std::int64_t pixel = first; pixel < last; ++pixel) {
      Box box(p, pixel);
      for (std::int64_t c = 0; c < p.channels; c += kBlock) {
        std::int64_t n = std::min(kBlock, p.channels - c);
        Sum<T> sum[kBlock] = {};
        box.visit(p, [&](std::int64_t at) {
          const T* __restrict row = in + at * p.channels + c;
          for_channels(n, [&](std::int64_t i) {
            sum[i] += static_cast<Sum<T>>(row[i]);
          });
        });
        auto count = static_cast<Sum<T>>(box.size());
        T* target = out + pixel * p.channels + c;
        for (std::int64_t i = 0; i < n; ++i)
          target[i] = static_cast<T>(sum[i] / count);
      }
    }
  });
}

template <class T>
void average_backward(const Pooling& p, const T* dy, T* dx) {
  for_images(p, [&](auto image, auto c, auto last) {
    std::int64_t n = last - c;
    T* in = dx + image * p.in_pixels() * p.channels + c;
    const T* out = dy + image * p.out_pixels() * p.channels + c;
    for (std::int64_t at = 0; at < p.in_pixels(); ++at)
      std::fill_n(in + at * p.channels, n, T(0));
    for (std::int64_t pixel = 0; pixel < p.out_pixels(); ++pixel) {
      Box box(p, pixel);
      Sum<T> share = Sum<T>(1) / static_cast<Sum<T>>(box.size());
      T part[kBlock];
      for (std::int64_t i = 0; i < n; ++i)
        part[i] = static_cast<T>(
            static_cast<Sum<T>>(out[pixel * p.channels + i]) * share);
      box.visit(p, [&](std::int64_t at) {
        T* __restrict row = in + at * p.channels;
        for_channels(n, [&](std::int64_t i) {
          row[i] = static_cast<T>(row[i] + part[i]);
        });
      });
    }
  });
}

// --------------------------------------------------------------- kernels

template <class T, bool kFirstStays = false>
void max_kernel(KernelContext& c) {
  Pooling p(c, c.input(0).shape(), c.inferred_shape());
  max_forward<kFirstStays>(p, c.in<T>(0).data(), c.out<T>().data());
}

template <Choice choice, class T, class G = T>
void max_grad_kernel(KernelContext& c) {
  Pooling p(c, c.inferred_shape(), c.input(2).shape());
  max_backward<choice>(p,
                       c.in<T>(0).data(),
                       c.in<T>(1).data(),
                       c.in<G>(2).data(),
                       c.out<G>().data());
}

template <class T>
void max_grad_grad_kernel(KernelContext& c) {
  Pooling p(c, c.input(0).shape(), c.inferred_shape());
  max_grad_grad(p,
                c.in<T>(0).data(),
                c.in<T>(1).data(),
                c.in<T>(2).data(),
                c.out<T>().data());
}

template <class T>
void average_kernel(KernelContext& c) {
  Pooling p(c, c.input(0).shape(), c.inferred_shape());
  average_forward(p, c.in<T>(0).data(), c.out<T>().data());
}

template <class T>
void average_grad_kernel(KernelContext& c) {
  Pooling p(c, c.inferred_shape(), c.input(1).shape());
  average_backward(p, c.in<T>(1).data(), c.out<T>().data());
}

template <class T>
void add_max(KernelRegistry& registry) {
  constexpr DType kType = dtype_of<T>;
  if constexpr (!std::is_same_v<T, std::uint32_t> &&
                !std::is_same_v<T, std::uint64_t>)
    for (const char* op : {"MaxPool", "MaxPoolV2"})
      registry.add(op, {{"T", kType}}, max_kernel<T>);
  for (const char* op : {"MaxPoolGrad", "MaxPoolGradV2"})
    registry.add(op, {{"T", kType}}, max_grad_kernel<Choice::kLargest, T>);
  for (const char* op : {"MaxPoolGradGrad", "MaxPoolGradGradV2"})
    registry.add(op, {{"T", kType}}, max_grad_grad_kernel<T>);
}

template <class T>
void add_average(KernelRegistry& registry) {
  constexpr DType kType = dtype_of<T>;
  for (const char* op : {"AvgPool", "AvgPool3D"})
    registry.add(op, {{"T", kType}}, average_kernel<T>);
  for (const char* op : {"AvgPoolGrad", "AvgPool3DGrad"})
    registry.add(op, {{"T", kType}}, average_grad_kernel<T>);
}

}  // namespace tern::pooling
