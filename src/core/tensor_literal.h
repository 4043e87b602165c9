#pragma once

#include "tern/core/tensor.h"

namespace tern::detail {

/// All digits of a float literal's elements, where `tensor` still is one (its
/// own elements are float32); null otherwise.
const double* literal_digits(const Tensor& tensor);

}  // namespace tern::detail
