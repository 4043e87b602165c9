#pragma once

#include <span>

#include "ops/kernel.h"

namespace tern {

/// The kernels that can take a call, best first; the last has no `supports`
/// or is the last resort.
struct KernelChoice {
  InlinedVector<const Kernel*, 1> candidates;

  const Kernel& pick(const KernelContext& context) const;
};

/// The choice for `op` under these key types, from this thread's cache.
const KernelChoice& choose_kernel(const OpDef& op,
                                  std::span<const DType> key_types,
                                  DeviceId device);

/// Restricts choices to kernels with this label where there are any, for
/// tests that compare alternatives; empty lifts it. Clears the cache.
void prefer_kernels(std::string_view label);

}  // namespace tern
