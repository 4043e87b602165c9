#include "tern/keras/initializers.h"

#include <array>
#include <cmath>
#include <string_view>

#include "keras/random_state.h"
#include "keras/serialized_object.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"
#include "tern/ops/random.h"

namespace tern::keras {
namespace {

using initializers::SeedOptions;
using initializers::VarianceScalingOptions;

/// Keras 3 seeds TensorFlow's stateless ops with (seed mod (2³¹ - 2), 0).
Tensor stateless_seed(std::int64_t seed) {
  std::int64_t modulus = (std::int64_t{1} << 31) - 2;
  std::int64_t reduced = ((seed % modulus) + modulus) % modulus;
  return constant({reduced, std::int64_t{0}}, int64);
}

std::int64_t seed_of(std::optional<std::int64_t> given) {
  return given ? *given : next_default_seed();
}

Config seed_config(std::optional<std::int64_t> seed) {
  return seed ? Config(*seed) : Config();
}

Tensor uniform(const Shape& shape,
               DType dtype,
               std::int64_t seed,
               double minval,
               double maxval) {
  return random::stateless_uniform(
      shape,
      stateless_seed(seed),
      {.minval = minval, .maxval = maxval, .dtype = dtype});
}

Tensor normal(const Shape& shape,
              DType dtype,
              std::int64_t seed,
              double mean,
              double stddev) {
  return random::stateless_normal(
      shape,
      stateless_seed(seed),
      {.mean = mean, .stddev = stddev, .dtype = dtype});
}

Tensor truncated_normal(const Shape& shape,
                        DType dtype,
                        std::int64_t seed,
                        double mean,
                        double stddev) {
  return random::stateless_truncated_normal(
      shape,
      stateless_seed(seed),
      {.mean = mean, .stddev = stddev, .dtype = dtype});
}

struct Fans {
  double in, out;
};

/// Inputs and outputs of one unit: the last two dimensions are channels, those
/// before them the receptive field of a convolution.
Fans fans_of(const Shape& shape) {
  if (shape.rank() < 1) return {1, 1};
  if (shape.rank() == 1) {
    auto size = static_cast<double>(shape[0]);
    return {size, size};
  }
  double field = 1;
  for (int i = 0; i + 2 < shape.rank(); ++i)
    field *= static_cast<double>(shape[i]);
  return {field * static_cast<double>(shape[-2]),
          field * static_cast<double>(shape[-1])};
}

Tensor variance_scaled(const VarianceScalingOptions& options,
                       std::int64_t seed,
                       const Shape& shape,
                       DType dtype) {
  Fans fans = fans_of(shape);
  double fan = options.mode == "fan_in"    ? fans.in
               : options.mode == "fan_out" ? fans.out
                                           : (fans.in + fans.out) / 2;
  double scale = options.scale / std::max(1.0, fan);
  if (options.distribution == "uniform") {
    double limit = std::sqrt(3 * scale);
    return uniform(shape, dtype, seed, -limit, limit);
  }
  if (options.distribution == "untruncated_normal")
    return normal(shape, dtype, seed, 0, std::sqrt(scale));
  // The deviation that is left after cutting a standard normal at ±2.
  constexpr double kTruncatedDeviation = 0.87962566103423978;
  return truncated_normal(
      shape, dtype, seed, 0, std::sqrt(scale) / kTruncatedDeviation);
}

/// A named special case of variance scaling.
struct Scaling {
  std::string_view class_name;
  std::string_view name;
  double scale;
  const char* mode;
  const char* distribution;
};

constexpr std::array kScalings = {
    Scaling{"GlorotUniform", "glorot_uniform", 1, "fan_avg", "uniform"},
    Scaling{"GlorotNormal", "glorot_normal", 1, "fan_avg", "truncated_normal"},
    Scaling{"HeUniform", "he_uniform", 2, "fan_in", "uniform"},
    Scaling{"HeNormal", "he_normal", 2, "fan_in", "truncated_normal"},
    Scaling{"LecunUniform", "lecun_uniform", 1, "fan_in", "uniform"},
    Scaling{"LecunNormal", "lecun_normal", 1, "fan_in", "truncated_normal"},
};

Initializer scaling(const Scaling& scaling, SeedOptions options) {
  VarianceScalingOptions full{.scale = scaling.scale,
                              .mode = scaling.mode,
                              .distribution = scaling.distribution};
  return {
      std::string(scaling.class_name),
      Config::object({{"seed", seed_config(options.seed)}}),
      [full, seed = seed_of(options.seed)](const Shape& shape, DType dtype) {
        return variance_scaled(full, seed, shape, dtype);
      }};
}

Initializer scaling(std::string_view class_name, SeedOptions options) {
  for (const Scaling& known : kScalings)
    if (known.class_name == class_name) return scaling(known, options);
  throw InternalError("no scaling ", class_name);
}

void check_scaling(const VarianceScalingOptions& options) {
  if (options.scale <= 0)
    throw InvalidArgumentError(
        "Argument `scale` must be positive float. Received: scale=",
        options.scale);
  if (options.mode != "fan_in" && options.mode != "fan_out" &&
      options.mode != "fan_avg")
    throw InvalidArgumentError("Invalid `mode` argument: ",
                               options.mode,
                               ". Please use one of 'fan_in', 'fan_out', "
                               "'fan_avg'");
  if (options.distribution != "truncated_normal" &&
      options.distribution != "untruncated_normal" &&
      options.distribution != "uniform")
    throw InvalidArgumentError(
        "Invalid `distribution` argument: ",
        options.distribution,
        ". Please use one of 'uniform', 'truncated_normal', "
        "'untruncated_normal'");
}

Initializer from_config(const std::string& name, const Config& config) {
  SeedOptions seed;
  if (const Config* given = config.find("seed"); given && given->is_number())
    seed.seed = given->get<std::int64_t>();
  for (const Scaling& known : kScalings)
    if (known.class_name == name || known.name == name)
      return scaling(known, seed);
  if (name == "Zeros" || name == "zeros" || name == "zero")
    return initializers::Zeros();
  if (name == "Ones" || name == "ones" || name == "one")
    return initializers::Ones();
  if (name == "Constant" || name == "constant")
    return initializers::Constant(config.get("value", 0.0));
  if (name == "RandomNormal" || name == "random_normal" || name == "normal")
    return initializers::RandomNormal(
        {config.get("mean", 0.0), config.get("stddev", 0.05), seed.seed});
  if (name == "TruncatedNormal" || name == "truncated_normal")
    return initializers::TruncatedNormal(
        {config.get("mean", 0.0), config.get("stddev", 0.05), seed.seed});
  if (name == "RandomUniform" || name == "random_uniform" || name == "uniform")
    return initializers::RandomUniform(
        {config.get("minval", -0.05), config.get("maxval", 0.05), seed.seed});
  if (name == "VarianceScaling" || name == "variance_scaling")
    return initializers::VarianceScaling(
        {config.get("scale", 1.0),
         config.get("mode", std::string("fan_in")),
         config.get("distribution", std::string("truncated_normal")),
         seed.seed});
  throw InvalidArgumentError("Could not interpret initializer identifier: ",
                             name);
}

}  // namespace

Initializer::Initializer(std::string name)
    : Initializer(from_config(name, Config::object())) {}

Tensor Initializer::operator()(const Shape& shape, DType dtype) const {
  if (!function_) throw FailedPreconditionError("this Initializer is empty");
  return function_(shape, dtype);
}

Config Initializer::serialize() const {
  return serialized_object("keras.initializers", class_name_, config_);
}

Initializer Initializer::deserialize(const Config& config) {
  if (config.is_null()) return {};
  if (config.is_string()) return Initializer(config.get<std::string>());
  return from_config(config["class_name"].get<std::string>(), config["config"]);
}

Initializer initializers::Zeros() {
  return {"Zeros", Config::object(), [](const Shape& shape, DType dtype) {
            return zeros(shape, dtype);
          }};
}

Initializer initializers::Ones() {
  return {"Ones", Config::object(), [](const Shape& shape, DType dtype) {
            return ones(shape, dtype);
          }};
}

Initializer initializers::Constant(double value) {
  return {"Constant",
          Config::object({{"value", value}}),
          [value](const Shape& shape, DType dtype) {
            return fill(shape, cast(constant(value, float64), dtype));
          }};
}

Initializer initializers::RandomNormal(NormalOptions options) {
  return {
      "RandomNormal",
      Config::object({{"mean", options.mean},
                      {"stddev", options.stddev},
                      {"seed", seed_config(options.seed)}}),
      [options, seed = seed_of(options.seed)](const Shape& shape, DType dtype) {
        return normal(shape, dtype, seed, options.mean, options.stddev);
      }};
}

Initializer initializers::TruncatedNormal(NormalOptions options) {
  return {
      "TruncatedNormal",
      Config::object({{"mean", options.mean},
                      {"stddev", options.stddev},
                      {"seed", seed_config(options.seed)}}),
      [options, seed = seed_of(options.seed)](const Shape& shape, DType dtype) {
        return truncated_normal(
            shape, dtype, seed, options.mean, options.stddev);
      }};
}

Initializer initializers::RandomUniform(UniformOptions options) {
  return {
      "RandomUniform",
      Config::object({{"minval", options.minval},
                      {"maxval", options.maxval},
                      {"seed", seed_config(options.seed)}}),
      [options, seed = seed_of(options.seed)](const Shape& shape, DType dtype) {
        return uniform(shape, dtype, seed, options.minval, options.maxval);
      }};
}

Initializer initializers::VarianceScaling(VarianceScalingOptions options) {
  check_scaling(options);
  return {
      "VarianceScaling",
      Config::object({{"scale", options.scale},
                      {"mode", options.mode},
                      {"distribution", options.distribution},
                      {"seed", seed_config(options.seed)}}),
      [options, seed = seed_of(options.seed)](const Shape& shape, DType dtype) {
        return variance_scaled(options, seed, shape, dtype);
      }};
}

Initializer initializers::GlorotUniform(SeedOptions options) {
  return scaling("GlorotUniform", options);
}
Initializer initializers::GlorotNormal(SeedOptions options) {
  return scaling("GlorotNormal", options);
}
Initializer initializers::HeUniform(SeedOptions options) {
  return scaling("HeUniform", options);
}
Initializer initializers::HeNormal(SeedOptions options) {
  return scaling("HeNormal", options);
}
Initializer initializers::LecunUniform(SeedOptions options) {
  return scaling("LecunUniform", options);
}
Initializer initializers::LecunNormal(SeedOptions options) {
  return scaling("LecunNormal", options);
}

}  // namespace tern::keras
