#pragma once

#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "tern/keras/activation_layers.h"
#include "tern/keras/activations.h"
#include "tern/keras/convolutional.h"
#include "tern/keras/layer.h"
#include "tern/keras/merging.h"
#include "tern/keras/noise.h"
#include "tern/keras/normalization.h"
#include "tern/keras/reshaping.h"

namespace tern::keras {

struct InputOptions {
  DType dtype = float32;
  std::string name = {};
  std::optional<std::int64_t> batch_size = {};
};

/// A Keras tensor for the data that a functional model will be given: examples
/// of that shape (without the batch), -1 where a size may vary.
///
///     Tensor x = Input({32, 32, 3}, {.name = "image"});
Tensor Input(const Shape& shape, InputOptions options = {});

namespace layers {

using keras::Layer, keras::LayerBase, keras::LayerOptions;

struct DenseOptions {
  keras::Activation activation = {};
  bool use_bias = true;
  Initializer kernel_initializer = "glorot_uniform";
  Initializer bias_initializer = "zeros";
  Regularizer kernel_regularizer = {};
  Regularizer bias_regularizer = {};
  Regularizer activity_regularizer = {};
  Constraint kernel_constraint = {};
  Constraint bias_constraint = {};
  Shape input_shape = Shape::unknown();
  std::string name = {};
  bool trainable = true;
  DType dtype = {};
};

/// activation(x · kernel + bias): [..., input] → [..., units].
class Dense : public Layer {
 public:
  /// Throws InvalidArgumentError unless units is positive.
  explicit Dense(int units, DenseOptions options = {});
};

/// An activation as a layer of its own.
class Activation : public Layer {
 public:
  explicit Activation(keras::Activation activation, LayerOptions options = {});
};

struct DropoutOptions {
  Shape noise_shape = Shape::unknown();
  std::optional<std::int64_t> seed = {};
  std::string name = {};
};

/// In training, sets a share `rate` of the inputs to 0 and scales the others
/// by 1 / (1 - rate); otherwise gives its input.
class Dropout : public Layer {
 public:
  /// Throws InvalidArgumentError unless 0 <= rate <= 1.
  explicit Dropout(double rate, DropoutOptions options = {});
};

struct FlattenOptions {
  std::string data_format = {};
  Shape input_shape = Shape::unknown();
  std::string name = {};
  bool trainable = true;
  DType dtype = {};
};

/// [batch, a, b, …] → [batch, a · b · …].
class Flatten : public Layer {
 public:
  explicit Flatten(FlattenOptions options = {});
};

/// Where a model's data comes in: its shape without the batch, and its dtype.
class InputLayer : public Layer {
 public:
  explicit InputLayer(Shape shape, InputOptions options = {});
};

/// A function as a layer. Not written to files.
class Lambda : public Layer {
 public:
  template <class F>
  requires std::is_invocable_r_v<Tensor, F, const Tensor&>
  explicit Lambda(F function, LayerOptions options = {})
      : Lambda(std::function<Tensor(const Tensor&)>(std::move(function)),
               std::move(options),
               0) {}

 private:
  Lambda(std::function<Tensor(const Tensor&)> function,
         LayerOptions options,
         int);
};

}  // namespace layers
}  // namespace tern::keras
