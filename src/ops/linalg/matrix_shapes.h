#pragma once

#include "tern/core/shape.h"

namespace tern {

class InferContext;

/// Input i as a batch of matrices [..., M, N]. Throws InvalidArgumentError when
/// its rank is below 2.
const Shape& matrices(const InferContext& c, int i);
/// The same, of square ones.
const Shape& square_matrices(const InferContext& c, int i);
/// A batch shape and the dimensions of one element of the batch; unknown where
/// the batch's rank is.
Shape batch_and(const Shape& matrices, std::initializer_list<Dim> inner);

}  // namespace tern
