#pragma once

#include "tern/core/tensor.h"
#include "tern/keras/config.h"

namespace tern::keras {

/// A tensor of numbers or bools as nested lists.
Config config_of_constant(const Tensor& tensor);

/// The inverse: a weak tensor for one number, int32 or float32 for lists.
Tensor constant_of_config(const Config& config);

}  // namespace tern::keras
