#pragma once

#include "ops/infer_context.h"

namespace tern {

/// Output 0 has the shape that input 0 holds.
void random_shape(InferContext& c);

/// Inputs `first` and the next, minval and maxval, are scalars.
inline void check_scalar_limits(InferContext& c, int first) {
  c.with_rank(first, 0);
  c.with_rank(first + 1, 0);
}

}  // namespace tern
