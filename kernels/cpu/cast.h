#pragma once

#include "ops/kernel.h"

namespace tern::kernels {

/// Cast between any two numeric dtypes and bool, with any attrs. Throws
/// UnimplementedError for others.
void run_any_cast(KernelContext& context);

}  // namespace tern::kernels
