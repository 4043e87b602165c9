// geometry.cc: images flipped, turned, cut out and padded.

#include <cmath>

#include "ops/array/shape_tensors.h"
#include "ops/image/image_rank.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"
#include "tern/ops/image.h"
#include "tern/ops/math.h"

namespace tern {
namespace {

void check_order(bool holds, const char* message) {
  if (!holds) throw InvalidArgumentError(message);
}

/// Height and width as int32 scalars: numbers where they are known.
struct Size {
  Tensor height, width;
};

Size size_of(const Tensor& image) {
  int rows = image_rank(image) - 3;
  auto side = [&](int axis) -> Tensor {
    std::int64_t size = image.shape()[axis];
    if (size >= 0) return constant(static_cast<int>(size));
    return shape_of(image)[axis];
  };
  return {side(rows), side(rows + 1)};
}

/// The static value of a scalar, -1 where a graph computes it.
std::int64_t known(const Tensor& scalar) {
  return scalar.is_symbolic() ? -1 : scalar.item<std::int64_t>();
}

Tensor integers(Tensors scalars) { return stack(scalars); }

/// The result of cutting or padding `image`, with sides that no op that
/// computes them knew.
Tensor with_sides(const Tensor& result,
                  const Tensor& image,
                  std::int64_t height,
                  std::int64_t width) {
  Shape shape = image.shape();
  int rows = shape.rank() - 3;
  shape.set_dim(rows, height);
  shape.set_dim(rows + 1, width);
  return result.shape() == shape ? result : ensure_shape(result, shape);
}

Tensor cut(const Tensor& image,
           const Tensor& top,
           const Tensor& left,
           const Tensor& height,
           const Tensor& width) {
  bool is_batch = image_rank(image) == 4;
  Tensors begin = {top, left, constant(0)};
  Tensors size = {height, width, constant(-1)};
  if (is_batch) {
    begin.insert(begin.begin(), constant(0));
    size.insert(size.begin(), constant(-1));
  }
  return with_sides(slice(image, integers(begin), integers(size)),
                    image,
                    known(height),
                    known(width));
}

/// Zeros around the image, to height x width in all.
Tensor place(const Tensor& image,
             const Tensor& top,
             const Tensor& left,
             const Tensor& height,
             const Tensor& width) {
  bool is_batch = image_rank(image) == 4;
  Size size = size_of(image);
  Tensor zero = constant(0);
  Tensors paddings = {top,
                      height - top - size.height,
                      left,
                      width - left - size.width,
                      zero,
                      zero};
  if (is_batch) paddings.insert(paddings.begin(), {zero, zero});
  return with_sides(pad(image, reshape(integers(paddings), {-1, 2})),
                    image,
                    known(height),
                    known(width));
}

Tensor flip(const Tensor& image, int axis) {
  return reverse(image, image_rank(image) - 3 + axis);
}

}  // namespace

Tensor image::flip_up_down(const Tensor& image) { return flip(image, 0); }

Tensor image::flip_left_right(const Tensor& image) { return flip(image, 1); }

Tensor image::transpose(const Tensor& image) {
  if (image_rank(image) == 3)
    return tern::transpose(image, {.perm = {1, 0, 2}});
  return tern::transpose(image, {.perm = {0, 2, 1, 3}});
}

Tensor image::rot90(const Tensor& image, Rot90Options options) {
  switch (((options.k % 4) + 4) % 4) {
    case 1:
      return flip_up_down(image::transpose(image));
    case 2:
      return flip_up_down(flip_left_right(image));
    case 3:
      return flip_left_right(image::transpose(image));
    default:
      image_rank(image);
      return image;
  }
}

Tensor image::crop_to_bounding_box(const Tensor& image,
                                   int offset_height,
                                   int offset_width,
                                   int target_height,
                                   int target_width) {
  int rows = image_rank(image) - 3;
  std::int64_t height = image.shape()[rows], width = image.shape()[rows + 1];
  check_order(offset_width >= 0, "offset_width must be >= 0.");
  check_order(offset_height >= 0, "offset_height must be >= 0.");
  check_order(target_width > 0, "target_width must be > 0.");
  check_order(target_height > 0, "target_height must be > 0.");
  check_order(width < 0 || width >= std::int64_t{target_width} + offset_width,
              "width must be >= target + offset.");
  check_order(
      height < 0 || height >= std::int64_t{target_height} + offset_height,
      "height must be >= target + offset.");
  return cut(image,
             constant(offset_height),
             constant(offset_width),
             constant(target_height),
             constant(target_width));
}

Tensor image::pad_to_bounding_box(const Tensor& image,
                                  int offset_height,
                                  int offset_width,
                                  int target_height,
                                  int target_width) {
  int rows = image_rank(image) - 3;
  std::int64_t height = image.shape()[rows], width = image.shape()[rows + 1];
  check_order(offset_height >= 0, "offset_height must be >= 0");
  check_order(offset_width >= 0, "offset_width must be >= 0");
  check_order(width < 0 || width <= std::int64_t{target_width} - offset_width,
              "width must be <= target - offset");
  check_order(
      height < 0 || height <= std::int64_t{target_height} - offset_height,
      "height must be <= target - offset");
  return place(image,
               constant(offset_height),
               constant(offset_width),
               constant(target_height),
               constant(target_width));
}

Tensor image::central_crop(const Tensor& image, double central_fraction) {
  if (!(central_fraction > 0 && central_fraction <= 1))
    throw InvalidArgumentError("central_fraction must be within (0, 1], got ",
                               central_fraction);
  if (central_fraction == 1) return image;
  // Half of what is left out, cut to an integer.
  auto start = [&](const Tensor& side) -> Tensor {
    if (!side.is_symbolic()) {
      auto size = static_cast<double>(side.item<int>());
      return constant(static_cast<int>((size - size * central_fraction) / 2));
    }
    Tensor size = cast(side, float64);
    return cast((size - size * central_fraction) / 2.0, int32);
  };
  Size size = size_of(image);
  Tensor top = start(size.height), left = start(size.width);
  return cut(image, top, left, size.height - top * 2, size.width - left * 2);
}

Tensor image::resize_with_crop_or_pad(const Tensor& image,
                                      int target_height,
                                      int target_width) {
  check_order(target_width > 0, "target_width must be > 0.");
  check_order(target_height > 0, "target_height must be > 0.");
  Size size = size_of(image);
  // Half of what is too much; odd ones leave the smaller half first.
  auto half = [](const Tensor& x) { return maximum(floor_div(x, 2), 0); };
  Tensor height = constant(target_height), width = constant(target_width);
  Tensor cropped = cut(image,
                       half(size.height - height),
                       half(size.width - width),
                       minimum(size.height, height),
                       minimum(size.width, width));
  return place(cropped,
               half(height - size.height),
               half(width - size.width),
               height,
               width);
}

Tensor image::resize_with_pad(const Tensor& image,
                              int target_height,
                              int target_width,
                              const ResizeWithPadOptions& options) {
  check_order(target_width > 0, "target_width must be > 0.");
  check_order(target_height > 0, "target_height must be > 0.");
  Size size = size_of(image);
  auto wanted_height = static_cast<float>(target_height);
  auto wanted_width = static_cast<float>(target_width);
  Tensor height = cast(size.height, float32), width = cast(size.width, float32);
  Tensor ratio = maximum(width / wanted_width, height / wanted_height);
  Tensor resized_height = height / ratio, resized_width = width / ratio;
  auto integer = [](const Tensor& x) { return cast(floor(x), int32); };
  Tensor top = integer((wanted_height - resized_height) / 2);
  Tensor left = integer((wanted_width - resized_width) / 2);
  Tensor resized =
      resize(image,
             stack({integer(resized_height), integer(resized_width)}),
             {.method = options.method, .antialias = options.antialias});
  return place(resized,
               maximum(top, 0),
               maximum(left, 0),
               constant(target_height),
               constant(target_width));
}

}  // namespace tern
