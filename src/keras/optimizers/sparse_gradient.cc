#include "keras/optimizers/sparse_gradient.h"

#include "ops/apply.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"

namespace tern::keras {
namespace {

Tensor scatter_rows(const Tensor& values,
                    const Tensor& indices,
                    const Variable& variable) {
  return math::unsorted_segment_sum(
      values, indices, constant(variable.shape()[0], int64));
}

}  // namespace

Gradient sum_repeated_rows(const Gradient& gradient) {
  if (!gradient.is_sparse()) return gradient;
  IndexedSlices slices = gradient.slices();
  Tensors unique = raw<"Unique">.outputs({slices.indices});
  slices.values =
      math::unsorted_segment_sum(slices.values, unique[1], size(unique[0]));
  slices.indices = unique[0];
  return slices;
}

Tensor dense_gradient(const Gradient& gradient, const Variable& variable) {
  if (!gradient.is_sparse()) return gradient.dense();
  const IndexedSlices& slices = gradient.slices();
  return scatter_rows(slices.values, slices.indices, variable);
}

Moments dense_moments(const Gradient& gradient, const Variable& variable) {
  if (!gradient.is_sparse())
    return {gradient.dense(), square(gradient.dense())};
  const IndexedSlices& slices = gradient.slices();
  return {scatter_rows(slices.values, slices.indices, variable),
          scatter_rows(square(slices.values), slices.indices, variable)};
}

Tensor dense_magnitude(const Gradient& gradient, const Variable& variable) {
  if (!gradient.is_sparse()) return abs(gradient.dense());
  const IndexedSlices& slices = gradient.slices();
  return scatter_rows(abs(slices.values), slices.indices, variable);
}

}  // namespace tern::keras
