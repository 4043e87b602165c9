#pragma once

#include "tern/core/tensor.h"

namespace tern::keras {

/// One value an example: 1 where the prediction is right, else 0.
Tensor accuracy(const Tensor& y_true, const Tensor& y_pred);
Tensor binary_accuracy(const Tensor& y_true,
                       const Tensor& y_pred,
                       double threshold);
Tensor categorical_accuracy(const Tensor& y_true, const Tensor& y_pred);
Tensor sparse_categorical_accuracy(const Tensor& y_true, const Tensor& y_pred);
/// The same where any of the k largest predictions may be the right one.
Tensor top_k_categorical_accuracy(const Tensor& y_true,
                                  const Tensor& y_pred,
                                  int k);
Tensor sparse_top_k_categorical_accuracy(const Tensor& y_true,
                                         const Tensor& y_pred,
                                         int k);

}  // namespace tern::keras
