// SampleDistortedBoundingBox: a random part of an image, of limited area and
// proportions, that covers enough of some given box.

#include <algorithm>
#include <bit>
#include <cmath>
#include <optional>
#include <vector>

#include "core/visit_dtype.h"
#include "kernels/cpu/plain/math/element_types.h"
#include "kernels/cpu/plain/random/random_state.h"
#include "ops/kernel.h"
#include "tern/core/error.h"

namespace tern {
namespace {

/// TensorFlow's SimplePhilox: one word after the other.
class Words {
 public:
  explicit Words(const Philox& generator) : generator_(generator) {}

  std::uint32_t next() {
    if (used_ == block_.size()) {
      block_ = generator_();
      used_ = 0;
    }
    return block_[used_++];
  }
  /// From [0, 1): 23 bits of a word.
  float uniform() {
    return std::bit_cast<float>(0x3f800000u | (next() & 0x7fffffu)) - 1.0f;
  }
  /// From [0, n), each alike: words of an incomplete last round are dropped.
  std::int32_t below(std::int32_t limit) {
    auto n = static_cast<std::uint32_t>(limit);
    if (std::has_single_bit(n))
      return static_cast<std::int32_t>(next() & (n - 1));
    std::uint32_t dropped = 0xffffffffu % n + 1, word;
    do {
      word = next();
    } while (word < dropped);
    return static_cast<std::int32_t>(word % n);
  }

 private:
  Philox generator_;
  Philox::Block block_{};
  std::size_t used_ = block_.size();
};

struct Rectangle {
  std::int32_t left, top, right, bottom;

