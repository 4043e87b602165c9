#include "keras/saving/architecture.h"

#include "keras/functional/functional.h"
#include "keras/functional/keras_tensor.h"
#include "keras/layers/input.h"
#include "keras/object_registry.h"
#include "keras/saving/custom_objects.h"
#include "keras/saving/saving.h"
#include "keras/sequential.h"
#include "tern/core/error.h"

namespace tern::keras {
namespace {

bool is_model_class(const std::string& class_name) {
  return class_name == "Sequential" || class_name == "Functional" ||
         class_name == "Model";
}

Layer layer_from_config(const Config& entry) {
  std::string class_name = entry["class_name"].get<std::string>();
  std::string registered =
      entry.get("registered_name", std::string(class_name));
  for (const std::string& name : {registered, class_name}) {
    const CustomObject* custom = find_custom_object(name);
    if (custom && custom->layer) return custom->layer(entry["config"]);
  }
  if (is_model_class(class_name)) return model_from_config(entry);
  auto factory = ObjectRegistry::global().find_layer(class_name);
  if (!factory)
    throw NotFoundError(
        "Unknown layer: '",
        class_name,
        "'. Please ensure it is given in custom_objects or registered with "
        "register_keras_serializable.");
  return factory(entry["config"]);
}

/// The input's shape a model without an InputLayer was built for.
Shape build_shape(const Config& entry) {
  if (entry["config"].is_object())
    if (const Config* shape = entry["config"].find("build_input_shape"))
      return shape->get<Shape>();
  if (const Config* build = entry.find("build_config"))
    if (const Config* shape = build->find("input_shape"))
      return shape->get<Shape>();
  return Shape::unknown();
}

/// Shapes that a layer was first called with; null where nobody called it.
Config build_input_shape(const Layer& layer) {
  auto calls = layer.impl()->nodes();
  if (calls.empty()) {
    const Shape& shape = layer.impl()->input_shape();
    return shape.has_rank() ? Config::of_shape(shape) : Config();
  }
  const Nest& inputs = calls[0]->inputs;
  if (inputs.is_tensor()) return Config::of_shape(inputs.tensor().shape());
  Config shapes = Config::list();
  for (const Tensor& input : inputs.flatten())
    shapes.push_back(Config::of_shape(input.shape()));
  return shapes;
}

Sequential sequential_from_config(const Config& content) {
  // Before Keras 2.2.3 the configuration was the list of layers alone.
  bool bare = content.is_list();
  Sequential model({},
                   {.name = bare ? "" : content.get("name", std::string())});
  for (const Config& entry : bare ? content.items() : content["layers"].items())
    model.add(layer_from_config(entry));
  return model;
}

}  // namespace

Config layer_config(const Layer& layer) {
  std::string class_name = layer.class_name();
  bool is_model = is_model_class(class_name);
  bool is_own = is_model || ObjectRegistry::global().find_layer(class_name);
  Config entry = Config::object(
      {{"module",
        is_own ? Config(is_model ? "keras" : "keras.layers") : Config()},
       {"class_name", class_name},
       {"config", layer.get_config()},
       {"registered_name", is_own ? Config() : Config(class_name)}});
  if (dynamic_cast<InputLayerImpl*>(layer.impl())) return entry;
  if (Config shape = build_input_shape(layer); !shape.is_null())
    entry["build_config"] = Config::object({{"input_shape", std::move(shape)}});
  return entry;
}

Config model_config(const Model& model) {
  return Config::object(
      {{"class_name", model.class_name()}, {"config", model.get_config()}});
}

Model model_from_config(const Config& config) {
  if (!config.is_object() || !config.contains("class_name"))
    throw InvalidArgumentError(
        "not the configuration of a model (no class_name): ",
        config.dump().substr(0, 80));
  std::string class_name = config["class_name"].get<std::string>();
  if (!is_model_class(class_name))
    throw UnimplementedError("models of class \"",
                             class_name,
                             "\" are not supported, only Sequential and "
                             "Functional");
  const Config& content = config["config"];
  if (content.is_object() && content.contains("input_layers"))
    return functional_from_config(content, layer_from_config);
  Sequential model = sequential_from_config(content);
  Shape shape = build_shape(config);
  if (!model.built() && shape.has_rank()) model.build(shape);
  return model;
}

std::string model_json(const Model& model) {
  Config config = model_config(model);
  config["keras_version"] = "2.21.0";
  config["backend"] = "tensorflow";
  return config.dump();
}

Model models::model_from_json(const std::string& json, LoadOptions options) {
  CustomObjectScope scope(options.custom_objects);
  return model_from_config(Config::parse(json));
}

}  // namespace tern::keras
