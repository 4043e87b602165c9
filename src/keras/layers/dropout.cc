#include <cmath>
#include <cstdint>

#include "keras/layers/config_parts.h"
#include "keras/object_registry.h"
#include "keras/random_state.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"
#include "tern/ops/random.h"

namespace tern::keras {
namespace {

/// The key of a stream of random numbers and the number of draws so far. A
/// variable, so that a traced step draws anew each time it runs.
class SeedGenerator {
 public:
  explicit SeedGenerator(std::int64_t seed)
      : state_(constant({seed, std::int64_t{0}}, int64),
               {.trainable = false, .name = "seed_generator_state"}) {}

  Tensor next() const {
    Tensor seed = state_.read();
    state_.assign_add(constant({0, 1}, int64));
    return seed;
  }

 private:
  Variable state_;
};

class DropoutImpl : public LayerBase {
 public:
  DropoutImpl(double rate, layers::DropoutOptions options, LayerOptions common)
      : LayerBase(std::move(common)),
        rate_(rate),
        options_(std::move(options)),
        generator_(options_.seed ? *options_.seed : next_default_seed()) {
    if (!(rate >= 0 && rate <= 1))
      throw InvalidArgumentError(
          "Invalid value received for argument `rate`. Expected a float value "
          "between 0 and 1. Received: rate=",
          rate);
    set_supports_masking();
    set_built();
  }

  Tensor call(const Tensor& x, const CallArgs& arguments) override {
    if (!arguments.training.value_or(false) || rate_ == 0) return x;
    if (rate_ == 1) return zeros_like(x);
    Tensor kept =
        random::stateless_uniform(
            noise_shape(x), generator_.next(), {.dtype = x.dtype()}) >= rate_;
    // A select, not a product: dropped infinities must not become NaN.
    return where(kept, x * (1 / (1 - rate_)), zeros_like(x));
  }

  Shape compute_output_shape(const Shape& input) override { return input; }

  Config get_config() const override {
    Config config = LayerBase::get_config();
    config["rate"] = rate_;
    config["noise_shape"] = Config::of_shape(options_.noise_shape);
    config["seed"] = options_.seed ? Config(*options_.seed) : Config();
    return config;
  }

 private:
  /// -1 in the option stands for the input's size.
  ShapeArg noise_shape(const Tensor& x) const {
    const Shape& given = options_.noise_shape;
    if (!given.has_rank()) {
      if (x.shape().is_fully_known()) return x.shape();
      return shape(x);
    }
    if (given.is_fully_known()) return given;
    Tensor sizes = shape(x);
    Tensors dims;
    for (int i = 0; i < given.rank(); ++i)
      dims.push_back(given[i] >= 0 ? constant(given[i], int32) : sizes[i]);
    return stack(dims);
  }

  double rate_;
  layers::DropoutOptions options_;
  SeedGenerator generator_;
};

/// Dropout with the noise repeated along the spatial axes.
class SpatialDropoutImpl : public DropoutImpl {
 public:
  SpatialDropoutImpl(int rank,
                     double rate,
                     std::optional<std::int64_t> seed,
                     const std::string& data_format,
                     LayerOptions common)
      : DropoutImpl(rate,
                    {.noise_shape = noise(rank, data_format), .seed = seed},
                    std::move(common)),
        rank_(rank),
        rate_(rate),
        seed_(seed),
        data_format_(checked_data_format(data_format)) {
    set_input_spec({.min_ndim = rank + 2});
  }

  std::string class_name() const override {
    return "SpatialDropout" + std::to_string(rank_) + "D";
  }

  Config get_config() const override {
    Config config = Config::object({{"rate", rate_},
                                    {"seed", seed_ ? Config(*seed_) : Config()},
                                    {"name", name()},
                                    {"dtype", std::string(dtype().name())}});
    if (rank_ > 1) config["data_format"] = data_format_;
    return config;
  }

 private:
  static Shape noise(int rank, const std::string& data_format) {
    bool first = checked_data_format(data_format) == "channels_first";
    Shape shape = Shape::unknown_dims(rank + 2);
    for (int i = 0; i < rank; ++i) shape.set_dim(i + (first ? 2 : 1), 1);
    return shape;
  }

