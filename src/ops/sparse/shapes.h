#pragma once

#include "ops/infer_context.h"

namespace tern {

/// Indices [?, rank], values [?] and shape [rank] as outputs i, i + 1, i + 2.
void set_sparse_output(InferContext& c, int i, int rank);

/// Inputs i, i + 1 and i + 2 as indices, values and shape: checks their ranks
/// and gives the rank of the tensor, -1 where it is not known.
int check_sparse_input(const InferContext& c, int i);

}  // namespace tern
