#pragma once

#include "tern/keras/model.h"

namespace tern::keras {

/// {"class_name": "Sequential", "config": …}.
Config model_config(const Model& model);

/// The inverse, of Keras 2's and Keras 3's forms. Throws UnimplementedError
/// for models that are not Sequential, NotFoundError for unknown layers.
Model model_from_config(const Config& config);

}  // namespace tern::keras
