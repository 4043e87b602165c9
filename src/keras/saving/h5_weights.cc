#include "keras/saving/h5_weights.h"

#include <algorithm>

#include "tern/core/error.h"
#include "tern/ops/math.h"

namespace tern::keras {
namespace {

constexpr const char* kOptimizerGroup = "optimizer_weights";

std::string join(const std::string& group, const std::string& name) {
  return group.empty() ? name : group + "/" + name;
}

void write_variables(const Variables& variables,
                     io::Hdf5File& file,
                     const std::string& group) {
  std::vector<std::string> names;
  file.create_group(group);
  for (const Variable& variable : variables) {
    std::string name = variable.name();
    // Two weights of one layer may share a name; files cannot.
    for (int copy = 1;
         std::find(names.begin(), names.end(), name) != names.end();
         ++copy)
      name = variable.name() + "_" + std::to_string(copy);
    file.write(join(group, name), variable.read());
    names.push_back(name);
  }
  file.set_list_attribute(group, "weight_names", names);
}

/// As files order the weights of a layer, also of a model within a model.
Variables weights_of(const Layer& layer) {
  Variables weights = layer.trainable_variables();
  for (const Variable& variable : layer.non_trainable_variables())
    weights.push_back(variable);
  return weights;
}

struct SavedLayer {
  std::string name;
  std::vector<std::string> weights;
};

/// The layers of a file that have weights.
std::vector<SavedLayer> saved_layers(const io::Hdf5File& file,
                                     const std::string& group,
                                     const std::string& path) {
  auto layer_names = file.list_attribute(group, "layer_names");
  if (!layer_names)
    throw InvalidArgumentError(path,
                               ": no weights as Keras writes them (\"/",
                               group,
                               "\" has no attribute layer_names)");
  std::vector<SavedLayer> layers;
  for (const std::string& name : *layer_names) {
    auto weights = file.list_attribute(join(group, name), "weight_names");
    if (weights && !weights->empty()) layers.push_back({name, *weights});
  }
  return layers;
}

/// A value read for a variable, waiting for the others.
struct Assignment {
  Variable variable;
  Tensor value;
};

Assignment checked(const Variable& variable,
                   Tensor value,
                   const std::string& dataset,
                   const std::string& path) {
  if (!(value.shape() == variable.shape()))
    throw InvalidArgumentError(path,
                               ": \"",
                               dataset,
                               "\" has shape ",
                               value.shape(),
                               ", but the weight ",
                               variable.name(),
                               " has shape ",
                               variable.shape());
  if (!(value.dtype() == variable.dtype()))
    value = cast(value, variable.dtype());
  return {variable, std::move(value)};
}

void assign_all(const std::vector<Assignment>& assignments) {
  for (const auto& [variable, value] : assignments) variable.assign(value);
}

/// Keras 2's legacy optimizers write all first slots, then all second ones;
/// the others write the slots of one variable next to each other.
bool is_legacy(const std::vector<std::string>& names) {
  return std::any_of(names.begin(), names.end(), [](const std::string& name) {
    return name.ends_with("/iter:0") || name == "iter:0";
  });
}

/// The files' names in the order of the optimizer's variables.
std::vector<std::string> in_slot_order(std::vector<std::string> names,
                                       std::size_t variables) {
  // Keras 3 stores the rate, which the configuration holds already.
  std::erase_if(names, [](const std::string& name) {
    return name.ends_with("/learning_rate");
  });
  if (!is_legacy(names) || variables == 0) return names;
  std::size_t kinds = (names.size() - 1) / variables;
  std::vector<std::string> ordered{names[0]};
  for (std::size_t i = 0; i < variables; ++i)
    for (std::size_t kind = 0; kind < kinds; ++kind)
      ordered.push_back(names[1 + kind * variables + i]);
  return ordered;
}

}  // namespace

void write_weights(const Model& model,
                   io::Hdf5File& file,
                   const std::string& group) {
  file.create_group(group);
  std::vector<std::string> names;
  for (const Layer& layer : model.layers()) {
    names.push_back(layer.name());
    write_variables(weights_of(layer), file, join(group, layer.name()));
  }
  file.set_list_attribute(group, "layer_names", names);
  write_variables({}, file, join(group, "top_level_model_weights"));
}

void read_weights(const Model& model,
                  const io::Hdf5File& file,
                  const std::string& group,
                  const std::string& path) {
  std::vector<Layer> layers;
  for (const Layer& layer : model.layers())
    if (!layer.variables().empty()) layers.push_back(layer);
  std::vector<SavedLayer> saved = saved_layers(file, group, path);
  if (layers.size() != saved.size())
    throw InvalidArgumentError(
        path,
        ": Layer count mismatch when loading weights from file. Model "
        "expected ",
        layers.size(),
        " layers, found ",
        saved.size(),
        " saved layers.");
  std::vector<Assignment> assignments;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    Variables variables = weights_of(layers[i]);
    if (variables.size() != saved[i].weights.size())
      throw InvalidArgumentError(path,
                                 ": Weight count mismatch for layer #",
                                 i,
                                 " (named ",
                                 layers[i].name(),
                                 " in the current model, ",
                                 saved[i].name,
                                 " in the save file). Layer expects ",
                                 variables.size(),
                                 " weight(s). Received ",
                                 saved[i].weights.size(),
                                 " saved weight(s)");
    for (std::size_t k = 0; k < variables.size(); ++k) {
      std::string dataset =
          join(join(group, saved[i].name), saved[i].weights[k]);
      assignments.push_back(
          checked(variables[k], file.read(dataset), dataset, path));
    }
  }
  assign_all(assignments);
}

void write_optimizer(const Optimizer& optimizer, io::Hdf5File& file) {
  write_variables(optimizer.variables(), file, kOptimizerGroup);
}

void read_optimizer(const Model& model,
                    const Optimizer& optimizer,
                    const io::Hdf5File& file,
                    const std::string& path) {
  if (!file.contains(kOptimizerGroup)) return;
  auto names = file.list_attribute(kOptimizerGroup, "weight_names");
  Variables weights = model.trainable_variables();
  // The iteration alone: saved before the first step.
  if (!names || names->size() < 2) return;
  optimizer.impl()->build(weights);
  Variables targets = optimizer.variables();
  std::vector<std::string> ordered =
      in_slot_order(std::move(*names), weights.size());
  // Keras 2 keeps momenta for SGD also where it has no use for them.
  if (targets.size() == 1) ordered.resize(1);
  if (ordered.size() != targets.size())
    throw InvalidArgumentError(path,
                               ": the optimizer ",
                               optimizer.impl()->name(),
                               " has ",
                               targets.size(),
                               " variables, the file ",
                               ordered.size());
  std::vector<Assignment> assignments;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    std::string dataset = join(kOptimizerGroup, ordered[i]);
    assignments.push_back(
        checked(targets[i], file.read(dataset), dataset, path));
  }
  assign_all(assignments);
}

}  // namespace tern::keras
