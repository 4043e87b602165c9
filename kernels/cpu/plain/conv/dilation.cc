// Dilation2D and its gradients.

#include <algorithm>
#include <limits>

#include "kernels/common/sliding_window.h"
#include "kernels/cpu/plain/math/element_types.h"
#include "ops/kernel.h"
#include "tern/core/parallel.h"

namespace tern {
namespace {

struct Dilation {
  explicit Dilation(const KernelContext& c, const Shape& output)
      : batch(output[0]), depth(output[3]) {
    SlidingWindow window = SlidingWindow::of(c);
    const Shape &image = c.input(0).shape(), &filter = c.input(1).shape();
    height = window.axis(1, image[1], filter[0], output[1]);
    width = window.axis(2, image[2], filter[1], output[2]);
  }
  std::int64_t batch, depth;
  WindowAxis height, width;
};

/// Where the largest sum is: elements of the input and of the filter, -1 where
/// the window meets no input.
struct Place {
  std::int64_t input = -1, filter = -1;
};

template <class T>
T lowest() {
  if constexpr (std::is_same_v<T, Half>) return Half(-65504.0f);
  if constexpr (std::is_same_v<T, BFloat16>) return BFloat16(-3.38953139e38f);
  return std::numeric_limits<T>::lowest();
}

template <class T>
T find_largest(const Dilation& s,
               const T* input,
               const T* filter,
               std::int64_t image,
               std::int64_t oh,
               std::int64_t ow,
               std::int64_t c,
               Place& place) {
  T best = lowest<T>();
  for (std::int64_t kh = 0; kh < s.height.window; ++kh) {
    std::int64_t h = s.height.start(oh) + kh * s.height.dilation;
    if (h < 0 || h >= s.height.input) continue;
    for (std::int64_t kw = 0; kw < s.width.window; ++kw) {
      std::int64_t w = s.width.start(ow) + kw * s.width.dilation;
      if (w < 0 || w >= s.width.input) continue;
      std::int64_t at =
          ((image * s.height.input + h) * s.width.input + w) * s.depth + c;
      std::int64_t tap = (kh * s.width.window + kw) * s.depth + c;
      T sum = static_cast<T>(input[at] + filter[tap]);
      if (sum > best) {
        best = sum;
        place = {at, tap};
      }
    }
  }
  return best;
}

/// Calls f(element of the output, largest sum, its place) for images [begin,
/// end), in order.
template <class T, class F>
void for_each_window(const Dilation& s,
                     const T* input,
                     const T* filter,
                     std::int64_t begin,
                     std::int64_t end,
                     F f) {
  std::int64_t at = begin * s.height.output * s.width.output * s.depth;
  for (std::int64_t image = begin; image < end; ++image)
    for (std::int64_t oh = 0; oh < s.height.output; ++oh)
      for (std::int64_t ow = 0; ow < s.width.output; ++ow)
        for (std::int64_t c = 0; c < s.depth; ++c) {
          Place place;
          T best = find_largest(s, input, filter, image, oh, ow, c, place);
          f(at++, best, place);
        }
}

template <class T>
void forward(KernelContext& c) {
  Dilation s(c, c.inferred_shape());
  const T *input = c.in<T>(0).data(), *filter = c.in<T>(1).data();
  T* output = c.out<T>().data();
  parallel_for(s.batch, 1, [&](std::int64_t begin, std::int64_t end) {
    for_each_window(
        s, input, filter, begin, end, [&](auto at, T best, const Place&) {
          output[at] = best;
        });
  });
}

template <class T>
void add_to(T& sum, T part) {
  sum = static_cast<T>(sum + part);
}

template <class T>
void backprop_input(KernelContext& c) {
  Dilation s(c, c.input(2).shape());
  const T *input = c.in<T>(0).data(), *filter = c.in<T>(1).data();
  const T* dy = c.in<T>(2).data();
  auto dx = c.out<T>();
  std::fill(dx.begin(), dx.end(), T(0));
  parallel_for(s.batch, 1, [&](std::int64_t begin, std::int64_t end) {
    for_each_window(
        s, input, filter, begin, end, [&](auto at, T, const Place& place) {
          if (place.input >= 0)
            add_to(dx[static_cast<std::size_t>(place.input)], dy[at]);
        });
  });
}

template <class T>
void backprop_filter(KernelContext& c) {
  Dilation s(c, c.input(2).shape());
  const T* dy = c.in<T>(2).data();
  auto dfilter = c.out<T>();
  std::fill(dfilter.begin(), dfilter.end(), T(0));
  for_each_window(s,
                  c.in<T>(0).data(),
                  c.in<T>(1).data(),
                  0,
                  s.batch,
                  [&](auto at, T, const Place& place) {
                    if (place.filter >= 0)
                      add_to(dfilter[static_cast<std::size_t>(place.filter)],
                             dy[at]);
                  });
}

}  // namespace

void register_dilation_kernels(KernelRegistry& registry) {
  for_each_real_type([&]<class T>(TypeTag<T>) {
    constexpr DType kType = dtype_of<T>;
    registry.add("Dilation2D", {{"T", kType}}, forward<T>);
    registry.add("Dilation2DBackpropInput", {{"T", kType}}, backprop_input<T>);
    registry.add(
        "Dilation2DBackpropFilter", {{"T", kType}}, backprop_filter<T>);
  });
}

}  // namespace tern
