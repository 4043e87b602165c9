#include "keras/functional/keras_tensor.h"

#include <algorithm>

#include "graph/tracer.h"
#include "keras/functional/op_layer.h"
#include "keras/layers/input.h"
#include "keras/training/step_scope.h"
#include "ops/random/random_seed.h"
#include "tern/core/error.h"

namespace tern::keras {
namespace {

/// Shape and dtype of a tensor, without where it comes from.
Tensor spec_of(const Tensor& tensor) {
  return Tensor::symbolic(tensor.dtype(), tensor.shape(), nullptr);
}

/// Puts a call on its layer's list.
LayerNodePtr finish(std::shared_ptr<LayerNode> node) {
  node->index = node->layer->add_node(node);
  return node;
}

}  // namespace

Tensors LayerNode::keras_inputs() const {
  Tensors tensors;
  for (const Tensor& tensor : inputs.flatten())
    if (keras_tensor(tensor)) tensors.push_back(tensor);
  return tensors;
}

const KerasTensor* keras_tensor(const Tensor& tensor) {
  return tensor.is_symbolic() ? dynamic_cast<const KerasTensor*>(tensor.extra())
                              : nullptr;
}

bool has_keras_tensor(const Nest& nest) {
  if (nest.is_tensor()) return keras_tensor(nest.tensor());
  return std::any_of(nest.items().begin(),
                     nest.items().end(),
                     [](const Nest& item) { return has_keras_tensor(item); });
}

Tensor output_of(const LayerNodePtr& node, std::size_t output) {
  Tensor spec = node->outputs.flatten().at(output);
  auto origin = std::make_shared<KerasTensor>();
  origin->node = node;
  origin->output = output;
  return Tensor::symbolic(spec.dtype(), spec.shape(), std::move(origin));
}

Nest outputs_of(const LayerNodePtr& node) {
  Tensors flat;
  for (std::size_t i = 0; i < node->outputs.flatten().size(); ++i)
    flat.push_back(output_of(node, i));
  return node->outputs.pack(flat);
}

Nest infer_outputs(LayerBase& layer,
                   const Nest& inputs,
                   CallArgs arguments,
                   Tensor* mask) {
  Tracer scratch(layer.name());
  GraphSeeds seeds{global_seed()};
  SeedScope seed_scope(&seeds);
  StepScope step;  // a step that may be running is not meant
  TraceScope scope(scratch);
  auto symbol_for = [&](const Tensor& input) {
    return input.defined() && input.is_symbolic()
               ? scratch.add_argument(TensorSpec(input.shape(), input.dtype()))
               : input;
  };
  Nest symbols = inputs.map(symbol_for);
  arguments.mask = symbol_for(arguments.mask);
  Nest outputs = layer.invoke(symbols, arguments).map(spec_of);
  if (mask) {
    Tensor result = layer.compute_mask(symbols, arguments.mask);
    *mask = result.defined() ? spec_of(result) : result;
  }
  return outputs;
}

Nest call_on_keras_tensors(LayerBase& layer,
                           const Nest& inputs,
                           const CallArgs& arguments) {
  for (const Tensor& input : inputs.flatten())
    if (input.is_symbolic() && !keras_tensor(input))
      throw InvalidArgumentError("layer \"",
                                 layer.name(),
                                 "\" is called on Keras tensors and on ",
                                 input.extra()->name(),
                                 ", a tensor of a traced function");
  auto node = std::make_shared<LayerNode>();
  node->layer = layer.shared_from_this();
  node->inputs = inputs;
  node->arguments = arguments;
  CallArgs inferred = arguments;
  if (!inferred.mask.defined())
    inferred.mask = keras_tensor(node->keras_inputs().at(0))->node->mask;
  node->outputs = infer_outputs(layer, inputs, inferred, &node->mask);
  return outputs_of(finish(std::move(node)));
}

Tensor input_tensor(const Layer& input_layer) {
  // Calls of public functions on what follows are recorded from now on.
  record_calls_on_keras_tensors();
  auto& impl = static_cast<InputLayerImpl&>(*input_layer.impl());
  auto node = std::make_shared<LayerNode>();
  node->layer = impl.shared_from_this();
  node->outputs = Tensor::symbolic(impl.dtype(), impl.batch_shape(), nullptr);
  return output_of(finish(std::move(node)), 0);
}

Tensor Input(const Shape& shape, InputOptions options) {
  return input_tensor(layers::InputLayer(shape, std::move(options)));
}

}  // namespace tern::keras
