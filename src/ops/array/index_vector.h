#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "tern/core/tensor.h"

namespace tern {

/// Integers as a vector that ops take for shapes, axes and bounds: int32 or
/// int64.
Tensor index_vector(std::span<const std::int64_t> values, DType dtype = int32);

/// The shape of `tensor` in the dtype that shape inputs of its gradients take:
/// int32, or int64 where a dimension is known to need it.
Tensor shape_tensor(const Tensor& tensor);

/// The integers in `tensor` where they can be known before running: it is no
/// symbolic tensor, or a constant of the graph.
std::optional<std::vector<std::int64_t>> known_ints(const Tensor& tensor);

/// `tensor` (integers) in `dtype`, converted only where it differs.
Tensor as_integers(const Tensor& tensor, DType dtype);

}  // namespace tern
