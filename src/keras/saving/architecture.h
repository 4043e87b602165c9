#pragma once

#include "tern/keras/model.h"

namespace tern::keras {

/// A layer within a model, as Keras 2 writes it: {"module", "class_name",
/// "config", "registered_name", "build_config"}.
Config layer_config(const Layer& layer);

/// {"class_name": "Sequential", "config": …}.
Config model_config(const Model& model);

/// The inverse, of Keras 2's and Keras 3's forms. Throws UnimplementedError
/// for models that are neither Sequential nor functional, NotFoundError for
/// unknown layers.
Model model_from_config(const Config& config);

}  // namespace tern::keras
