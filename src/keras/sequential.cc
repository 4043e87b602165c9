#include "keras/sequential.h"

#include "keras/layers/input.h"
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
    input_ = layer;
    shape_ = input->batch_shape();
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
    input_ = Layer(std::make_shared<InputLayerImpl>(
        Shape{-1}.concatenate(layer.impl()->input_shape_option()),
        InputOptions{.dtype = layer.impl()->dtype(),
                     .name = layer.name() + "_input"}));
    shape_ = static_cast<InputLayerImpl*>(input_.impl())->batch_shape();
  }
  if (input_) build_layer(layer);
  layers_.push_back(layer);
  forget_steps();
  track(layer.name(), layer);
  if (input_) {
    set_built();
    set_shapes(static_cast<InputLayerImpl*>(input_.impl())->batch_shape(),
               shape_);
  }
}

void SequentialImpl::build_layer(const Layer& layer) {
  layer.build(shape_);
  Shape output = layer.compute_output_shape(shape_);
  layer.impl()->set_shapes(shape_, output);
  shape_ = output;
}

void SequentialImpl::build(const Shape& input_shape) {
  if (!input_shape.has_rank() || input_shape.rank() < 1)
    throw InvalidArgumentError("Sequential \"",
                               name(),
                               "\" cannot be built for inputs of shape ",
                               input_shape);
  Shape batch_shape = input_shape;
  batch_shape.set_dim(0, -1);
  shape_ = batch_shape;
  for (const Layer& layer : layers_) build_layer(layer);
  std::string first = layers_.empty() ? name() : layers_[0].name();
  input_ = Layer(std::make_shared<InputLayerImpl>(
      batch_shape, InputOptions{.name = first + "_input"}));
  set_shapes(batch_shape, shape_);
}

Nest SequentialImpl::apply(const Nest& inputs, const CallArgs& arguments) {
  Nest x = inputs;
  for (const Layer& layer : layers_) x = layer.impl()->invoke(x, arguments);
  return x;
}

Shape SequentialImpl::compute_output_shape(const Shape& input_shape) {
  Shape shape = input_shape;
  for (const Layer& layer : layers_) shape = layer.compute_output_shape(shape);
  return shape;
}

Config SequentialImpl::get_config() const {
  Config layers = Config::list();
  auto append = [&](const Layer& layer) {
    Config entry = Config::object(
        {{"class_name", layer.class_name()}, {"config", layer.get_config()}});
    layers.push_back(std::move(entry));
  };
  if (input_) append(input_);
  for (const Layer& layer : layers_) append(layer);
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
