// DrawBoundingBoxes: the borders of boxes, one pixel wide.

#include <algorithm>
#include <vector>

#include "kernels/common/conversions.h"
#include "kernels/cpu/plain/math/element_types.h"
#include "ops/kernel.h"

namespace tern {
namespace {

using Colour = std::vector<float>;

/// What boxes are drawn in, in turn, when no colours are given.
std::vector<Colour> default_colours(std::int64_t channels) {
  std::vector<Colour> colours = {{1, 1, 0, 1},      // yellow
                                 {0, 0, 1, 1},      // blue
                                 {1, 0, 0, 1},      // red
                                 {0, 1, 0, 1},      // lime
                                 {0.5, 0, 0.5, 1},  // purple
                                 {0.5, 0.5, 0, 1},  // olive
                                 {0.5, 0, 0, 1},    // maroon
                                 {0, 0, 0.5, 1},    // navy blue
                                 {0, 1, 1, 1},      // aqua
                                 {1, 0, 1, 1}};     // fuchsia
  if (channels == 1)
    for (Colour& colour : colours) colour[0] = 1;
  return colours;
}

std::vector<Colour> colours_of(const KernelContext& c, std::int64_t channels) {
  if (c.num_inputs() < 3 || c.input(2).num_elements() == 0)
    return default_colours(channels);
  std::vector<Colour> colours;
  const std::int64_t stride = c.input(2).shape()[1];
  for (std::int64_t i = 0; i < c.input(2).shape()[0]; ++i) {
    const float* colour = c.in<float>(2).data() + i * stride;
    colours.emplace_back(colour, colour + channels);
  }
  return colours;
}

/// A corner in pixels, towards 0; one that is far outside stays outside.
std::int64_t pixel_of(float corner, std::int64_t size) {
  float pixel = corner * static_cast<float>(size - 1);
  float beyond = static_cast<float>(size) + 1;
  if (!(pixel > -beyond)) return -size - 1;  // also for NaN
  return static_cast<std::int64_t>(std::min(pixel, beyond));
}

/// One image that boxes are drawn on.
template <class T>
struct Canvas {
  T* pixels;
  std::int64_t height, width, channels;

  /// Pixels [from, to] of the lines `from` to `to`, as far as they are there.
  void fill(std::int64_t top,
            std::int64_t left,
            std::int64_t bottom,
            std::int64_t right,
            const Colour& colour) const {
    for (std::int64_t y = std::max<std::int64_t>(top, 0);
         y <= std::min(bottom, height - 1);
         ++y)
      for (std::int64_t x = std::max<std::int64_t>(left, 0);
           x <= std::min(right, width - 1);
           ++x)
        for (std::int64_t d = 0; d < channels; ++d)
          pixels[(y * width + x) * channels + d] =
              kernels::convert<T>(colour[static_cast<std::size_t>(d)]);
  }
};

/// Inputs: images, boxes [batch, n, 4], colours.
template <class T>
void draw_bounding_boxes(KernelContext& c) {
  const Shape& shape = c.input(0).shape();
  std::copy_n(c.in<T>(0).data(), c.output().num_elements(), c.out<T>().data());
  if (c.output().num_elements() == 0) return;
  const std::int64_t height = shape[1], width = shape[2], channels = shape[3];
  const std::int64_t count = c.input(1).shape()[1];
  std::vector<Colour> colours = colours_of(c, channels);
  for (std::int64_t i = 0; i < shape[0] * count; ++i) {
    const float* box = c.in<float>(1).data() + 4 * i;
    std::int64_t top = pixel_of(box[0], height), left = pixel_of(box[1], width);
    std::int64_t bottom = pixel_of(box[2], height);
    std::int64_t right = pixel_of(box[3], width);
    if (top > bottom || left > right) continue;
    Canvas<T> canvas{c.out<T>().data() + i / count * height * width * channels,
                     height,
                     width,
                     channels};
    const Colour& colour =
        colours[static_cast<std::size_t>(i % count) % colours.size()];
    canvas.fill(top, left, top, right, colour);
    canvas.fill(bottom, left, bottom, right, colour);
    canvas.fill(top, left, bottom, left, colour);
    canvas.fill(top, right, bottom, right, colour);
  }
}

}  // namespace

void register_draw_bounding_boxes_kernels(KernelRegistry& registry) {
  for (const char* op : {"DrawBoundingBoxes", "DrawBoundingBoxesV2"}) {
    registry.add(op, {{"T", float16}}, draw_bounding_boxes<Half>);
    registry.add(op, {{"T", float32}}, draw_bounding_boxes<float>);
  }
}

}  // namespace tern
