#pragma once

#include "ops/grad_context.h"

namespace tern {

/// x, conjugated where it is complex: a vector-Jacobian product multiplies by
/// the conjugate of a holomorphic derivative.
Tensor conjugate(const Tensor& x);

/// Sums `gradient`, which has the shape that x and `other` broadcast to, over
/// the axes along which x was broadcast. Knowing the other operand decides
/// more axes before running than x alone.
Tensor sum_to_operand(const Tensor& gradient,
                      const Tensor& x,
                      const Tensor& other);

}  // namespace tern
