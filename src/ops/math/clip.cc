#include "ops/apply.h"
#include "tern/core/error.h"
#include "tern/ops/math.h"

namespace tern {

Tensor clip_by_value(const Tensor& x, const Tensor& low, const Tensor& high) {
  return maximum(minimum(x, high), low);
}

Tensor clip_by_norm(const Tensor& x,
                    const Tensor& clip_norm,
                    const Ints& axes) {
  Tensor squares = reduce_sum(x * x, {.axis = axes, .keepdims = true});
  // Roots of 1 in place of 0: the gradient there would be NaN.
  Tensor positive = squares > 0;
  Tensor norm = where(positive, sqrt(where(positive, squares, 1)), squares);
  return x * clip_norm / maximum(norm, clip_norm);
}

Tensor global_norm(const Tensors& tensors) {
  Tensors half_squares;
  for (const Tensor& tensor : tensors)
    half_squares.push_back(raw<"L2Loss">(tensor));
  return sqrt(2 * add_n(half_squares));
}

ClippedByGlobalNorm clip_by_global_norm(const Tensors& tensors,
                                        const Tensor& clip_norm) {
  Tensor norm = global_norm(tensors);
  Tensor scale = clip_norm * minimum(1 / norm, 1 / clip_norm);
  // Infinity and NaN less themselves are NaN, all else is 0.
  scale = scale + (norm - norm);
  ClippedByGlobalNorm result{{}, norm};
  for (const Tensor& tensor : tensors) result.list.push_back(tensor * scale);
  return result;
}

}  // namespace tern
