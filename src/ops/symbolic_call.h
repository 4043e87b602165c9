#pragma once

#include <optional>
#include <span>

#include "ops/apply.h"

namespace tern {

/// Asked to take calls on symbolic tensors where no interpreter is at work.
/// Gives nothing when the tensors are not its own; then the call is an error.
/// Set by the Keras layer for Keras tensors.
using SymbolicCallHook = std::optional<Outputs> (*)(
    const OpDef& op, std::span<const Tensor> inputs, const Attrs& attrs);
SymbolicCallHook& on_symbolic_call();

}  // namespace tern
