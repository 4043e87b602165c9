#include "keras/metrics/functions.h"

#include "keras/squeeze.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"

namespace tern::keras {

Tensor accuracy(const Tensor& y_true, const Tensor& y_pred) {
  auto [y, p] =
      squeeze_or_expand_to_same_rank(cast(y_true, y_pred.dtype()), y_pred);
  return cast(equal(y, p), float32);
}

Tensor binary_accuracy(const Tensor& y_true,
                       const Tensor& y_pred,
                       double threshold) {
  auto [y, p] = squeeze_or_expand_to_same_rank(y_true, y_pred);
  return cast(equal(y, cast(p > threshold, y.dtype())), float32);
}

Tensor categorical_accuracy(const Tensor& y_true, const Tensor& y_pred) {
  return cast(equal(argmax(y_true, {.axis = -1}), argmax(y_pred, {.axis = -1})),
              float32);
}

Tensor sparse_categorical_accuracy(const Tensor& y_true, const Tensor& y_pred) {
  Tensor y = y_true;
  if (y.shape().rank() == y_pred.shape().rank() && y.shape().rank() > 0 &&
      y.shape()[-1] == 1)
    y = squeeze(y, -1);
  Tensor predicted = cast(argmax(y_pred, {.axis = -1}), y_pred.dtype());
  return cast(equal(cast(y, y_pred.dtype()), predicted), float32);
}

}  // namespace tern::keras
