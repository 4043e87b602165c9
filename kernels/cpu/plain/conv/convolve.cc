#include "kernels/cpu/plain/conv/convolve.h"

#include <algorithm>
#include <memory>
#include <type_traits>
#include <vector>

#include "kernels/cpu/gemm.h"
#include "kernels/cpu/plain/conv/patches.h"
#include "tern/core/parallel.h"

namespace tern {
namespace {

/// Elements of a matrix of patches: stays in the second-level cache.
constexpr std::int64_t kPatchElements = 1 << 15;
constexpr std::int64_t kFewestRows = 32;
/// Multiply-adds worth a thread.
constexpr std::int64_t kPieceWork = std::int64_t{1} << 21;
/// Partial sums of a filter's gradient: at most so many, in so many elements.
constexpr std::int64_t kPartialSums = 16;
constexpr std::int64_t kPartialElements = std::int64_t{1} << 22;

template <class T>
void product(const MatrixProduct& p, const T* a, const T* b, T* c) {
  if constexpr (std::is_same_v<T, float>) {
    kernels::gemm().f32(p, a, b, c);
  } else if constexpr (std::is_same_v<T, double>) {
    kernels::gemm().f64(p, a, b, c);
  } else {
    using U = std::make_unsigned_t<T>;  // wraps around
    for (std::int64_t i = 0; i < p.m; ++i)
      for (std::int64_t j = 0; j < p.n; ++j) {
        U sum = 0;
        for (std::int64_t k = 0; k < p.k; ++k)
          sum += static_cast<U>(p.flip_a ? a[k * p.m + i] : a[i * p.k + k]) *
                 static_cast<U>(p.flip_b ? b[j * p.k + k] : b[k * p.n + j]);
        c[i * p.n + j] = static_cast<T>(sum);
      }
  }
}

template <class T>
using Buffer = std::unique_ptr<T[]>;
template <class T>
Buffer<T> buffer(std::int64_t elements) {
  return std::make_unique_for_overwrite<T[]>(
      static_cast<std::size_t>(elements));
}

/// Copies columns [from, from + width) of rows of `stride` elements.
template <class T>
void copy_columns(const T* source,
                  std::int64_t rows,
                  std::int64_t stride,
                  std::int64_t from,
                  std::int64_t width,
                  T* target) {
  for (std::int64_t row = 0; row < rows; ++row)
    std::copy_n(source + row * stride + from, width, target + row * width);
}

/// The parts of a filter [taps, group's inputs, outputs] one after another, so
/// that each is a matrix [taps · inputs, group's outputs]. A filter of one
/// group is that already.
template <class T>
class GroupFilters {
 public:
  GroupFilters(const Convolution& s, const T* filter)
      : filter_(filter), size_(s.filter_elements() / s.groups) {
    if (s.groups == 1) return;
    packed_ = buffer<T>(s.filter_elements());
    for (std::int64_t group = 0; group < s.groups; ++group)
      copy_columns(filter,
                   s.taps() * s.group_inputs(),
                   s.out_channels,
                   group * s.group_outputs(),
                   s.group_outputs(),
                   packed_.get() + group * size_);
    filter_ = packed_.get();
  }
  const T* operator[](std::int64_t group) const {
    return filter_ + group * size_;
  }

