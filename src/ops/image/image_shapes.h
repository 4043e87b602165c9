#pragma once

#include "ops/infer_context.h"

namespace tern {

/// Input i is [batch, height, width, channels] with pixels; batch may be 0.
/// Throws InvalidArgumentError for another rank or empty images.
const Shape& images_with_pixels(const InferContext& c, int i);

/// Input i as `count` sizes where known, else -1 each. Throws
/// InvalidArgumentError unless it is a vector of that many, all positive.
Shape positive_sizes(const InferContext& c, int i, int count);

/// [batch, size[0], size[1], channels] of images and of the size input.
Shape resized_images(const Shape& images, const Shape& size);

/// Dimensions that are known must agree. Throws InvalidArgumentError.
void check_equal_dims(std::int64_t a, std::int64_t b);

}  // namespace tern
