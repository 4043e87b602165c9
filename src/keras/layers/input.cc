#include "keras/layers/input.h"

#include "keras/naming.h"
#include "keras/object_registry.h"

namespace tern::keras {
namespace {

/// Keras counts inputs from 1: "input_1".
std::string input_name(std::string given) {
  if (!given.empty()) return given;
  std::string name = unique_name("input");
  return name == "input" ? unique_name("input") : name;
}

Layer input_from_config(const Config& config) {
  // Keras 2 says batch_input_shape, Keras 3 batch_shape.
  const Config* shape = config.find("batch_shape");
  if (!shape) shape = config.find("batch_input_shape");
  Shape batch_shape = shape ? shape->get<Shape>() : Shape::unknown();
  LayerOptions common = common_options(config);
  return Layer(std::make_shared<InputLayerImpl>(
      batch_shape, InputOptions{.dtype = common.dtype, .name = common.name}));
}

}  // namespace

InputLayerImpl::InputLayerImpl(Shape batch_shape, InputOptions options)
    : LayerBase(LayerOptions{.name = input_name(std::move(options.name)),
                             .dtype = options.dtype}),
      batch_shape_(std::move(batch_shape)) {
  set_built();
  set_shapes(batch_shape_, batch_shape_);
}

Config InputLayerImpl::get_config() const {
  return Config::object({{"batch_input_shape", Config::of_shape(batch_shape_)},
                         {"dtype", std::string(dtype().name())},
                         {"sparse", false},
                         {"ragged", false},
                         {"name", name()},
                         {"optional", false}});
}

layers::InputLayer::InputLayer(Shape shape, InputOptions options)
    : Layer(std::make_shared<InputLayerImpl>(
          Shape{options.batch_size.value_or(-1)}.concatenate(shape),
          std::move(options))) {}

void register_input_objects(ObjectRegistry& registry) {
  registry.add_layer("InputLayer", input_from_config);
}

}  // namespace tern::keras
