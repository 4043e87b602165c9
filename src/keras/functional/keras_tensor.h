#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tern/keras/layer.h"

namespace tern::keras {

/// One call of a layer on Keras tensors: what functional models replay.
struct LayerNode {
  std::shared_ptr<LayerBase> layer;
  int index = 0;       // which of the layer's calls
  Nest inputs;         // Keras tensors, constants between them
  CallArgs arguments;  // as given; without training, the model's counts
  Nest outputs;        // shapes and dtypes alone, or the node would own itself
  Tensor mask;         // likewise, of the steps that count; undefined: all

  /// The Keras tensors among the inputs, in order.
  Tensors keras_inputs() const;
};
using LayerNodePtr = std::shared_ptr<const LayerNode>;

/// Where a Keras tensor comes from: an output of a call. The tensor owns all
/// calls before it, and no call one after it.
struct KerasTensor : TensorExtra {
  LayerNodePtr node;
  std::size_t output = 0;
  std::string name() const override { return node->layer->name(); }
  friend bool operator==(const KerasTensor& a, const KerasTensor& b) {
    return a.node == b.node && a.output == b.output;
  }
};

/// The origin of a Keras tensor, null for any other tensor.
const KerasTensor* keras_tensor(const Tensor& tensor);
bool has_keras_tensor(const Nest& nest);

/// Output `output` of a call, or all of them in their structure.
Tensor output_of(const LayerNodePtr& node, std::size_t output);
Nest outputs_of(const LayerNodePtr& node);

/// Shapes and dtypes of what a layer gives for inputs of these: it computes
/// once in a graph that is thrown away, and builds its weights there. Inputs
/// with values stand for themselves. `mask` gets those of the outputs' mask.
Nest infer_outputs(LayerBase& layer,
                   const Nest& inputs,
                   CallArgs arguments = {},
                   Tensor* mask = nullptr);

/// Calls a layer on Keras tensors: the outputs of a new node.
Nest call_on_keras_tensors(LayerBase& layer,
                           const Nest& inputs,
                           const CallArgs& arguments);

/// The Keras tensor that an InputLayer stands for.
Tensor input_tensor(const Layer& input_layer);

}  // namespace tern::keras
