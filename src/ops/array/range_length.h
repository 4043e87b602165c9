#pragma once

#include <cstdint>

#include "tern/core/tensor.h"

namespace tern {

/// How many numbers Range gives for scalars of one dtype in host memory.
/// Throws InvalidArgumentError in TensorFlow's words where limit is not
/// reached by steps of delta.
std::int64_t range_length(const Tensor& start,
                          const Tensor& limit,
                          const Tensor& delta);

}  // namespace tern
