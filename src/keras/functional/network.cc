#include "keras/functional/network.h"

#include <algorithm>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "keras/layers/input.h"
#include "tern/core/error.h"

namespace tern::keras {
namespace {

bool is_input(const LayerNode& node) {
  return dynamic_cast<const InputLayerImpl*>(node.layer.get()) != nullptr;
}

void check_keras_tensors(const Nest& nest, const char* what) {
  for (const Tensor& tensor : nest.flatten())
    if (!tensor.defined() || !keras_tensor(tensor))
      throw InvalidArgumentError(what,
                                 " tensors to a Functional model must come "
                                 "from `Input` and the layers called on it.");
}

/// The nodes behind `outputs`, each after its parents, and the order in which
/// layers are met on the way. The walk stops at the nodes in `ends`.
struct Walk {
  std::vector<LayerNodePtr> nodes;
  std::unordered_map<const LayerBase*, int> layer_order;

  Walk(const Nest& outputs, const std::set<const LayerNode*>& ends) {
    struct Visit {
      LayerNodePtr node;
      std::vector<LayerNodePtr> parents;
      std::size_t next = 0;
    };
    std::unordered_set<const LayerNode*> seen;
    std::vector<Visit> stack;
    auto enter = [&](const Tensor& tensor) {
      const LayerNodePtr& node = keras_tensor(tensor)->node;
      if (!seen.insert(node.get()).second) return;
      layer_order.emplace(node->layer.get(),
                          static_cast<int>(layer_order.size()));
      Visit visit{node, {}};
      if (!ends.contains(node.get()))
        for (const Tensor& input : node->keras_inputs())
          visit.parents.push_back(keras_tensor(input)->node);
      stack.push_back(std::move(visit));
    };
    for (const Tensor& output : outputs.flatten()) {
      enter(output);
      while (!stack.empty()) {
        Visit& top = stack.back();
        if (top.next < top.parents.size()) {
          enter(output_of(top.parents[top.next++], 0));
        } else {
          nodes.push_back(top.node);
          stack.pop_back();
        }
      }
    }
  }
};

/// Inputs that are results of layers become new InputLayers, and the calls
/// from there on are made anew.
void give_inputs_layers(Nest& inputs, Nest& outputs) {
  std::vector<std::pair<KerasTensor, Tensor>> replaced;
  std::set<const LayerNode*> ends;
  inputs = inputs.map([&](const Tensor& input) {
    const KerasTensor& origin = *keras_tensor(input);
    ends.insert(origin.node.get());
    if (is_input(*origin.node)) return input;
    Shape shape = input.shape();
    Layer layer(std::make_shared<InputLayerImpl>(
        shape, InputOptions{.dtype = input.dtype()}));
    replaced.emplace_back(origin, input_tensor(layer));
    return replaced.back().second;
  });
  if (replaced.empty()) return;
  auto find = [&](const Tensor& tensor) {
    for (const auto& [from, to] : replaced)
      if (from == *keras_tensor(tensor)) return to;
    return tensor;
  };
  for (const LayerNodePtr& node : Walk(outputs, ends).nodes) {
    Tensors before = node->inputs.flatten(), after;
    bool changes = false;
    for (const Tensor& input : before) {
      after.push_back(keras_tensor(input) ? find(input) : input);
      changes = changes || !after.back().same_as(input);
    }
    if (!changes || ends.contains(node.get())) continue;
    auto copy = std::make_shared<LayerNode>(*node);
    copy->inputs = node->inputs.pack(after);
    copy->index = node->layer->add_node(copy);
    for (std::size_t i = 0; i < copy->outputs.flatten().size(); ++i)
      replaced.emplace_back(*keras_tensor(output_of(node, i)),
                            output_of(copy, i));
  }
  outputs = outputs.map(find);
}

void check_inputs_given(const std::vector<LayerNodePtr>& nodes,
                        const std::set<const LayerNode*>& given) {
  for (const LayerNodePtr& node : nodes)
    if (is_input(*node) && !given.contains(node.get()))
      throw InvalidArgumentError(
          "Graph disconnected: cannot obtain value for the Keras tensor of "
          "layer \"",
          node->layer->name(),
          "\": it is not among the inputs of the model.");
}

void check_names(const std::vector<Layer>& layers) {
  std::map<std::string, int> counts;
  for (const Layer& layer : layers)
    if (++counts[layer.name()] > 1)
      throw InvalidArgumentError("The name \"",
                                 layer.name(),
                                 "\" is used 2 times in the model. All layer "
                                 "names should be unique.");
}

}  // namespace

Network make_network(const Nest& inputs, const Nest& outputs) {
  Network network{inputs, outputs, {}, {}};
  check_keras_tensors(inputs, "Input");
  check_keras_tensors(outputs, "Output");
  give_inputs_layers(network.inputs, network.outputs);
  std::set<const LayerNode*> given;
  for (const Tensor& input : network.inputs.flatten())
    given.insert(keras_tensor(input)->node.get());
  Walk walk(network.outputs, {});
  check_inputs_given(walk.nodes, given);

  // The depth of a node is the longest way to an output; that of a layer the
  // largest of its calls.
  std::unordered_map<const LayerNode*, int> depth;
  std::unordered_map<LayerBase*, int> layer_depth;
  for (auto it = walk.nodes.rbegin(); it != walk.nodes.rend(); ++it) {
    LayerBase* layer = (*it)->layer.get();
    int deepest = std::max(depth[it->get()], layer_depth[layer]);
    depth[it->get()] = layer_depth[layer] = deepest;
    for (const Tensor& input : (*it)->keras_inputs()) {
      int& parent = depth[keras_tensor(input)->node.get()];
      parent = std::max(parent, deepest + 1);
    }
  }
  // Inputs that nothing reads are there all the same.
  for (const Tensor& input : network.inputs.flatten()) {
    const LayerNodePtr& node = keras_tensor(input)->node;
    if (walk.layer_order.emplace(node->layer.get(), -1).second) {
      walk.nodes.push_back(node);
      layer_depth[node->layer.get()] = depth[node.get()] = 0;
    }
  }

  std::vector<LayerBase*> layers;
  for (const auto& [layer, order] : walk.layer_order)
    layers.push_back(const_cast<LayerBase*>(layer));
  std::sort(layers.begin(), layers.end(), [&](LayerBase* a, LayerBase* b) {
    if (layer_depth[a] != layer_depth[b])
      return layer_depth[a] > layer_depth[b];
    return walk.layer_order[a] < walk.layer_order[b];
  });
  for (LayerBase* layer : layers)
    network.layers.emplace_back(layer->shared_from_this());
  check_names(network.layers);

  std::set<int> depths;
  network.is_chain = walk.nodes.size() == layers.size();
  for (const LayerNodePtr& node : walk.nodes)
    network.is_chain = network.is_chain &&
                       depths.insert(depth[node.get()]).second &&
                       node->keras_inputs().size() <= 1;
  network.nodes = std::move(walk.nodes);
  return network;
}

}  // namespace tern::keras
