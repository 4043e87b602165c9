#pragma once

#include "tern/keras/model.h"

namespace tern::keras {

/// Keras 2's table of a model, with a column of connections where its layers
/// are not one chain. Throws FailedPreconditionError before the model is built.
void print_summary(const ModelBase& model, SummaryOptions options);

}  // namespace tern::keras
