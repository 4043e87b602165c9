#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tern/keras/model.h"

namespace tern::keras {

class SequentialImpl : public ModelBase {
 public:
  explicit SequentialImpl(ModelOptions options = {});

  void add(const Layer& layer);

  void build(const Shape& input_shape) override;
  Nest apply(const Nest& inputs, const CallArgs& arguments) override;
  std::vector<Layer> layers() const override { return layers_; }
  std::string class_name() const override { return "Sequential"; }
  /// Keras 2's: {"name", "layers"}, an InputLayer first once the shape is
  /// known, which Keras 3 wants.
  Config get_config() const override;
  Nest input() const override;
  Nest output() const override;
  std::vector<std::string> output_names() const override;

 private:
  void set_input(const Layer& input_layer);

  std::vector<Layer> layers_;
  Layer input_;          // an InputLayer, given or implied
  Tensor first_, last_;  // Keras tensors: its output, the last layer's
};

}  // namespace tern::keras
