#pragma once

#include <string>

#include "tern/keras/layer.h"
#include "tern/ops/options.h"

namespace tern::keras::layers {

struct BatchNormalizationOptions {
  int axis = -1;
  double momentum = 0.99;
  double epsilon = 0.001;
  bool center = true;
  bool scale = true;
  Initializer beta_initializer = "zeros";
  Initializer gamma_initializer = "ones";
  Initializer moving_mean_initializer = "zeros";
  Initializer moving_variance_initializer = "ones";
  Regularizer beta_regularizer = {};
  Regularizer gamma_regularizer = {};
  Constraint beta_constraint = {};
  Constraint gamma_constraint = {};
  Shape input_shape = Shape::unknown();
  std::string name = {};
  bool trainable = true;
  DType dtype = {};
};
/// gamma · (x - mean) / sqrt(variance + epsilon) + beta for each channel
/// (`axis`). In training the moments are the batch's, which moving averages
/// follow; else, and where the layer is not trainable, they are these averages.
///
/// A layer of a Keras 2 file averages the unbiased variance of images, as Keras
/// 2 did; Keras 3 takes the biased one.
class BatchNormalization : public Layer {
 public:
  explicit BatchNormalization(BatchNormalizationOptions options = {});
};

struct LayerNormalizationOptions {
  Ints axis = -1;
  double epsilon = 0.001;
  bool center = true;
  bool scale = true;
  Initializer beta_initializer = "zeros";
  Initializer gamma_initializer = "ones";
  Regularizer beta_regularizer = {};
  Regularizer gamma_regularizer = {};
  Constraint beta_constraint = {};
  Constraint gamma_constraint = {};
  Shape input_shape = Shape::unknown();
  std::string name = {};
  bool trainable = true;
  DType dtype = {};
};
/// The same with the moments of each example over `axis`.
class LayerNormalization : public Layer {
 public:
  explicit LayerNormalization(LayerNormalizationOptions options = {});
};

struct GroupNormalizationOptions {
  int axis = -1;
  double epsilon = 0.001;
  bool center = true;
  bool scale = true;
  Initializer beta_initializer = "zeros";
  Initializer gamma_initializer = "ones";
  Regularizer beta_regularizer = {};
  Regularizer gamma_regularizer = {};
  Constraint beta_constraint = {};
  Constraint gamma_constraint = {};
  Shape input_shape = Shape::unknown();
  std::string name = {};
  bool trainable = true;
  DType dtype = {};
};
/// The same with the moments of each example and group of channels; -1 groups
/// are as many as there are channels.
class GroupNormalization : public Layer {
 public:
  explicit GroupNormalization(int groups = 32,
                              GroupNormalizationOptions options = {});
};

struct UnitNormalizationOptions {
  Ints axis = -1;
  Shape input_shape = Shape::unknown();
  std::string name = {};
  bool trainable = true;
  DType dtype = {};
};
/// x divided by its Euclidean norm along `axis`.
class UnitNormalization : public Layer {
 public:
  explicit UnitNormalization(UnitNormalizationOptions options = {});
};

}  // namespace tern::keras::layers
