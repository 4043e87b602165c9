#include "keras/object_registry.h"

#include <algorithm>
#include <cctype>

#include "keras/saving/custom_objects.h"
#include "tern/core/error.h"

namespace tern::keras {
namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), [](char c) {
    return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  });
  return result;
}

/// A dtype by name, or Keras 3's policy object. Mixed policies compute in
/// another dtype than they store, which no layer does here yet.
DType dtype_from_config(const Config& config) {
  if (config.is_null()) return {};
  const Config& name = config.is_object() ? config["config"]["name"] : config;
  if (name.get<std::string>().starts_with("mixed_"))
    throw UnimplementedError(
        "dtype policy ", name, ": mixed precision is not supported");
  return name.get<DType>();
}

}  // namespace

const ObjectRegistry& ObjectRegistry::global() {
  static const ObjectRegistry registry = [] {
    ObjectRegistry all;
    register_all_objects(all);
    return all;
  }();
  return registry;
}

ObjectRegistry::LayerFactory ObjectRegistry::find_layer(
    std::string_view class_name) const {
  auto found = layers_.find(class_name);
  return found == layers_.end() ? nullptr : found->second;
}

ObjectRegistry::OptimizerFactory ObjectRegistry::find_optimizer(
    std::string_view class_name) const {
  std::string wanted = lower(class_name);
  for (const auto& [name, factory] : optimizers_)
    if (lower(name) == wanted) return factory;
  return nullptr;
}

LayerOptions common_options(const Config& config) {
  LayerOptions options;
  options.name = config.get("name", std::string());
  options.trainable = config.get("trainable", true);
  if (const Config* dtype = config.find("dtype"))
    options.dtype = dtype_from_config(*dtype);
  const Config* shape = config.find("batch_input_shape");
  if (!shape) shape = config.find("batch_shape");
  if (shape && !shape->is_null()) {
    Shape batch_shape = shape->get<Shape>();
    if (batch_shape.rank() < 1)
      throw InvalidArgumentError(
          "batch_input_shape ", *shape, " has no batch dimension");
    options.input_shape = batch_shape.slice(1);
  }
  return options;
}

Activation activation_from_config(const Config& config) {
  if (config.is_null()) return {};
  std::string name =
      (config.is_object() ? config["config"] : config).get<std::string>();
  const CustomObject* custom = find_custom_object(name);
  return custom && custom->unary ? Activation(name, custom->unary)
                                 : Activation(name);
}

}  // namespace tern::keras
