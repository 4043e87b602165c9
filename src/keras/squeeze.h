#pragma once

#include <utility>

#include "tern/core/tensor.h"

namespace tern::keras {

/// Keras' rule for labels and predictions of ranks that differ by one: a last
/// dimension of 1 goes, or comes to the one of rank 1. Other ranks stay.
std::pair<Tensor, Tensor> squeeze_or_expand_to_same_rank(const Tensor& x1,
                                                         const Tensor& x2);

}  // namespace tern::keras
