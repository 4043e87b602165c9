// CropAndResize: boxes of images resized to one size, and its gradients by
// image and boxes.

#include <algorithm>
#include <cmath>
#include <type_traits>
#include <vector>

#include "kernels/common/conversions.h"
#include "kernels/cpu/plain/image/float_rows.h"
#include "kernels/cpu/plain/math/element_types.h"
#include "ops/kernel.h"
#include "tern/core/error.h"
#include "tern/core/parallel.h"

namespace tern {
namespace {

/// One side of a box over an axis of `size` pixels, cut into `count`.
class BoxSide {
 public:
  BoxSide(float low, float high, std::int64_t size, std::int64_t count)
      : last_(static_cast<float>(size - 1)) {
    if (count > 1) {
      start_ = low * last_;
      step_ = (high - low) * last_ / static_cast<float>(count - 1);
    } else {
      start_ = static_cast<float>(0.5 * (low + high) * last_);
      step_ = 0;
    }
  }

  float position(std::int64_t i) const {
    return start_ + static_cast<float>(i) * step_;
  }
  bool contains(float position) const {
    return position >= 0 && position <= last_;
  }

 private:
  float last_, start_, step_;
};

/// The pixels beside a position within the axis, and how far it is between.
struct Between {
  explicit Between(float position)
      : lower(static_cast<std::int64_t>(std::floor(position))),
        upper(static_cast<std::int64_t>(std::ceil(position))),
        fraction(position - static_cast<float>(lower)) {}
  std::int64_t lower, upper;
  float fraction;
};

/// boxes [n, 4] of y1, x1, y2, x2 in [0, 1], each within the image that
/// box_ind [n] names.
class Boxes {
 public:
  Boxes(const KernelContext& c, int input, const Shape& image)
      : image_(image),
        corners_(c.in<float>(input).data()),
        indices_(c.in<std::int32_t>(input + 1)) {
    for (std::int32_t i : indices_)
      if (i < 0 || i >= image[0])
        throw OutOfRangeError("box_index has values outside [0, batch_size): ",
                              i,
                              ", batch_size is ",
                              image[0]);
    for (float corner : c.in<float>(input))
      if (!std::isfinite(corner))
        throw InvalidArgumentError(
            "Boxes contains at least one element that is not finite");
  }

  std::int64_t count() const {
    return static_cast<std::int64_t>(indices_.size());
  }
  std::int64_t image(std::int64_t box) const {
    return indices_[static_cast<std::size_t>(box)];
  }
  BoxSide rows(std::int64_t box, std::int64_t count) const {
    const float* corner = corners_ + 4 * box;
    return {corner[0], corner[2], image_[1], count};
  }
  BoxSide columns(std::int64_t box, std::int64_t count) const {
    const float* corner = corners_ + 4 * box;
    return {corner[1], corner[3], image_[2], count};
  }

 private:
  const Shape& image_;
  const float* corners_;
  std::span<const std::int32_t> indices_;
};

bool is_nearest(const KernelContext& c) {
  return c.attr<std::string>("method") == "nearest";
}

/// Pixels [row, column] of one image as floats.
class Pixels {
 public:
  Pixels(const Tensor& images, std::int64_t image)
      : rows_(images, images.shape()[3]),
        width_(images.shape()[2]),
        first_(image * images.shape()[1] * width_),
        buffers_(static_cast<std::size_t>(4 * images.shape()[3])),
        channels_(images.shape()[3]) {}

  /// The slot (0 to 3) is where pixels that are not float are kept.
  const float* at(std::int64_t row, std::int64_t column, int slot) {
    return rows_.row(first_ + row * width_ + column,
                     buffers_.data() + slot * channels_);
  }

