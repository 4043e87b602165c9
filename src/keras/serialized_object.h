#pragma once

#include <string>
#include <string_view>

#include "tern/keras/config.h"

namespace tern::keras {

/// An initializer, regularizer or constraint as Keras 2.13 and later write it:
/// {"module", "class_name", "config", "registered_name"}; null for none and
/// for callables, which no file can hold.
inline Config serialized_object(std::string_view module,
                                const std::string& class_name,
                                const Config& config) {
  if (class_name.empty()) return {};
  return Config::object({{"module", std::string(module)},
                         {"class_name", class_name},
                         {"config", config},
                         {"registered_name", Config()}});
}

}  // namespace tern::keras
