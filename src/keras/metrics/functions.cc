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

Tensor top_k_categorical_accuracy(const Tensor& y_true,
                                  const Tensor& y_pred,
                                  int k) {
  return sparse_top_k_categorical_accuracy(
      argmax(y_true, {.axis = -1}), y_pred, k);
}

Tensor sparse_top_k_categorical_accuracy(const Tensor& y_true,
                                         const Tensor& y_pred,
                                         int k) {
  // One row an example and position; the result has the labels' shape.
  std::int64_t classes = y_pred.shape()[-1];
  Tensor rows = reshape(y_pred, {-1, classes});
  Tensor labels = cast(reshape(y_true, {-1, 1}), int64);
  Tensor is_label = equal(labels, range(constant(classes, int64)));
  Tensor of_label = reduce_sum(where(is_label, rows, zeros_like(rows)),
                               {.axis = -1, .keepdims = true});
  Tensor larger = reduce_sum(cast(rows > of_label, int32), {.axis = -1});
  Tensor values = cast(larger < k, float32);
  return y_pred.shape().rank() > 2 ? reshape(values, shape(y_true)) : values;
}

}  // namespace tern::keras
