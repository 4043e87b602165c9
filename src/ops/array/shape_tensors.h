#pragma once

#include <optional>

#include "tern/core/tensor.h"

namespace tern {

// Shapes as tensors, for gradients that must work with unknown dimensions.

/// The shape of `x` as int32 [rank]: a constant where it is known, so that an
/// eager gradient costs no op.
Tensor shape_of(const Tensor& x);

/// Entries [begin, end) of a shape tensor; without an end, to its last.
Tensor dims_of(const Tensor& shape, int begin, std::optional<int> end = {});

/// Vectors end to end.
Tensor join_dims(Tensors parts);

}  // namespace tern