  int rank_;
  double rate_;
  std::optional<std::int64_t> seed_;
  std::string data_format_;
};

/// Normal numbers added to the inputs, or the inputs multiplied by them.
class GaussianImpl : public LayerBase {
 public:
  GaussianImpl(bool multiplies,
               double amount,
               std::optional<std::int64_t> seed,
               LayerOptions common)
      : LayerBase(std::move(common)),
        multiplies_(multiplies),
        amount_(amount),
        seed_(seed),
        generator_(seed ? *seed : next_default_seed()) {
    if (!(amount >= 0) || (multiplies && amount > 1))
      throw InvalidArgumentError("Invalid value received for argument `",
                                 multiplies ? "rate" : "stddev",
                                 "`. Expected a float value between 0 and 1. "
                                 "Received: ",
                                 multiplies ? "rate=" : "stddev=",
                                 amount);
    set_built();
  }

  std::string class_name() const override {
    return multiplies_ ? "GaussianDropout" : "GaussianNoise";
  }

  Tensor call(const Tensor& x, const CallArgs& arguments) override {
    if (!arguments.training.value_or(false) || amount_ == 0) return x;
    ShapeArg whole =
        x.shape().is_fully_known() ? ShapeArg(x.shape()) : ShapeArg(shape(x));
    Tensor normal = random::stateless_normal(
        whole, generator_.next(), {.dtype = x.dtype()});
    if (!multiplies_) return x + normal * amount_;
    return x * (normal * std::sqrt(amount_ / (1 - amount_)) + 1.0);
  }

  Shape compute_output_shape(const Shape& input) override { return input; }

  Config get_config() const override {
    Config config = LayerBase::get_config();
    config[multiplies_ ? "rate" : "stddev"] = amount_;
    config["seed"] = seed_ ? Config(*seed_) : Config();
    return config;
  }

 private:
  bool multiplies_;
  double amount_;
  std::optional<std::int64_t> seed_;
  SeedGenerator generator_;
};

std::optional<std::int64_t> seed_of(const Config& config) {
  Config seed = part(config, "seed");
  if (!seed.is_number()) return std::nullopt;
  return seed.get<std::int64_t>();
}

template <int rank>
Layer spatial_dropout_from_config(const Config& config) {
  return Layer(std::make_shared<SpatialDropoutImpl>(
      rank,
      config["rate"].get<double>(),
      seed_of(config),
      config.get("data_format", std::string()),
      common_options(config)));
}

Layer dropout_from_config(const Config& config) {
  layers::DropoutOptions options;
  if (const Config* shape = config.find("noise_shape"))
    options.noise_shape = shape->get<Shape>();
  options.seed = seed_of(config);
  return Layer(std::make_shared<DropoutImpl>(config["rate"].get<double>(),
                                             std::move(options),
                                             common_options(config)));
}

}  // namespace

layers::Dropout::Dropout(double rate, DropoutOptions options)
    : Layer(std::make_shared<DropoutImpl>(
          rate, options, LayerOptions{.name = options.name})) {}

template <int N>
layers::SpatialDropout<N>::SpatialDropout(double rate,
                                          SpatialDropoutOptions options)
    : Layer(std::make_shared<SpatialDropoutImpl>(
          N,
          rate,
          options.seed,
          options.data_format,
          LayerOptions{.name = options.name, .dtype = options.dtype})) {}
template class layers::SpatialDropout<1>;
template class layers::SpatialDropout<2>;
template class layers::SpatialDropout<3>;

layers::GaussianNoise::GaussianNoise(double stddev, NoiseOptions o)
    : Layer(std::make_shared<GaussianImpl>(
          false,
          stddev,
          o.seed,
          LayerOptions{
              .name = o.name, .trainable = o.trainable, .dtype = o.dtype})) {}
layers::GaussianDropout::GaussianDropout(double rate, NoiseOptions o)
    : Layer(std::make_shared<GaussianImpl>(
          true,
          rate,
          o.seed,
          LayerOptions{
              .name = o.name, .trainable = o.trainable, .dtype = o.dtype})) {}

void register_dropout_objects(ObjectRegistry& registry) {
  registry.add_layer("SpatialDropout1D", spatial_dropout_from_config<1>);
  registry.add_layer("SpatialDropout2D", spatial_dropout_from_config<2>);
  registry.add_layer("SpatialDropout3D", spatial_dropout_from_config<3>);
  registry.add_layer("GaussianNoise", [](const Config& config) {
    return Layer(std::make_shared<GaussianImpl>(false,
                                                config["stddev"].get<double>(),
                                                seed_of(config),
                                                common_options(config)));
  });
  registry.add_layer("GaussianDropout", [](const Config& config) {
    return Layer(std::make_shared<GaussianImpl>(true,
                                                config["rate"].get<double>(),
                                                seed_of(config),
                                                common_options(config)));
  });
  registry.add_layer("Dropout", dropout_from_config);
}

}  // namespace tern::keras
