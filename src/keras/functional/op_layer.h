#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "keras/functional/keras_tensor.h"
#include "ops/op_def.h"

namespace tern::keras {

/// From now on, public functions called on Keras tensors become layers.
void record_calls_on_keras_tensors();

/// The layer that a call of a public function on Keras tensors is: Keras 2's
/// TFOpLambda, or SlicingOpLambda for indexing. Its inputs are the Keras
/// tensors of the call; what else the function took belongs to the layer.
class OpLayerImpl : public LayerBase {
 public:
  /// `operands` are undefined where the Keras tensors go.
  OpLayerImpl(const OpDef& op,
              Tensors operands,
              Attrs attrs,
              std::string name = {});

  Nest apply(const Nest& inputs, const CallArgs& arguments) override;
  std::string class_name() const override;
  Config get_config() const override;

  /// The node as Keras 2 writes it: the first argument, with the others by name
  /// behind it. `place` gives [layer, node, output] for a Keras tensor.
  Config serialize_call(
      const LayerNode& node,
      const std::function<Config(const KerasTensor&)>& place) const;

 private:
  Config value_of(std::string_view source,
                  const std::vector<Config>& operands) const;

  const OpDef& op_;
  Tensors operands_;
  Attrs attrs_;
};

/// The outputs of the call of `function` ("math.add") that `serialize_call`
/// wrote: `find` gives the Keras tensor at [layer, node, output]. Throws
/// UnimplementedError for functions that are not in the table.
Nest deserialize_call(const std::string& function,
                      const std::string& layer_name,
                      const Config& call,
                      const std::function<Tensor(const Config&)>& find);

}  // namespace tern::keras
