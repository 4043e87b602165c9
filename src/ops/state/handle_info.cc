#include "ops/state/handle_info.h"

#include "ops/apply.h"
#include "tern/core/resource.h"

namespace tern {

HandleInfo handle_info(const Tensor& tensor) {
  if (tensor.dtype() != resource) return {};
  if (tensor.is_symbolic()) return symbolic_values().handle(tensor);
  if (tensor.num_elements() != 1) return {};
  const auto& handle = *tensor.data<ResourceHandle>();
  return {handle.dtype(), handle.shape()};
}

}  // namespace tern
