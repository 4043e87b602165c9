#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tern/keras/activations.h"
#include "tern/keras/config.h"
#include "tern/keras/initializers.h"
#include "tern/keras/regularizers.h"

// Reading and writing the configurations of layers.

namespace tern::keras {

/// A member, null where there is none.
inline Config part(const Config& config, const char* key) {
  const Config* member = config.find(key);
  return member ? *member : Config();
}

/// A number or a list of them.
inline std::vector<std::int64_t> integers(const Config& config) {
  if (config.is_number()) return {config.get<std::int64_t>()};
  std::vector<std::int64_t> values;
  if (config.is_list())
    for (const Config& item : config.items())
      values.push_back(item.get<std::int64_t>());
  return values;
}

inline Config list_of(const std::vector<std::int64_t>& values) {
  Config list = Config::list();
  for (std::int64_t value : values) list.push_back(value);
  return list;
}

/// What says how a weight starts and what holds it in check.
struct WeightParts {
  Initializer initializer;
  Regularizer regularizer;
  Constraint constraint;

  /// Members "<name>_initializer" and so on.
  static WeightParts of(const Config& config, const std::string& name) {
    auto member = [&](const char* what) {
      return part(config, (name + what).c_str());
    };
    std::string initializer = name + "_initializer";
    return {config.contains(initializer)
                ? Initializer::deserialize(config[initializer])
                : Initializer(name == "bias" ? "zeros" : "glorot_uniform"),
            Regularizer::deserialize(member("_regularizer")),
            Constraint::deserialize(member("_constraint"))};
  }
};

/// Writes the parts of some weights as Keras orders them: all initializers,
/// all regularizers (the activity's last), all constraints.
inline void write_weight_parts(
    Config& config,
    const std::vector<std::pair<std::string, const WeightParts*>>& weights,
    const Regularizer* activity = nullptr) {
  for (const auto& [name, parts] : weights)
    config[name + "_initializer"] = parts->initializer.serialize();
  for (const auto& [name, parts] : weights)
    config[name + "_regularizer"] = parts->regularizer.serialize();
  if (activity) config["activity_regularizer"] = activity->serialize();
  for (const auto& [name, parts] : weights)
    config[name + "_constraint"] = parts->constraint.serialize();
}

/// "channels_last" for "". Throws InvalidArgumentError for what is no layout.
std::string checked_data_format(const std::string& data_format);

}  // namespace tern::keras
