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
          .use_ema = options.use_ema,
          .ema_momentum = options.ema_momentum,
          .ema_overwrite_frequency = options.ema_overwrite_frequency,
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

/// Refuses what would train differently.
inline void check_supported(const Config& config) {
  for (const char* option :
       {"gradient_accumulation_steps", "loss_scale_factor", "decay"})
    if (const Config* value = config.find(option))
      if (value->is_number() && value->get<double>() != 0)
        throw UnimplementedError(
            "optimizer option ", option, " is not supported");
}

/// Fills all fields from a configuration of Keras 2 or 3. Throws
/// UnimplementedError for what would train differently.
template <class Options>
Options options_from_config(const Config& config, const auto& fields) {
  auto number = [&](const char* key) -> std::optional<double> {
    const Config* value = config.find(key);
    return value && !value->is_null() ? std::optional(value->get<double>())
                                      : std::nullopt;
  };
  check_supported(config);
  Options options;
  if (const Config* rate = config.find("learning_rate")) {
    if (rate->is_object())
      options.learning_rate = LearningRateSchedule::deserialize(*rate);
    else if (!rate->is_null())
      options.learning_rate = rate->get<double>();
  }
  if (config.contains("weight_decay"))
    options.weight_decay = number("weight_decay");
  options.clipnorm = number("clipnorm");
  options.clipvalue = number("clipvalue");
  options.global_clipnorm = number("global_clipnorm");
  options.use_ema = config.get("use_ema", false);
  options.ema_momentum = config.get("ema_momentum", options.ema_momentum);
  if (auto steps = number("ema_overwrite_frequency"))
    options.ema_overwrite_frequency = static_cast<int>(*steps);
  options.name = config.get("name", options.name);
  fields(options, [&](const char* name, auto& value) {
    value = config.get(name, value);
  });
  return options;
}

}  // namespace tern::keras
