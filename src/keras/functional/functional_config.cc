#include <map>
#include <set>

#include "keras/functional/constants.h"
#include "keras/functional/functional.h"
#include "keras/functional/op_layer.h"
#include "keras/layers/input.h"
#include "keras/saving/architecture.h"
#include "keras/sequential.h"
#include "tern/core/error.h"

namespace tern::keras {
namespace {

/// How files count the calls of layers: those of this network alone.
class NodeNumbers {
 public:
  explicit NodeNumbers(const Network& network) {
    // Calls of one layer, in the order in which they were made.
    std::map<const LayerBase*, std::map<int, const LayerNode*>> calls;
    for (const LayerNodePtr& node : network.nodes)
      calls[node->layer.get()][node->index] = node.get();
    for (const auto& [layer, nodes] : calls) {
      int number = has_network(*layer) ? 1 : 0;
      for (const auto& [index, node] : nodes) numbers_[node] = number++;
    }
  }

  /// ["dense", 0, 0].
  Config place(const KerasTensor& tensor) const {
    return Config::list({tensor.node->layer->name(),
                         numbers_.at(tensor.node.get()),
                         tensor.output});
  }
  Config place(const Tensor& tensor) const {
    return place(*keras_tensor(tensor));
  }

 private:
  std::map<const LayerNode*, int> numbers_;
};

/// One call as Keras 2 writes it: [["dense", 0, 0, {}]].
Config serialize_call(const LayerNode& node, const NodeNumbers& numbers) {
  if (auto* op = dynamic_cast<const OpLayerImpl*>(node.layer.get()))
    return op->serialize_call(
        node, [&](const KerasTensor& tensor) { return numbers.place(tensor); });
  Config arguments = Config::object();
  if (node.arguments.training) arguments["training"] = *node.arguments.training;
  Config list = Config::list();
  for (const Tensor& input : node.inputs.flatten()) {
    Config entry =
        keras_tensor(input)
            ? numbers.place(input)
            : Config::list({"_CONSTANT_VALUE", -1, config_of_constant(input)});
    entry.push_back(arguments);
    list.push_back(std::move(entry));
  }
  return list;
}

/// The calls of one layer.
Config inbound_nodes(const Layer& layer,
                     const Network& network,
                     const NodeNumbers& numbers) {
  std::map<int, const LayerNode*> calls;
  for (const LayerNodePtr& node : network.nodes)
    if (node->layer.get() == layer.impl()) calls[node->index] = node.get();
  Config list = Config::list();
  for (const auto& [index, node] : calls)
    if (node->inputs.kind() != 'n')
      list.push_back(serialize_call(*node, numbers));
  return list;
}

// ------------------------------------------------------------------ reading

/// What a call says of its inputs: Keras 2's list or Keras 3's arguments.
struct SavedCall {
  Nest inputs;
  CallArgs arguments;
};

/// Rebuilds the calls of a network; those whose inputs are not there yet wait.
class Reader {
 public:
  explicit Reader(const std::function<Layer(const Config&)>& layer_from_config)
      : layer_from_config_(layer_from_config) {}

  void add_layer(const Config& entry) {
    std::string name = entry.contains("name")
                           ? entry["name"].get<std::string>()
                           : entry["config"]["name"].get<std::string>();
    if (layers_.contains(name))
      throw InvalidArgumentError(
          "the configuration has two layers named \"", name, "\"");
    Entry& saved = layers_[name];
    order_.push_back(name);
    saved.calls = entry["inbound_nodes"].items();
    std::string class_name = entry["class_name"].get<std::string>();
    if (class_name == "TFOpLambda" || class_name == "SlicingOpLambda") {
      saved.function = entry["config"]["function"].get<std::string>();
      return;
    }
    saved.layer = layer_from_config_(entry);
    if (dynamic_cast<InputLayerImpl*>(saved.layer.impl())) {
      nodes_[{name, 0}] = keras_tensor(input_tensor(saved.layer))->node;
      saved.calls.clear();
    }
    saved.next_number = has_network(*saved.layer.impl()) ? 1 : 0;
  }

  void make_calls() {
    for (bool progress = true; progress;) {
      progress = false;
      for (const std::string& name : order_) {
        Entry& entry = layers_[name];
        while (entry.done < entry.calls.size() &&
               make_call(name, entry, entry.calls[entry.done])) {
          ++entry.done;
          progress = true;
        }
      }
    }
    for (const auto& [name, entry] : layers_)
      if (entry.done < entry.calls.size())
        throw InvalidArgumentError(
            "Improperly formatted model config: layer \"",
            name,
            "\" reads what no layer of the model gives");
  }

  /// [["a", 0, 0], ["b", 0, 0]], or one place.
  Nest tensors(const Config& places) {
    if (is_place(places)) return tensor_at(places);
    if (places.is_object()) {
      std::vector<std::string> keys;
      std::vector<Nest> items;
      for (const auto& [key, place] : places.members()) {
        keys.push_back(key);
        items.push_back(tensors(place));
      }
      return Nest::named(std::move(keys), std::move(items));
    }
    std::vector<Nest> items;
    for (const Config& place : places.items()) items.push_back(tensors(place));
    return items.size() == 1 ? items[0] : Nest::list(std::move(items));
  }

 private:
  struct Entry {
    Layer layer;
    std::string function;  // of a call of a public function
    std::vector<Config> calls;
    std::size_t done = 0;
    int next_number = 0;
  };

  static bool is_place(const Config& value) {
    return value.is_list() && value.items().size() >= 3 &&
           value.items()[0].is_string() && value.items()[1].is_number();
  }
  static bool is_keras_3(const Config& call) {
    return call.is_object() && call.contains("args");
  }

