#pragma once

#include <string>

#include "tern/keras/model.h"

namespace tern::keras {

/// A whole model in Keras 2's .h5 form, which Keras 3 opens too.
void save_model(const Model& model,
                const std::string& path,
                const SaveOptions& options);

/// The weights alone in the same form.
void save_weights(const Model& model,
                  const std::string& path,
                  const SaveOptions& options);

void load_weights(const Model& model, const std::string& path);

/// The architecture as Keras 2's to_json gives it.
std::string model_json(const Model& model);

}  // namespace tern::keras
