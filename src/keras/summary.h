#pragma once

#include <functional>
#include <string>

#include "tern/keras/model.h"

namespace tern::keras {

/// Keras 2's table of a model whose layers follow one another. Throws
/// FailedPreconditionError before the model is built.
void print_summary(const ModelBase& model,
                   const std::function<void(const std::string&)>& print_line);

}  // namespace tern::keras
