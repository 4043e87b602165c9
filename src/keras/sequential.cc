#include "keras/sequential.h"

#include "keras/functional/keras_tensor.h"
#include "keras/layers/input.h"
#include "keras/saving/architecture.h"
#include "tern/core/error.h"

namespace tern::keras {

SequentialImpl::SequentialImpl(ModelOptions options)
    : ModelBase(LayerOptions{.name = std::move(options.name),
                             .trainable = options.trainable}) {}

void SequentialImpl::add(const Layer& layer) {
  if (!layer)
    throw InvalidArgumentError(
        "Sequential \"", name(), "\": an empty Layer handle was added");
  if (auto* input = dynamic_cast<InputLayerImpl*>(layer.impl())) {
    if (input_ || !layers_.empty())
      throw InvalidArgumentError("Sequential \"",
                                 name(),
                                 "\": the InputLayer \"",
                                 input->name(),
                                 "\" must be the first and only one");
    set_input(layer);
    return;
  }
  for (const Layer& other : layers_)
    if (other.name() == layer.name())
      throw InvalidArgumentError(
          "All layers added to a Sequential model should have unique names. "
          "Name '",
          layer.name(),
          "' is already the name of a layer in this model. Update the `name` "
          "argument to pass a unique name.");
  if (layers_.empty() && !input_ &&
      layer.impl()->input_shape_option().has_rank()) {
    set_input(Layer(std::make_shared<InputLayerImpl>(
        Shape{-1}.concatenate(layer.impl()->input_shape_option()),
        InputOptions{.dtype = layer.impl()->dtype(),
                     .name = layer.name() + "_input"})));
  }
  if (input_) last_ = layer(last_);
  layers_.push_back(layer);
  forget_steps();
  track(layer.name(), layer);
  if (input_) {
    set_built();
    set_shapes(first_.shape(), last_.shape());
  }
}

void SequentialImpl::set_input(const Layer& input_layer) {
  input_ = input_layer;
  first_ = last_ = input_tensor(input_layer);
}

void SequentialImpl::build(const Shape& input_shape) {
  if (!input_shape.has_rank() || input_shape.rank() < 1)
    throw InvalidArgumentError("Sequential \"",
                               name(),
                               "\" cannot be built for inputs of shape ",
                               input_shape);
  Shape batch_shape = input_shape;
  batch_shape.set_dim(0, -1);
  std::string first = layers_.empty() ? name() : layers_[0].name();
  set_input(Layer(std::make_shared<InputLayerImpl>(
      batch_shape, InputOptions{.name = first + "_input"})));
  for (const Layer& layer : layers_) last_ = layer(last_);
  set_shapes(batch_shape, last_.shape());
}

Nest SequentialImpl::input() const {
  return input_ ? Nest(first_) : ModelBase::input();
}

Nest SequentialImpl::output() const {
  return input_ ? Nest(last_) : ModelBase::output();
}

std::vector<std::string> SequentialImpl::output_names() const {
  return {layers_.empty() ? name() : layers_.back().name()};
}

Nest SequentialImpl::apply(const Nest& inputs, const CallArgs& arguments) {
  Nest x = inputs;
  CallArgs call = arguments;
  for (const Layer& layer : layers_) {
    Tensor mask = layer.impl()->compute_mask(x, call.mask);
    x = layer.impl()->invoke(x, call);
    call.mask = mask;
  }
  note_mask(x, call.mask);
  return x;
}

Config SequentialImpl::get_config() const {
  Config layers = Config::list();
  if (input_) layers.push_back(layer_config(input_));
  for (const Layer& layer : layers_) layers.push_back(layer_config(layer));
  return Config::object({{"name", name()}, {"layers", std::move(layers)}});
}

// ------------------------------------------------------------------ handle

Sequential::Sequential() : Model(std::make_shared<SequentialImpl>()) {}

Sequential::Sequential(std::initializer_list<Layer> layers,
                       ModelOptions options)
    : Sequential(std::vector<Layer>(layers), std::move(options)) {}

Sequential::Sequential(const std::vector<Layer>& layers, ModelOptions options)
    : Model(std::make_shared<SequentialImpl>(std::move(options))) {
  for (const Layer& layer : layers) add(layer);
}

void Sequential::add(const Layer& layer) {
  static_cast<SequentialImpl&>(get()).add(layer);
}

}  // namespace tern::keras
