#pragma once

#include "tern/keras/layers.h"

namespace tern::keras {

/// Where data comes in. It computes nothing; Sequential reads its shape.
class InputLayerImpl : public LayerBase {
 public:
  InputLayerImpl(Shape batch_shape, InputOptions options);

  std::string class_name() const override { return "InputLayer"; }
  Shape compute_output_shape(const Shape&) override { return batch_shape_; }
  Config get_config() const override;
  /// With the batch: (None, 15).
  const Shape& batch_shape() const { return batch_shape_; }

 private:
  Shape batch_shape_;
};

}  // namespace tern::keras
