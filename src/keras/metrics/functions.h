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

}  // namespace tern::keras