 private:
  Buffer<T> packed_;
  const T* filter_;
  std::int64_t size_;
};

/// Rows of patches that are made at a time.
std::int64_t block_rows(std::int64_t columns, std::int64_t pixels) {
  std::int64_t rows = std::max(
      kFewestRows, kPatchElements / std::max<std::int64_t>(1, columns));
  return std::clamp<std::int64_t>(rows, 1, std::max<std::int64_t>(1, pixels));
}

/// The rows of dy for output pixels [first, last) in one group.
template <class T>
const T* group_rows(const Convolution& s,
                    const T* dy,
                    std::int64_t group,
                    std::int64_t first,
                    std::int64_t last,
                    T* scratch) {
  const T* rows = dy + first * s.out_channels;
  if (s.groups == 1) return rows;
  copy_columns(rows,
               last - first,
               s.out_channels,
               group * s.group_outputs(),
               s.group_outputs(),
               scratch);
  return scratch;
}

/// Adds to `sum` the gradient of the taps' part of one group's filter, from
/// output pixels [first, last).
template <class T>
void add_filter_gradient(const Convolution& s,
                         const T* input,
                         const T* dy,
                         TapRange taps,
                         std::int64_t first,
                         std::int64_t last,
                         T* sum) {
  std::int64_t columns = (taps.end - taps.begin) * s.group_inputs();
  std::int64_t outputs = s.group_outputs();
  std::int64_t rows = block_rows(columns, last - first);
  auto patches = buffer<T>(rows * columns);
  auto some_dy = buffer<T>(s.groups == 1 ? 0 : rows * outputs);
  auto part = buffer<T>(columns * outputs);
  for (; first < last; first += rows) {
    std::int64_t end = std::min(last, first + rows);
    const T* left = patches.get();
    if (s.is_pointwise() && s.groups == 1)
      left = input + first * s.in_channels;
    else
      gather_patches(s, input, taps, first, end, patches.get());
    product({.m = columns, .n = outputs, .k = end - first, .flip_a = true},
            left,
            group_rows(s, dy, taps.group, first, end, some_dy.get()),
            part.get());
    for (std::int64_t i = 0; i < columns * outputs; ++i) sum[i] += part[i];
  }
}

}  // namespace

template <class T>
void convolve(const Convolution& s,
              const T* input,
              const T* filter,
              T* output) {
  std::int64_t pixels = s.batch * s.out_pixels();
  if (s.output_elements() == 0) return;
  GroupFilters<T> filters(s, filter);
  std::int64_t columns = s.taps() * s.group_inputs();
  std::int64_t rows = block_rows(columns, pixels);
  std::int64_t blocks = (pixels + rows - 1) / rows;
  std::int64_t grain = std::max<std::int64_t>(
      1, kPieceWork / std::max<std::int64_t>(1, s.work() / blocks));
  parallel_for(blocks, grain, [&](std::int64_t begin, std::int64_t end) {
    auto patches = buffer<T>(rows * columns);
    auto part = buffer<T>(s.groups == 1 ? 0 : rows * s.group_outputs());
    for (std::int64_t block = begin; block < end; ++block) {
      std::int64_t first = block * rows, last = std::min(pixels, first + rows);
      T* target = output + first * s.out_channels;
      for (std::int64_t group = 0; group < s.groups; ++group) {
        const T* left = patches.get();
        if (s.is_pointwise() && s.groups == 1)
          left = input + first * s.in_channels;
        else
          gather_patches(
              s, input, {0, s.taps(), group}, first, last, patches.get());
        product({.m = last - first, .n = s.group_outputs(), .k = columns},
                left,
                filters[group],
                s.groups == 1 ? target : part.get());
        if (s.groups == 1) continue;
        for (std::int64_t row = 0; row < last - first; ++row)
          std::copy_n(
              part.get() + row * s.group_outputs(),
              s.group_outputs(),
              target + row * s.out_channels + group * s.group_outputs());
      }
    }
  });
}

template <class T>
void convolve_backprop_input(const Convolution& s,
                             const T* filter,
                             const T* dy,
                             T* dx) {
  if (s.input_elements() == 0) return;
  GroupFilters<T> filters(s, filter);
  std::int64_t columns = s.taps() * s.group_inputs();
  std::int64_t pixels = s.out_pixels(), rows = block_rows(columns, pixels);
  std::int64_t image = s.in_pixels() * s.in_channels;
  bool is_direct = s.is_pointwise() && s.groups == 1;
  // Windows overlap: each image is one thread's.
  parallel_for(s.batch, 1, [&](std::int64_t begin, std::int64_t end) {
    auto patches = buffer<T>(is_direct ? 0 : rows * columns);
    auto some_dy = buffer<T>(s.groups == 1 ? 0 : rows * s.group_outputs());
    for (std::int64_t n = begin; n < end; ++n) {
      if (!is_direct) std::fill_n(dx + n * image, image, T(0));
      for (std::int64_t first = n * pixels; first < (n + 1) * pixels;
           first += rows) {
        std::int64_t last = std::min((n + 1) * pixels, first + rows);
        for (std::int64_t group = 0; group < s.groups; ++group) {
          product({.m = last - first,
                   .n = columns,
                   .k = s.group_outputs(),
                   .flip_b = true},
                  group_rows(s, dy, group, first, last, some_dy.get()),
                  filters[group],
                  is_direct ? dx + first * s.in_channels : patches.get());
          if (!is_direct)
            scatter_patches(
                s, patches.get(), {0, s.taps(), group}, first, last, dx);
        }
      }
    }
  });
}

template <class T>
void convolve_backprop_filter(const Convolution& s,
                              const T* input,
                              const T* dy,
                              T* dfilter) {
  std::int64_t pixels = s.batch * s.out_pixels();
  std::int64_t size = s.filter_elements(), outputs = s.group_outputs();
  if (size == 0) return;
  // Sums over parts of the pixels, added up in order. A large filter has few
  // of them, and is cut tap by tap instead.
  std::int64_t sums = std::clamp<std::int64_t>(
      std::min(s.work() / kPieceWork, kPartialElements / size),
      1,
      std::min(kPartialSums, std::max<std::int64_t>(1, pixels)));
  std::int64_t tap_parts = sums < 4 ? s.taps() : 1;
  std::int64_t taps = s.taps() / tap_parts;
  std::int64_t part_size = taps * s.group_inputs() * outputs;
  std::int64_t pieces = sums * s.groups * tap_parts;
  auto partial = buffer<T>(sums * size);
  std::fill_n(partial.get(), sums * size, T(0));
  parallel_for(pieces, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t piece = begin; piece < end; ++piece) {
      std::int64_t sum = piece / (s.groups * tap_parts);
      std::int64_t group = piece / tap_parts % s.groups;
      std::int64_t tap = piece % tap_parts * taps;
      add_filter_gradient(s,
                          input,
                          dy,
                          {tap, tap + taps, group},
                          pixels * sum / sums,
                          pixels * (sum + 1) / sums,
                          partial.get() + piece * part_size);
    }
  });
  // Partial sums are [sum, group, taps, inputs, outputs].
  std::int64_t rows = s.taps() * s.group_inputs();
  parallel_for(
      rows,
      std::max<std::int64_t>(1, (1 << 14) / (s.out_channels * sums)),
      [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t row = begin; row < end; ++row)
          for (std::int64_t group = 0; group < s.groups; ++group) {
            T* target = dfilter + row * s.out_channels + group * outputs;
            const T* from = partial.get() + (group * rows + row) * outputs;
            std::copy_n(from, outputs, target);
            for (std::int64_t sum = 1; sum < sums; ++sum)
              for (std::int64_t i = 0; i < outputs; ++i)
                target[i] += from[sum * size + i];
          }
      });
}

template void convolve(const Convolution&, const float*, const float*, float*);
template void convolve(const Convolution&,
                       const double*,
                       const double*,
                       double*);
template void convolve(const Convolution&,
                       const std::int32_t*,
                       const std::int32_t*,
                       std::int32_t*);
template void convolve_backprop_input(const Convolution&,
                                      const float*,
                                      const float*,
                                      float*);
template void convolve_backprop_input(const Convolution&,
                                      const double*,
                                      const double*,
                                      double*);
template void convolve_backprop_input(const Convolution&,
                                      const std::int32_t*,
                                      const std::int32_t*,
                                      std::int32_t*);
template void convolve_backprop_filter(const Convolution&,
                                       const float*,
                                       const float*,
                                       float*);
template void convolve_backprop_filter(const Convolution&,
                                       const double*,
                                       const double*,
                                       double*);

}  // namespace tern
