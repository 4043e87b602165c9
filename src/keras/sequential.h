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
  Shape compute_output_shape(const Shape& input_shape) override;
  std::vector<Layer> layers() const override { return layers_; }
  std::string class_name() const override { return "Sequential"; }
  /// Keras 2's: {"name", "layers"}, an InputLayer first once the shape is
  /// known, which Keras 3 wants.
  Config get_config() const override;

 private:
  void build_layer(const Layer& layer);

  std::vector<Layer> layers_;
  Layer input_;                     // an InputLayer, given or implied
  Shape shape_ = Shape::unknown();  // of the last built layer's output
};

}  // namespace tern::keras