  LayerNodePtr find(const Config& place) const {
    auto found = nodes_.find(
        {place.items()[0].get<std::string>(), place.items()[1].get<int>()});
    return found == nodes_.end() ? nullptr : found->second;
  }

  Tensor tensor_at(const Config& place) const {
    LayerNodePtr node = find(place);
    auto output = place.items()[2].get<std::int64_t>();
    if (!node || output < 0 ||
        static_cast<std::size_t>(output) >= node->outputs.flatten().size())
      throw InvalidArgumentError(
          "Improperly formatted model config: no tensor ", place);
    return output_of(node, static_cast<std::size_t>(output));
  }

  /// Whether everything that a call refers to is there.
  bool is_ready(const Config& value) const {
    if (is_place(value) &&
        value.items()[0].get<std::string>() != "_CONSTANT_VALUE" &&
        !find(value))
      return false;
    if (value.is_list())
      for (const Config& item : value.items())
        if (!is_ready(item)) return false;
    for (const auto& [key, member] : value.members())
      if (!is_ready(member)) return false;
    return true;
  }

  bool make_call(const std::string& name, Entry& entry, const Config& call) {
    if (!is_ready(call)) return false;
    Nest outputs;
    if (!entry.function.empty()) {
      outputs = deserialize_call(
          entry.function, name, call, [this](const Config& place) {
            return tensor_at(place);
          });
    } else {
      SavedCall saved =
          is_keras_3(call) ? keras_3_call(call) : keras_2_call(call);
      outputs = entry.layer.apply(saved.inputs, saved.arguments);
    }
    nodes_[{name, entry.next_number++}] =
        keras_tensor(outputs.flatten().at(0))->node;
    return true;
  }

  SavedCall keras_2_call(const Config& call) const {
    SavedCall saved;
    std::vector<Nest> inputs;
    for (const Config& entry : call.items()) {
      if (!is_place(entry))
        throw InvalidArgumentError("Improperly formatted model config: ",
                                   entry);
      if (entry.items()[0].get<std::string>() == "_CONSTANT_VALUE")
        inputs.push_back(constant_of_config(entry.items()[2]));
      else
        inputs.push_back(tensor_at(entry));
      if (entry.items().size() > 3) read_arguments(entry.items()[3], saved);
    }
    if (inputs.empty())
      throw InvalidArgumentError("Improperly formatted model config: ", call);
    saved.inputs =
        inputs.size() == 1 ? inputs[0] : Nest::list(std::move(inputs));
    return saved;
  }

  static void read_arguments(const Config& arguments, SavedCall& saved) {
    if (!arguments.is_object()) return;
    if (const Config* training = arguments.find("training");
        training && !training->is_null())
      saved.arguments.training = training->get<bool>();
  }

  SavedCall keras_3_call(const Config& call) const {
    SavedCall saved;
    const auto& positional = call["args"].items();
    if (positional.size() != 1)
      throw UnimplementedError("a layer called with ",
                               positional.size(),
                               " positional arguments: ",
                               call);
    saved.inputs = keras_3_inputs(positional[0]);
    if (const Config* named = call.find("kwargs"))
      read_arguments(*named, saved);
    return saved;
  }

  Nest keras_3_inputs(const Config& value) const {
    if (value.is_object() && value.contains("class_name") &&
        value["class_name"].get<std::string>() == "__keras_tensor__")
      return tensor_at(value["config"]["keras_history"]);
    if (!value.is_list())
      throw UnimplementedError("a layer called with ", value);
    std::vector<Nest> items;
    for (const Config& item : value.items())
      items.push_back(keras_3_inputs(item));
    return Nest::list(std::move(items));
  }

  const std::function<Layer(const Config&)>& layer_from_config_;
  std::map<std::string, Entry> layers_;
  std::vector<std::string> order_;
  std::map<std::pair<std::string, int>, LayerNodePtr> nodes_;
};

}  // namespace

bool has_network(const LayerBase& layer) {
  return dynamic_cast<const FunctionalImpl*>(&layer) ||
         dynamic_cast<const SequentialImpl*>(&layer);
}

Config FunctionalImpl::get_config() const {
  NodeNumbers numbers(network_);
  Config layers = Config::list();
  for (const Layer& layer : network_.layers) {
    Config entry = layer_config(layer);
    entry["name"] = layer.name();
    entry["inbound_nodes"] = inbound_nodes(layer, network_, numbers);
    layers.push_back(std::move(entry));
  }
  auto places = [&](const Nest& tensors) {
    Config list = Config::list();
    for (const Tensor& tensor : tensors.flatten())
      list.push_back(numbers.place(tensor));
    if (tensors.kind() != 'd') return list;
    Config named = Config::object();
    for (std::size_t i = 0; i < tensors.keys().size(); ++i)
      named[tensors.keys()[i]] = list.items().at(i);
    return named;
  };
  return Config::object({{"name", name()},
                         {"trainable", trainable()},
                         {"layers", std::move(layers)},
                         {"input_layers", places(network_.inputs)},
                         {"output_layers", places(network_.outputs)}});
}

Model functional_from_config(
    const Config& config,
    const std::function<Layer(const Config&)>& layer_from_config) {
  Reader reader(layer_from_config);
  for (const Config& entry : config["layers"].items()) reader.add_layer(entry);
  reader.make_calls();
  return Model(reader.tensors(config["input_layers"]),
               reader.tensors(config["output_layers"]),
               {.name = config.get("name", std::string()),
                .trainable = config.get("trainable", true)});
}

}  // namespace tern::keras