 private:
  FloatRows rows_;
  std::int64_t width_, first_;
  std::vector<float> buffers_;
  std::int64_t channels_;
};

void crop_and_resize(KernelContext& c) {
  const Shape &image = c.input(0).shape(), &crop = c.output().shape();
  Boxes boxes(c, 1, image);
  if (crop.num_elements() == 0) return;
  const float outside = c.attr<float>("extrapolation_value");
  const bool nearest = is_nearest(c);
  const std::int64_t height = crop[1], width = crop[2], channels = crop[3];
  auto* output = c.output().data<float>();
  parallel_for(boxes.count() * height,
               1 + 8192 / (width * channels),
               [&](std::int64_t first, std::int64_t last) {
                 for (std::int64_t i = first; i < last; ++i) {
                   std::int64_t box = i / height;
                   BoxSide rows = boxes.rows(box, height);
                   BoxSide columns = boxes.columns(box, width);
                   float y = rows.position(i % height);
                   float* to = output + i * width * channels;
                   if (!rows.contains(y)) {
                     std::fill_n(to, width * channels, outside);
                     continue;
                   }
                   Pixels pixels(c.input(0), boxes.image(box));
                   Between v(y);
                   for (std::int64_t k = 0; k < width; ++k, to += channels) {
                     float x = columns.position(k);
                     if (!columns.contains(x)) {
                       std::fill_n(to, channels, outside);
                       continue;
                     }
                     if (nearest) {
                       const float* from =
                           pixels.at(static_cast<std::int64_t>(std::round(y)),
                                     static_cast<std::int64_t>(std::round(x)),
                                     0);
                       std::copy_n(from, channels, to);
                       continue;
                     }
                     Between h(x);
                     const float* top_left = pixels.at(v.lower, h.lower, 0);
                     const float* top_right = pixels.at(v.lower, h.upper, 1);
                     const float* bottom_left = pixels.at(v.upper, h.lower, 2);
                     const float* bottom_right = pixels.at(v.upper, h.upper, 3);
                     for (std::int64_t d = 0; d < channels; ++d) {
                       float top = top_left[d] +
                                   (top_right[d] - top_left[d]) * h.fraction;
                       float bottom =
                           bottom_left[d] +
                           (bottom_right[d] - bottom_left[d]) * h.fraction;
                       to[d] = top + (bottom - top) * v.fraction;
                     }
                   }
                 }
               });
}

/// Inputs: grads, boxes, box_ind, image_size. Each image by one thread, since
/// boxes may overlap.
template <class T>
void crop_gradient_by_image(KernelContext& c) {
  using Sum = std::conditional_t<std::is_same_v<T, double>, double, float>;
  const Shape &crop = c.input(0).shape(), &image = c.output().shape();
  Boxes boxes(c, 1, image);
  const bool nearest = is_nearest(c);
  const std::int64_t height = crop[1], width = crop[2], channels = crop[3];
  const std::int64_t image_size = image[1] * image[2] * channels;
  const float* gradients = c.in<float>(0).data();
  T* output = c.out<T>().data();
  auto add_box = [&](std::int64_t box, Sum* to) {
    BoxSide rows = boxes.rows(box, height);
    BoxSide columns = boxes.columns(box, width);
    auto add = [&](std::int64_t row,
                   std::int64_t column,
                   float weight,
                   const float* dy) {
      Sum* y = to + (row * image[2] + column) * channels;
      for (std::int64_t d = 0; d < channels; ++d)
        y[d] += static_cast<Sum>(weight * dy[d]);
    };
    for (std::int64_t i = 0; i < height; ++i) {
      float y = rows.position(i);
      if (!rows.contains(y)) continue;
      Between v(y);
      for (std::int64_t k = 0; k < width; ++k) {
        float x = columns.position(k);
        if (!columns.contains(x)) continue;
        const float* dy =
            gradients + ((box * height + i) * width + k) * channels;
        if (nearest) {
          add(static_cast<std::int64_t>(std::round(y)),
              static_cast<std::int64_t>(std::round(x)),
              1,
              dy);
          continue;
        }
        Between h(x);
        add(v.lower, h.lower, (1 - v.fraction) * (1 - h.fraction), dy);
        add(v.lower, h.upper, (1 - v.fraction) * h.fraction, dy);
        add(v.upper, h.lower, v.fraction * (1 - h.fraction), dy);
        add(v.upper, h.upper, v.fraction * h.fraction, dy);
      }
    }
  };
  parallel_for(image[0], 1, [&](std::int64_t first, std::int64_t last) {
    std::vector<Sum> sums(static_cast<std::size_t>(image_size));
    for (std::int64_t i = first; i < last; ++i) {
      std::fill(sums.begin(), sums.end(), Sum(0));
      for (std::int64_t box = 0; box < boxes.count(); ++box)
        if (boxes.image(box) == i) add_box(box, sums.data());
      for (std::int64_t k = 0; k < image_size; ++k)
        output[i * image_size + k] =
            kernels::convert<T>(sums[static_cast<std::size_t>(k)]);
    }
  });
}

/// Inputs: grads, image, boxes, box_ind. How the sampled value changes along
/// both axes, times how the sampled position moves with each corner.
void crop_gradient_by_boxes(KernelContext& c) {
  const Shape &crop = c.input(0).shape(), &image = c.input(1).shape();
  Boxes boxes(c, 2, image);
  const std::int64_t height = crop[1], width = crop[2], channels = crop[3];
  const float* gradients = c.in<float>(0).data();
  auto* output = c.output().data<float>();
  // The share of the second corner in position i of `count`.
  auto share = [](std::int64_t i, std::int64_t count) {
    return count > 1 ? static_cast<double>(i) / static_cast<double>(count - 1)
                     : 0.5;
  };
  parallel_for(boxes.count(), 1, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t box = first; box < last; ++box) {
      BoxSide rows = boxes.rows(box, height);
      BoxSide columns = boxes.columns(box, width);
      Pixels pixels(c.input(1), boxes.image(box));
      double sums[4] = {};
      for (std::int64_t i = 0; i < height; ++i) {
        float y = rows.position(i);
        if (!rows.contains(y)) continue;
        Between v(y);
        for (std::int64_t k = 0; k < width; ++k) {
          float x = columns.position(k);
          if (!columns.contains(x)) continue;
          Between h(x);
          const float* dy =
              gradients + ((box * height + i) * width + k) * channels;
          const float* top_left = pixels.at(v.lower, h.lower, 0);
          const float* top_right = pixels.at(v.lower, h.upper, 1);
          const float* bottom_left = pixels.at(v.upper, h.lower, 2);
          const float* bottom_right = pixels.at(v.upper, h.upper, 3);
          double along_y = 0, along_x = 0;
          for (std::int64_t d = 0; d < channels; ++d) {
            along_y +=
                dy[d] * ((1 - h.fraction) * (bottom_left[d] - top_left[d]) +
                         h.fraction * (bottom_right[d] - top_right[d]));
            along_x +=
                dy[d] * ((1 - v.fraction) * (top_right[d] - top_left[d]) +
                         v.fraction * (bottom_right[d] - bottom_left[d]));
          }
          along_y *= static_cast<double>(image[1] - 1);
          along_x *= static_cast<double>(image[2] - 1);
          sums[0] += along_y * (1 - share(i, height));
          sums[1] += along_x * (1 - share(k, width));
          sums[2] += along_y * share(i, height);
          sums[3] += along_x * share(k, width);
        }
      }
      for (int side = 0; side < 4; ++side)
        output[4 * box + side] = static_cast<float>(sums[side]);
    }
  });
}

}  // namespace

void register_crop_and_resize_kernels(KernelRegistry& registry) {
  for (DType dtype :
       {uint8, uint16, int8, int16, int32, int64, float16, float32, float64}) {
    registry.add("CropAndResize", {{"T", dtype}}, crop_and_resize);
    registry.add(
        "CropAndResizeGradBoxes", {{"T", dtype}}, crop_gradient_by_boxes);
  }
  for_each_type<Half, float, double>([&](auto tag) {
    using T = typename decltype(tag)::type;
    registry.add("CropAndResizeGradImage",
                 {{"T", dtype_of<T>}},
                 crop_gradient_by_image<T>);
  });
}

}  // namespace tern
