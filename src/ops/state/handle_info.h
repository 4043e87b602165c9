#pragma once

#include "ops/infer_context.h"

namespace tern {

/// dtype and shape of what a resource handle stands for, as far as they are
/// known; nothing for tensors of other dtypes and of several handles or none.
HandleInfo handle_info(const Tensor& tensor);

}  // namespace tern
