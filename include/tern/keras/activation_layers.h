#pragma once

#include <optional>
#include <string>

#include "tern/keras/layer.h"
#include "tern/ops/options.h"

namespace tern::keras::layers {

struct ReLUOptions {
  std::optional<double> max_value = {};
  double negative_slope = 0;
  double threshold = 0;
  Shape input_shape = Shape::unknown();
  std::string name = {};
  bool trainable = true;
  DType dtype = {};
};
/// x from threshold to max_value, max_value above, negative_slope · (x -
/// threshold) below.
class ReLU : public Layer {
 public:
  explicit ReLU(ReLUOptions options = {});
};

/// x where x >= 0, else negative_slope · x.
class LeakyReLU : public Layer {
 public:
  explicit LeakyReLU(double negative_slope = 0.3, LayerOptions options = {});
};

/// x where x >= 0, else alpha · (exp(x) - 1).
class ELU : public Layer {
 public:
  explicit ELU(double alpha = 1, LayerOptions options = {});
};

/// x where x > theta, else 0. Of Keras 2.
class ThresholdedReLU : public Layer {
 public:
  explicit ThresholdedReLU(double theta = 1, LayerOptions options = {});
};

struct PReLUOptions {
  Initializer alpha_initializer = "zeros";
  Regularizer alpha_regularizer = {};
  Constraint alpha_constraint = {};
  Ints shared_axes = {};
  Shape input_shape = Shape::unknown();
  std::string name = {};
  bool trainable = true;
  DType dtype = {};
};
/// As LeakyReLU with a slope to learn for each element, the same along
/// shared_axes.
class PReLU : public Layer {
 public:
  explicit PReLU(PReLUOptions options = {});
};

/// nn::softmax along an axis; what a mask leaves out becomes 0.
class Softmax : public Layer {
 public:
  explicit Softmax(Ints axis = -1, LayerOptions options = {});
};

}  // namespace tern::keras::layers
