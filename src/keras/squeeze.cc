#include "keras/squeeze.h"

#include "tern/ops/array.h"

namespace tern::keras {
namespace {

/// When `longer` has one dimension more than `shorter`, and it is 1.
bool fit(Tensor& longer, Tensor& shorter) {
  if (longer.shape().rank() != shorter.shape().rank() + 1 ||
      longer.shape()[-1] != 1)
    return false;
  if (shorter.shape().rank() == 1)
    shorter = expand_dims(shorter, -1);
  else
    longer = squeeze(longer, -1);
  return true;
}

}  // namespace

std::pair<Tensor, Tensor> squeeze_or_expand_to_same_rank(const Tensor& x1,
                                                         const Tensor& x2) {
  std::pair<Tensor, Tensor> result(x1, x2);
  auto& [first, second] = result;
  if (first.shape().has_rank() && second.shape().has_rank() &&
      !fit(first, second))
    fit(second, first);
  return result;
}

}  // namespace tern::keras
