#include "keras/object_registry.h"

namespace tern::keras {
namespace {

class ActivationImpl : public LayerBase {
 public:
  ActivationImpl(Activation activation, LayerOptions options)
      : LayerBase(std::move(options)), activation_(std::move(activation)) {
    set_supports_masking();
    set_built();
  }

  Tensor call(const Tensor& x, const CallArgs&) override {
    return activation_(x);
  }

  Shape compute_output_shape(const Shape& input) override { return input; }

  Config get_config() const override {
    Config config = LayerBase::get_config();
    config["activation"] = activation_.serialize();
    return config;
  }

  void behave_as_keras_2() override { activation_.behave_as_keras_2(); }

 private:
  Activation activation_;
};

class LambdaImpl : public LayerBase {
 public:
  LambdaImpl(std::function<Tensor(const Tensor&)> function,
             LayerOptions options)
      : LayerBase(std::move(options)), function_(std::move(function)) {
    set_built();
  }

  Tensor call(const Tensor& x, const CallArgs&) override {
    return function_(x);
  }

 private:
  std::function<Tensor(const Tensor&)> function_;
};

}  // namespace

layers::Activation::Activation(keras::Activation activation,
                               LayerOptions options)
    : Layer(std::make_shared<ActivationImpl>(std::move(activation),
                                             std::move(options))) {}

layers::Lambda::Lambda(std::function<Tensor(const Tensor&)> function,
                       LayerOptions options,
                       int)
    : Layer(std::make_shared<LambdaImpl>(std::move(function),
                                         std::move(options))) {}

void register_activation_objects(ObjectRegistry& registry) {
  registry.add_layer("Activation", [](const Config& config) -> Layer {
    return layers::Activation(activation_from_config(config["activation"]),
                              common_options(config));
  });
}

}  // namespace tern::keras
