#pragma once

#include "ops/kernel.h"
#include "tern/core/error.h"
#include "tern/core/resource.h"

namespace tern {

/// The variable behind resource input `input`. Throws InvalidArgumentError for
/// another kind of resource, FailedPreconditionError for no resource at all.
VariableCell& variable_cell(const KernelContext& context, int input = 0);

/// TensorFlow's words for a variable without a value.
[[noreturn]] void throw_uninitialized(const VariableCell& cell);

/// For kernels that hold the cell's mutex: throws FailedPreconditionError when
/// there is no value yet.
inline void check_initialized(const VariableCell& cell) {
  if (!cell.value.defined()) throw_uninitialized(cell);
}

/// For kernels that hold the cell's mutex: the value, copied first when
/// somebody else sees its elements, so that it may be written in place.
Tensor& writable_value(VariableCell& cell);

}  // namespace tern
