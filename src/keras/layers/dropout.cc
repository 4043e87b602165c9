#include <cstdint>

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

Layer dropout_from_config(const Config& config) {
  layers::DropoutOptions options;
  if (const Config* shape = config.find("noise_shape"))
    options.noise_shape = shape->get<Shape>();
  if (const Config* seed = config.find("seed"); seed && seed->is_number())
    options.seed = seed->get<std::int64_t>();
  return Layer(std::make_shared<DropoutImpl>(config["rate"].get<double>(),
                                             std::move(options),
                                             common_options(config)));
}

}  // namespace

layers::Dropout::Dropout(double rate, DropoutOptions options)
    : Layer(std::make_shared<DropoutImpl>(
          rate, options, LayerOptions{.name = options.name})) {}

void register_dropout_objects(ObjectRegistry& registry) {
  registry.add_layer("Dropout", dropout_from_config);
}

}  // namespace tern::keras
