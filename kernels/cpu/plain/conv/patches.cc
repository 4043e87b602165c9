#include "kernels/cpu/plain/conv/patches.h"

#include <algorithm>
#include <type_traits>

namespace tern {
namespace {

/// Integers are added as unsigned ones: they wrap around.
template <class T>
void add_to(T* to, const T* from, std::int64_t n) {
  if constexpr (std::is_integral_v<T>) {
    using U = std::make_unsigned_t<T>;
    for (std::int64_t i = 0; i < n; ++i)
      to[i] = static_cast<T>(static_cast<U>(to[i]) + static_cast<U>(from[i]));
  } else {
    for (std::int64_t i = 0; i < n; ++i) to[i] += from[i];
  }
}

/// Calls visit(image offset or -1, elements) for runs of a row of the matrix,
/// in order. Neighbouring taps of an ungrouped, undilated row are one run.
template <class Visit>
void visit_runs(const Convolution& s,
                TapRange taps,
                std::int64_t pixel,
                Visit visit) {
  const auto& [depth, height, width] = s.axes;
  std::int64_t ow = pixel % width.output;
  std::int64_t oh = pixel / width.output % height.output;
  std::int64_t od = pixel / (width.output * height.output) % depth.output;
  std::int64_t image = pixel / s.out_pixels();
  std::int64_t channels = s.group_inputs();
  std::int64_t shift = taps.group * channels;
  bool joins = s.groups == 1 && width.dilation == 1;
  for (std::int64_t tap = taps.begin; tap < taps.end;) {
    std::int64_t kw = tap % width.window;
    std::int64_t kh = tap / width.window % height.window;
    std::int64_t kd = tap / (width.window * height.window);
    std::int64_t run =
        joins ? std::min(width.window - kw, taps.end - tap) : std::int64_t{1};
    tap += run;
    std::int64_t d = depth.start(od) + kd * depth.dilation;
    std::int64_t h = height.start(oh) + kh * height.dilation;
    std::int64_t w = width.start(ow) + kw * width.dilation;
    if (d < 0 || d >= depth.input || h < 0 || h >= height.input) {
      visit(-1, run * channels);
      continue;
    }
    std::int64_t row = (image * depth.input + d) * height.input + h;
    std::int64_t left = std::clamp<std::int64_t>(-w, 0, run);
    std::int64_t inside =
        std::clamp<std::int64_t>(width.input - w, left, run) - left;
    if (left > 0) visit(-1, left * channels);
    if (inside > 0)
      visit((row * width.input + w + left) * s.in_channels + shift,
            inside * channels);
    if (left + inside < run) visit(-1, (run - left - inside) * channels);
  }
}

}  // namespace

template <class T>
void gather_patches(const Convolution& s,
                    const T* input,
                    TapRange taps,
                    std::int64_t first,
                    std::int64_t last,
                    T* patches) {
  for (std::int64_t pixel = first; pixel < last; ++pixel)
    visit_runs(s, taps, pixel, [&](std::int64_t offset, std::int64_t n) {
      if (offset < 0)
        std::fill_n(patches, n, T(0));
      else
        std::copy_n(input + offset, n, patches);
      patches += n;
    });
}

template <class T>
void scatter_patches(const Convolution& s,
                     const T* patches,
                     TapRange taps,
                     std::int64_t first,
                     std::int64_t last,
                     T* input) {
  for (std::int64_t pixel = first; pixel < last; ++pixel)
    visit_runs(s, taps, pixel, [&](std::int64_t offset, std::int64_t n) {
      if (offset >= 0) add_to(input + offset, patches, n);
      patches += n;
    });
}

#define TERN_PATCHES(T)                                                        \
  template void gather_patches(                                                \
      const Convolution&, const T*, TapRange, std::int64_t, std::int64_t, T*); \
  template void scatter_patches(                                               \
      const Convolution&, const T*, TapRange, std::int64_t, std::int64_t, T*)
TERN_PATCHES(float);
TERN_PATCHES(double);
TERN_PATCHES(std::int32_t);
#undef TERN_PATCHES

}  // namespace tern
