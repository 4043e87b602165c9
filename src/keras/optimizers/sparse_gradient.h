#pragma once

#include "ops/grad_context.h"
#include "tern/ops/variable.h"

namespace tern::keras {

/// Each row once, equal rows added up; dense gradients stay.
Gradient sum_repeated_rows(const Gradient& gradient);

/// A gradient and its square as Keras 3 takes them, dense. Of a sparse one the
/// square of a row is the sum of the squares of its parts, not the square of
/// their sum.
struct Moments {
  Tensor first;
  Tensor second;
};
Moments dense_moments(const Gradient& gradient, const Variable& variable);

/// The magnitude likewise: the sum of the magnitudes of a row's parts.
Tensor dense_magnitude(const Gradient& gradient, const Variable& variable);

/// The gradient with rows added up, in the variable's shape.
Tensor dense_gradient(const Gradient& gradient, const Variable& variable);

}  // namespace tern::keras
