#include "autodiff/differentiable.h"

#include "ops/apply.h"
#include "ops/state/handle_info.h"

namespace tern {
bool is_differentiable(DType dtype) {
  return dtype.is_floating() || dtype.is_complex() || dtype == resource ||
         dtype == variant;
}

Tensor zero_gradient(const Tensor& source) {
  if (source.dtype() != resource) return raw<"ZerosLike">(source);
  return raw<"ZerosLike">(
      raw<"ReadVariableOp">(source, {{"dtype", handle_info(source).dtype}}));
}

}  // namespace tern
