#pragma once

#include <optional>
#include <string>

#include "tern/core/error.h"
#include "tern/keras/optimizers.h"

namespace tern::keras {

/// The fields that all optimizers' options share.
template <class Options>
OptimizerOptions base_options(const Options& options) {
  return {.learning_rate = options.learning_rate,
          .weight_decay = options.weight_decay,
          .clipnorm = options.clipnorm,
          .clipvalue = options.clipvalue,
          .global_clipnorm = options.global_clipnorm,
          .name = options.name};
}

/// Adds an optimizer's own fields to a configuration. `fields(options, visit)`
/// lists them: it calls visit("beta_1", options.beta_1) and so on.
template <class Options>
Config with_fields(Config config, const Options& options, const auto& fields) {
  fields(options,
         [&](const char* name, const auto& value) { config[name] = value; });
  return config;
}

/// Fills all fields from a configuration of Keras 2 or 3. Throws
/// UnimplementedError for what would train differently: averages of weights,
/// schedules.
template <class Options>
Options options_from_config(const Config& config, const auto& fields) {
  auto number = [&](const char* key) -> std::optional<double> {
    const Config* value = config.find(key);
    return value && !value->is_null() ? std::optional(value->get<double>())
                                      : std::nullopt;
  };
  if (config.get("use_ema", false))
    throw UnimplementedError("optimizer option use_ema is not supported");
  if (const Config* rate = config.find("learning_rate"))
    if (!rate->is_number())
      throw UnimplementedError(
          "learning-rate schedules are not supported, got ", *rate);
  Options options;
  options.learning_rate = config.get("learning_rate", options.learning_rate);
  options.weight_decay = number("weight_decay");
  options.clipnorm = number("clipnorm");
  options.clipvalue = number("clipvalue");
  options.global_clipnorm = number("global_clipnorm");
  options.name = config.get("name", options.name);
  fields(options, [&](const char* name, auto& value) {
    value = config.get(name, value);
  });
  return options;
}

}  // namespace tern::keras
