#pragma once

#include <map>
#include <vector>

#include "keras/functional/keras_tensor.h"

namespace tern::keras {

/// The calls between Keras tensors, in Keras' order.
struct Network {
  Nest inputs, outputs;  // Keras tensors; each input an InputLayer's
  /// Each after those whose outputs it reads.
  std::vector<LayerNodePtr> nodes;
  /// The farther from the outputs the earlier; as found from the outputs among
  /// equals. The order of weights in files.
  std::vector<Layer> layers;
  /// Whether the layers are one chain, each called once.
  bool is_chain = false;
};

/// What computes `outputs` from `inputs`. Inputs inside of another network get
/// InputLayers of their own. Throws InvalidArgumentError where outputs need an
/// input that is not there, or two layers have one name.
Network make_network(const Nest& inputs, const Nest& outputs);

}  // namespace tern::keras
