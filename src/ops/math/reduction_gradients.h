#pragma once

#include <optional>
#include <vector>

#include "ops/grad_context.h"

namespace tern {

/// Gradients of `Op(input, reduction_indices, keep_dims)`.
void sum_gradient(GradContext& g);
void mean_gradient(GradContext& g);
void prod_gradient(GradContext& g);
/// Max and Min: shared evenly among the elements that were chosen.
void extremum_gradient(GradContext& g);
/// NaN where the norm is 0, as TensorFlow's.
void euclidean_norm_gradient(GradContext& g);

}  // namespace tern
