#include "keras/functional/functional.h"

#include <algorithm>
#include <map>

#include "keras/naming.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"

namespace tern::keras {
namespace {

std::string model_name(std::string given) {
  return given.empty() ? unique_name("model") : given;
}

Shape without_batch_size(Shape shape) {
  if (shape.rank() > 0) shape.set_dim(0, -1);
  return shape;
}

}  // namespace

FunctionalImpl::FunctionalImpl(const Nest& inputs,
                               const Nest& outputs,
                               ModelOptions options)
    : ModelBase(LayerOptions{.name = model_name(std::move(options.name)),
                             .trainable = options.trainable}),
      network_(make_network(inputs, outputs)) {
  std::map<const LayerNode*, std::size_t> first_value;
  auto place_of = [&](const Tensor& tensor) {
    const KerasTensor& origin = *keras_tensor(tensor);
    return first_value.at(origin.node.get()) + origin.output;
  };
  for (const LayerNodePtr& node : network_.nodes) {
    first_value[node.get()] = num_values_;
    Step step{node, {}, num_values_};
    for (const Tensor& input : node->keras_inputs())
      step.sources.push_back(place_of(input));
    num_values_ += node->outputs.flatten().size();
    // Those without inputs are given.
    if (node->inputs.kind() != 'n') steps_.push_back(std::move(step));
  }
  for (const Tensor& input : network_.inputs.flatten())
    input_places_.push_back(place_of(input));
  for (const Tensor& output : network_.outputs.flatten())
    output_places_.push_back(place_of(output));
  for (const Layer& layer : network_.layers) track(layer.name(), layer);
  if (!options.trainable) set_trainable(false);
  set_autocast(false);  // each input has its dtype
  set_built();
  set_shapes(network_.inputs.flatten().at(0).shape(),
             network_.outputs.flatten().at(0).shape());
}

Tensors FunctionalImpl::arrange(const Nest& inputs) const {
  Tensors places = network_.inputs.flatten();
  if (inputs.kind() != 'd') {
    Tensors given = inputs.flatten();
    if (given.size() != places.size())
      throw InvalidArgumentError("Layer \"",
                                 name(),
                                 "\" expects ",
                                 places.size(),
                                 " input(s), but it received ",
                                 given.size(),
                                 " input tensors.");
    return given;
  }
  Tensors given;
  for (const Tensor& place : places)
    given.push_back(inputs[keras_tensor(place)->node->layer->name()].tensor());
  return given;
}

Tensor FunctionalImpl::conform(const Tensor& given, std::size_t input) const {
  Tensor spec = network_.inputs.flatten()[input];
  Tensor x = given;
  int rank = spec.shape().rank();
  if (x.shape().has_rank() && rank > 0) {
    // Columns come as [batch] and as [batch, 1].
    if (x.shape().rank() == rank - 1 && spec.shape()[-1] == 1)
      x = expand_dims(x, -1);
    else if (x.shape().rank() == rank + 1 && x.shape()[-1] == 1)
      x = squeeze(x, -1);
  }
  if (!without_batch_size(spec.shape()).is_compatible_with(x.shape()))
    throw InvalidArgumentError("Input ",
                               input,
                               " of layer \"",
                               name(),
                               "\" is incompatible with the layer: expected "
                               "shape=",
                               spec.shape(),
                               ", found shape=",
                               x.shape());
  return x.dtype() == spec.dtype() ? x : cast(x, spec.dtype());
}

Nest FunctionalImpl::apply(const Nest& inputs, const CallArgs& arguments) {
  Tensors values(num_values_), masks(num_values_), given = arrange(inputs);
  for (std::size_t i = 0; i < given.size(); ++i)
    values[input_places_[i]] = conform(given[i], i);
  masks[input_places_[0]] = arguments.mask;
  for (const Step& step : steps_) {
    std::size_t next = 0;
    Nest x = step.node->inputs.map([&](const Tensor& input) {
      return keras_tensor(input) ? values[step.sources[next++]] : input;
    });
    CallArgs call = step.node->arguments;
    if (!call.training) call.training = arguments.training;
    if (!call.mask.defined() && !step.sources.empty())
      call.mask = masks[step.sources[0]];
    Tensor mask = step.node->layer->compute_mask(x, call.mask);
    std::size_t place = step.first_output;
    for (Tensor& output : step.node->layer->invoke(x, call).flatten()) {
      masks[place] = mask;
      values[place++] = std::move(output);
    }
  }
  Tensors results;
  for (std::size_t place : output_places_) {
    note_mask(values[place], masks[place]);
    results.push_back(values[place]);
  }
  return network_.outputs.pack(results);
}

std::vector<std::string> FunctionalImpl::output_names() const {
  std::vector<std::string> names;
  std::map<std::string, int> copies;
  for (const Tensor& output : network_.outputs.flatten()) {
    std::string layer = keras_tensor(output)->node->layer->name();
    std::string proposal = layer;
    while (std::find(names.begin(), names.end(), proposal) != names.end())
      proposal = layer + "_" + std::to_string(++copies[layer]);
    names.push_back(std::move(proposal));
  }
  return names;
}

Model::Model(const Nest& inputs, const Nest& outputs, ModelOptions options)
    : Model(std::make_shared<FunctionalImpl>(
          inputs, outputs, std::move(options))) {}

}  // namespace tern::keras
