#pragma once

#include <memory>
#include <string>

#include "ops/op_def.h"

namespace tern {

/// A stand-in for an op that Tern lacks, so that a graph with it can be
/// imported, looked at, pruned and exported. It takes any inputs; its one attr
/// "Tout" lists the outputs that others use. Running it throws NotFoundError
/// "Op type not registered …".
std::shared_ptr<const OpDef> make_unregistered_op(const std::string& name);

/// The dtype of outputs of which nothing is known.
inline constexpr DType kUnknownType{};

}  // namespace tern
