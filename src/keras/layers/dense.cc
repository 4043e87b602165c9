#include "keras/object_registry.h"
#include "tern/core/error.h"
#include "tern/keras/layers.h"
#include "tern/ops/array.h"
#include "tern/ops/linalg.h"
#include "tern/ops/nn.h"

namespace tern::keras {
namespace {

class DenseImpl : public LayerBase {
 public:
  DenseImpl(int units, layers::DenseOptions options)
      : LayerBase(options), units_(units), options_(std::move(options)) {
    if (units <= 0)
      throw InvalidArgumentError(
          "Received an invalid value for `units`, expected a positive integer. "
          "Received: units=",
          units);
    set_input_spec({.min_ndim = 2});
    set_supports_masking();
    set_activity_regularizer(options_.activity_regularizer);
  }

  void build(const Shape& input) override {
    if (input.rank() < 1 || input[-1] < 0)
      throw InvalidArgumentError(
          "Dense \"",
          name(),
          "\": the last dimension of the input must be known, got shape ",
          input);
    kernel_ = add_weight("kernel",
                         {input[-1], units_},
                         {.initializer = options_.kernel_initializer,
                          .regularizer = options_.kernel_regularizer,
                          .constraint = options_.kernel_constraint});
    if (options_.use_bias)
      bias_ = add_weight("bias",
                         {units_},
                         {.initializer = options_.bias_initializer,
                          .regularizer = options_.bias_regularizer,
                          .constraint = options_.bias_constraint});
    set_input_spec({.min_ndim = 2, .last_dim = input[-1]});
  }

  Tensor call(const Tensor& x, const CallArgs&) override {
    Tensor y =
        x.shape().rank() == 2 ? matmul(x, kernel_) : tensordot(x, kernel_, 1);
    if (options_.use_bias) y = nn::bias_add(y, bias_);
    return options_.activation(y);
  }

  Shape compute_output_shape(const Shape& input) override {
    Shape output = input;
    if (output.rank() > 0) output.set_dim(-1, units_);
    return output;
  }

  Config get_config() const override {
    Config config = LayerBase::get_config();
    config["units"] = units_;
    config["activation"] = options_.activation.serialize();
    config["use_bias"] = options_.use_bias;
    config["kernel_initializer"] = options_.kernel_initializer.serialize();
    config["bias_initializer"] = options_.bias_initializer.serialize();
    config["kernel_regularizer"] = options_.kernel_regularizer.serialize();
    config["bias_regularizer"] = options_.bias_regularizer.serialize();
    config["activity_regularizer"] = options_.activity_regularizer.serialize();
    config["kernel_constraint"] = options_.kernel_constraint.serialize();
    config["bias_constraint"] = options_.bias_constraint.serialize();
    return config;
  }

  void behave_as_keras_2() override { options_.activation.behave_as_keras_2(); }

 private:
  int units_;
  layers::DenseOptions options_;
  Variable kernel_, bias_;
};

Layer dense_from_config(const Config& config) {
  auto part = [&](const char* key) {
    const Config* member = config.find(key);
    return member ? *member : Config();
  };
  if (!part("lora_rank").is_null())
    throw UnimplementedError(
        "Dense: low-rank adaptation (lora_rank) is not "
        "supported");
  auto initializer = [&](const char* key, Initializer otherwise) {
    return config.contains(key) ? Initializer::deserialize(config[key])
                                : otherwise;
  };
  LayerOptions common = common_options(config);
  layers::DenseOptions defaults;
  return layers::Dense(
      config["units"].get<int>(),
      {.activation = activation_from_config(part("activation")),
       .use_bias = config.get("use_bias", true),
       .kernel_initializer =
           initializer("kernel_initializer", defaults.kernel_initializer),
       .bias_initializer =
           initializer("bias_initializer", defaults.bias_initializer),
       .kernel_regularizer =
           Regularizer::deserialize(part("kernel_regularizer")),
       .bias_regularizer = Regularizer::deserialize(part("bias_regularizer")),
       .activity_regularizer =
           Regularizer::deserialize(part("activity_regularizer")),
       .kernel_constraint = Constraint::deserialize(part("kernel_constraint")),
       .bias_constraint = Constraint::deserialize(part("bias_constraint")),
       .input_shape = common.input_shape,
       .name = common.name,
       .trainable = common.trainable,
       .dtype = common.dtype});
}

}  // namespace

layers::Dense::Dense(int units, DenseOptions options)
    : Layer(std::make_shared<DenseImpl>(units, std::move(options))) {}

void register_dense_objects(ObjectRegistry& registry) {
  registry.add_layer("Dense", dense_from_config);
}

}  // namespace tern::keras