  float area() const {
    return static_cast<float>(std::int64_t{right - left} * (bottom - top));
  }
  Rectangle intersection(const Rectangle& other) const {
    Rectangle both{std::max(left, other.left),
                   std::max(top, other.top),
                   std::min(right, other.right),
                   std::min(bottom, other.bottom)};
    bool empty = both.left > both.right || both.top > both.bottom;
    return empty ? Rectangle{0, 0, 0, 0} : both;
  }
};

struct Limits {
  std::vector<float> aspect_ratio, area;  // [least, most] each
  float min_object_covered;
  std::int64_t attempts;
};

/// Whether the crop has a pixel and covers enough of an object that has one.
bool covers_an_object(const Rectangle& crop,
                      const std::vector<Rectangle>& objects,
                      float least) {
  if (crop.area() < 1) return false;
  return std::any_of(
      objects.begin(), objects.end(), [&](const Rectangle& object) {
        return object.area() >= 1 &&
               crop.intersection(object).area() / object.area() >= least;
      });
}

std::int32_t rounded(float x) {
  return static_cast<std::int32_t>(std::lrint(x));
}

/// A crop of that width / height, its area within the limits, all of it within
/// the image; none where rounding leaves no such crop.
std::optional<Rectangle> random_crop(std::int32_t width,
                                     std::int32_t height,
                                     const Limits& limits,
                                     float aspect_ratio,
                                     Words& words) {
  if (width <= 0 || height <= 0 || limits.area[0] > limits.area[1])
    return std::nullopt;
  auto w = static_cast<float>(width), h = static_cast<float>(height);
  float min_area = limits.area[0] * w * h, max_area = limits.area[1] * w * h;
  auto width_of = [&](std::int32_t rows) {
    return rounded(static_cast<float>(rows) * aspect_ratio);
  };
  std::int32_t rows = rounded(std::sqrt(min_area / aspect_ratio));
  std::int32_t most = rounded(std::sqrt(max_area / aspect_ratio));
  if (width_of(most) > width) {
    // The largest height of which the width is not too large once rounded.
    constexpr float kEpsilon = 0.0000001f;
    most = static_cast<std::int32_t>((width + 0.5 - kEpsilon) / aspect_ratio);
    if (width_of(most) > width) --most;
  }
  most = std::min(most, height);
  rows = std::min(rows, most);
  if (rows < most) rows += words.below(most - rows + 1);
  std::int32_t columns = width_of(rows);
  // Rounding may have left the limits by a row.
  auto area = [&] { return static_cast<float>(std::int64_t{columns} * rows); };
  if (area() < min_area) columns = width_of(++rows);
  if (area() > max_area) columns = width_of(--rows);
  if (area() < min_area || area() > max_area || columns > width ||
      rows > height || columns <= 0 || rows <= 0)
    return std::nullopt;
  std::int32_t top = rows < height ? words.below(height - rows) : 0;
  std::int32_t left = columns < width ? words.below(width - columns) : 0;
  return Rectangle{left, top, left + columns, top + rows};
}

/// Entry i of image_size; anything a pixel cannot be counted with is refused.
std::int32_t image_side(const Tensor& image_size,
                        std::size_t i,
                        const char* name) {
  return visit_number(image_size.dtype(), [&](auto zero) -> std::int32_t {
    using T = decltype(zero);
    if constexpr (std::is_integral_v<T>) {
      auto side = static_cast<std::int64_t>(
          static_cast<const T*>(image_size.raw_data())[i]);
      if (side < 0 || side >= std::numeric_limits<std::int32_t>::max())
        throw InvalidArgumentError(
            "image ", name, " cannot be >= int32 max, got ", side);
      return static_cast<std::int32_t>(side);
    }
    throw InternalError("image_size of dtype ", image_size.dtype().name());
  });
}

/// bounding_boxes [images, n, 4] in pixels.
std::vector<Rectangle> objects_of(const KernelContext& c,
                                  std::int32_t width,
                                  std::int32_t height) {
  std::span<const float> corners = c.in<float>(1);
  std::vector<Rectangle> objects;
  for (std::size_t i = 0; i < corners.size(); i += 4) {
    for (std::size_t k = i; k < i + 4; ++k)
      if (!(corners[k] >= 0 && corners[k] <= 1))
        throw InvalidArgumentError(
            "All bounding box coordinates must be in [0.0, 1.0]: ", corners[k]);
    auto pixel = [](float x, std::int32_t size) {
      return static_cast<std::int32_t>(x * static_cast<float>(size));
    };
    objects.push_back({pixel(corners[i + 1], width),
                       pixel(corners[i], height),
                       pixel(corners[i + 3], width),
                       pixel(corners[i + 2], height)});
  }
  if (!objects.empty()) return objects;
  if (!c.attr<bool>("use_image_if_no_bounding_boxes"))
    throw InvalidArgumentError(
        "No bounding boxes provided as input. One must enable "
        "use_image_if_no_bounding_boxes if you wish to not provide any "
        "bounding boxes.");
  return {{0, 0, width, height}};
}

void sample_box(KernelContext& c, const Philox& generator) {
  Limits limits{c.attr<std::vector<float>>("aspect_ratio_range"),
                c.attr<std::vector<float>>("area_range"),
                c.num_inputs() > 2 ? c.in<float>(2)[0]
                                   : c.attr<float>("min_object_covered"),
                c.attr<std::int64_t>("max_attempts")};
  if (!(limits.min_object_covered >= 0))
    throw InvalidArgumentError("Min object covered must be non-negative: ",
                               limits.min_object_covered);
  std::int32_t height = image_side(c.input(0), 0, "height");
  std::int32_t width = image_side(c.input(0), 1, "width");
  std::vector<Rectangle> objects = objects_of(c, width, height);
  Words words(generator);
  Rectangle crop{0, 0, width, height};
  for (std::int64_t i = 0; i < limits.attempts; ++i) {
    float low = limits.aspect_ratio[0], high = limits.aspect_ratio[1];
    float aspect_ratio = words.uniform() * (high - low) + low;
    auto found = random_crop(width, height, limits, aspect_ratio, words);
    if (found && covers_an_object(*found, objects, limits.min_object_covered)) {
      crop = *found;
      break;
    }
  }
  visit_number(c.input(0).dtype(), [&](auto zero) {
    using T = decltype(zero);
    if constexpr (std::is_integral_v<T>) {
      T* begin = static_cast<T*>(c.output(0).mutable_data());
      T* size = static_cast<T*>(c.output(1).mutable_data());
      begin[0] = static_cast<T>(crop.top);
      begin[1] = static_cast<T>(crop.left);
      begin[2] = T(0);
      size[0] = static_cast<T>(crop.bottom - crop.top);
      size[1] = static_cast<T>(crop.right - crop.left);
      size[2] = static_cast<T>(-1);  // all channels, for slice
    }
  });
  std::span<float> box = c.out<float>(2);
  auto share = [](std::int32_t pixel, std::int32_t side) {
    return static_cast<float>(pixel) / static_cast<float>(side);
  };
  box[0] = share(crop.top, height);
  box[1] = share(crop.left, width);
  box[2] = share(crop.bottom, height);
  box[3] = share(crop.right, width);
}

void stateful_sample(KernelContext& c) {
  // As much as TensorFlow puts aside: a block an attempt.
  auto blocks =
      static_cast<std::uint64_t>(c.attr<std::int64_t>("max_attempts"));
  sample_box(c, random_state(c).reserve(blocks));
}

void stateless_sample(KernelContext& c) {
  sample_box(c, seeded_generator(c.input(3)));
}

}  // namespace

void register_sample_distorted_box_kernels(KernelRegistry& registry) {
  for (DType dtype : {uint8, int8, int16, int32, int64}) {
    registry.add("SampleDistortedBoundingBox", {{"T", dtype}}, stateful_sample);
    registry.add(
        "SampleDistortedBoundingBoxV2", {{"T", dtype}}, stateful_sample);
    registry.add("StatelessSampleDistortedBoundingBox",
                 {{"T", dtype}},
                 stateless_sample);
  }
}

}  // namespace tern
