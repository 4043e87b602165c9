#pragma once

#include "tern/core/error.h"
#include "tern/core/tensor.h"

namespace tern {

/// 3 for [height, width, channels], 4 for a batch. Throws InvalidArgumentError
/// for others.
inline int image_rank(const Tensor& image) {
  const Shape& shape = image.shape();
  if (shape.rank() != 3 && shape.rank() != 4)
    throw InvalidArgumentError(
        "'image' must have either 3 or 4 dimensions, got shape ",
        shape.debug_string());
  return shape.rank();
}

}  // namespace tern
