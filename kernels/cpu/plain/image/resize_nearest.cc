// Resizing to the nearest pixels: copies of pixels, and sums of gradients.

#include <algorithm>
#include <cmath>
#include <cstring>
#include <type_traits>

#include "kernels/common/conversions.h"
#include "kernels/cpu/plain/image/axis_weights.h"
#include "kernels/cpu/plain/math/element_types.h"
#include "ops/kernel.h"
#include "tern/core/parallel.h"

namespace tern {
namespace {

/// For each pixel of the result, the one of the original.
std::vector<std::int64_t> nearest_pixels(const KernelContext& c,
                                         std::int64_t from,
                                         std::int64_t to) {
  bool align_corners = c.attr<bool>("align_corners");
  float offset = c.attr<bool>("half_pixel_centers") ? 0.5f : 0.0f;
  ResizedAxis axis(from, to, align_corners, offset != 0);
  std::vector<std::int64_t> result;
  for (std::int64_t i = 0; i < to; ++i) {
    float position = (static_cast<float>(i) + offset) * axis.scale;
    result.push_back(axis.clamp(static_cast<std::int64_t>(
        align_corners ? std::round(position) : std::floor(position))));
  }
  return result;
}

template <std::size_t Bytes>
void copy_pixels(const char* row,
                 const std::vector<std::int64_t>& columns,
                 std::size_t bytes,
                 char* to) {
  const std::size_t n = Bytes > 0 ? Bytes : bytes;
  for (std::int64_t column : columns) {
    std::memcpy(to, row + static_cast<std::size_t>(column) * n, n);
    to += n;
  }
}

void resize_nearest(KernelContext& c) {
  const Shape &from = c.input(0).shape(), &to = c.output().shape();
  if (to.num_elements() == 0) return;
  std::vector<std::int64_t> rows = nearest_pixels(c, from[1], to[1]);
  std::vector<std::int64_t> columns = nearest_pixels(c, from[2], to[2]);
  std::size_t pixel =
      static_cast<std::size_t>(from[3]) * c.input(0).dtype().size();
  std::size_t from_bytes = static_cast<std::size_t>(from[2]) * pixel;
  std::size_t to_bytes = columns.size() * pixel;
  auto copy = pixel == 1    ? copy_pixels<1>
              : pixel == 3  ? copy_pixels<3>
              : pixel == 4  ? copy_pixels<4>
              : pixel == 12 ? copy_pixels<12>
                            : copy_pixels<0>;
  const auto* input = static_cast<const char*>(c.input(0).raw_data());
  auto* output = static_cast<char*>(c.output().mutable_data());
  std::int64_t grain = static_cast<std::int64_t>(65536 / to_bytes) + 1;
  parallel_for(
      to[0] * to[1], grain, [&](std::int64_t first, std::int64_t last) {
        std::int64_t copied = -1;
        for (std::int64_t i = first; i < last; ++i) {
          std::int64_t row =
              i / to[1] * from[1] + rows[static_cast<std::size_t>(i % to[1])];
          char* y = output + static_cast<std::size_t>(i) * to_bytes;
          if (row == copied)
            std::memcpy(y, y - to_bytes, to_bytes);
          else
            copy(input + static_cast<std::size_t>(row) * from_bytes,
                 columns,
                 pixel,
                 y);
          copied = row;
        }
      });
}

/// What gradients are added up in: integers wrap, narrow floats do not lose
/// what they get.
template <class T>
using Sum = std::conditional_t<
    std::is_same_v<T, double>,
    double,
    std::conditional_t<std::is_integral_v<T>, std::uint32_t, float>>;

/// A row of the original takes what came of it; each image by one thread, or
/// two might add to one row.
template <class T>
void resize_nearest_gradient(KernelContext& c) {
  const Shape &from = c.output().shape(), &to = c.input(0).shape();
  if (from.num_elements() == 0) return;
  std::vector<std::int64_t> rows = nearest_pixels(c, from[1], to[1]);
  std::vector<std::int64_t> columns = nearest_pixels(c, from[2], to[2]);
  const auto channels = static_cast<std::size_t>(from[3]);
  const std::size_t from_size = static_cast<std::size_t>(from[2]) * channels;
  const std::size_t to_size = columns.size() * channels;
  const T* gradients = c.in<T>(0).data();
  T* output = c.out<T>().data();
  parallel_for(from[0], 1, [&](std::int64_t first, std::int64_t last) {
    std::vector<Sum<T>> sums(static_cast<std::size_t>(from[1]) * from_size);
    for (std::int64_t image = first; image < last; ++image) {
      std::fill(sums.begin(), sums.end(), Sum<T>(0));
      const T* x =
          gradients + static_cast<std::size_t>(image) * rows.size() * to_size;
      for (std::int64_t row : rows) {
        Sum<T>* sum = sums.data() + static_cast<std::size_t>(row) * from_size;
        for (std::int64_t column : columns) {
          Sum<T>* y = sum + static_cast<std::size_t>(column) * channels;
          for (std::size_t k = 0; k < channels; ++k)
            y[k] += static_cast<Sum<T>>(*x++);
        }
      }
      T* y = output + static_cast<std::size_t>(image) * sums.size();
      for (std::size_t i = 0; i < sums.size(); ++i)
        y[i] = kernels::convert<T>(sums[i]);
    }
  });
}

}  // namespace

void register_resize_nearest_kernels(KernelRegistry& registry) {
  for (DType dtype : {int8, int16, int32, int64, uint8, uint16})
    registry.add("ResizeNearestNeighbor", {{"T", dtype}}, resize_nearest);
  for (DType dtype : {float16, bfloat16, float32, float64})
    registry.add("ResizeNearestNeighbor", {{"T", dtype}}, resize_nearest);
  for_each_type<std::int8_t,
                std::uint8_t,
                std::int32_t,
                Half,
                BFloat16,
                float,
                double>([&](auto tag) {
    using T = typename decltype(tag)::type;
    registry.add("ResizeNearestNeighborGrad",
                 {{"T", dtype_of<T>}},
                 resize_nearest_gradient<T>);
  });
}

}  // namespace tern
