#include "ops/image/image_shapes.h"

#include "tern/core/error.h"

namespace tern {

const Shape& images_with_pixels(const InferContext& c, int i) {
  const Shape& images = c.with_rank(i, 4);
  if (!images.has_rank()) return images;
  if (images[3] == 0)
    throw InvalidArgumentError("image must have at least one channel, got ",
                               images.debug_string());
  if (images[1] == 0 || images[2] == 0)
    throw InvalidArgumentError("input image must be of non-zero size, got ",
                               images.debug_string());
  return images;
}

Shape positive_sizes(const InferContext& c, int i, int count) {
  const Shape& shape = c.with_rank(i, 1);
  if (shape.has_rank() && shape[0] >= 0 && shape[0] != count)
    throw InvalidArgumentError("Dimension must be ",
                               count,
                               " but is ",
                               shape[0],
                               ": ",
                               c.op().inputs[static_cast<std::size_t>(i)].name,
                               " must have ",
                               count,
                               " elements");
  auto values = c.value_as_ints(i);
  if (!values) {
    // A graph may know some of them.
    Shape partial =
        c.input(i).is_fully_known() ? c.value_as_partial_shape(i) : Shape();
    return partial.rank() == count ? partial : Shape::unknown_dims(count);
  }
  for (std::int64_t size : *values)
    if (size <= 0)
      throw InvalidArgumentError("output dimensions must be positive, got ",
                                 Shape(*values).debug_string());
  return Shape(*values);
}

Shape resized_images(const Shape& images, const Shape& size) {
  if (!images.has_rank()) return {-1, size[0], size[1], -1};
  return {images[0], size[0], size[1], images[3]};
}

void check_equal_dims(std::int64_t a, std::int64_t b) {
  if (a >= 0 && b >= 0 && a != b)
    throw InvalidArgumentError(
        "Dimensions must be equal, but are ", a, " and ", b);
}

}  // namespace tern
