#pragma once

#include <string>
#include <vector>

#include "keras/functional/network.h"
#include "tern/keras/model.h"

namespace tern::keras {

/// A model that is a network of calls: `Model(inputs, outputs)`. Calling it
/// calls its layers again.
class FunctionalImpl : public ModelBase {
 public:
  FunctionalImpl(const Nest& inputs,
                 const Nest& outputs,
                 ModelOptions options = {});

  Nest apply(const Nest& inputs, const CallArgs& arguments) override;
  std::vector<Layer> layers() const override { return network_.layers; }
  std::string class_name() const override { return "Functional"; }
  Config get_config() const override;
  Nest input() const override { return network_.inputs; }
  Nest output() const override { return network_.outputs; }
  std::vector<std::string> output_names() const override;

  const Network& network() const { return network_; }

 private:
  /// A call, with the places of its Keras inputs and outputs among all values.
  struct Step {
    LayerNodePtr node;
    std::vector<std::size_t> sources;  // of the Keras tensors in the inputs
    std::size_t first_output;
  };

  /// Tensors for the network's inputs, in order: from a list, or by the names
  /// of the input layers.
  Tensors arrange(const Nest& inputs) const;
  Tensor conform(const Tensor& given, std::size_t input) const;

  Network network_;
  std::vector<Step> steps_;
  std::vector<std::size_t> input_places_, output_places_;
  std::size_t num_values_ = 0;
};

/// Whether reading and writing files counts the calls of this layer from 1: its
/// own network takes number 0.
bool has_network(const LayerBase& layer);

/// The inverse of get_config, of Keras 2's and Keras 3's forms.
/// `layer_from_config` makes a layer from {"class_name", "config"}.
Model functional_from_config(
    const Config& config,
    const std::function<Layer(const Config&)>& layer_from_config);

}  // namespace tern::keras
