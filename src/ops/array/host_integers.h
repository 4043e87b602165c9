#pragma once

#include <cstdint>

#include "tern/core/inlined_vector.h"
#include "tern/core/tensor.h"

namespace tern {

/// The elements of a small int32 or int64 tensor in host memory, such as a
/// list of axes; without an allocation for up to 6.
inline InlinedVector<std::int64_t, 6> host_integers(const Tensor& tensor) {
  auto count = static_cast<std::size_t>(tensor.num_elements());
  InlinedVector<std::int64_t, 6> integers(count);
  for (std::size_t i = 0; i < count; ++i)
    integers[i] = tensor.dtype() == int64 ? tensor.data<std::int64_t>()[i]
                                          : tensor.data<std::int32_t>()[i];
  return integers;
}

}  // namespace tern
