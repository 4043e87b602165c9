#pragma once

#include "tern/core/tensor.h"

namespace tern {

/// Seconds since 1970 as float64, with microseconds. In a traced function the
/// time at which it runs.
Tensor timestamp();

}  // namespace tern
