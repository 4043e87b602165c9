#include <array>
#include <string>

#include "tern/core/error.h"
#include "tern/keras/applications.h"
#include "tern/keras/convolutional.h"
#include "tern/keras/layers.h"
#include "tern/keras/merging.h"
#include "tern/keras/normalization.h"

namespace tern::keras {
namespace {

using applications::ResNetOptions;

/// Keras' guard against a division by zero in these networks.
constexpr double kEpsilon = 1.001e-5;

Tensor normalize(const Tensor& x, const std::string& name) {
  return layers::BatchNormalization({.epsilon = kEpsilon, .name = name})(x);
}

Tensor relu(const Tensor& x, const std::string& name) {
  return layers::Activation("relu", {.name = name})(x);
}

Tensor convolve(const Tensor& x,
                int filters,
                int size,
                int strides,
                const std::string& name) {
  Tensor y = layers::Conv2D(filters,
                            size,
                            {.strides = strides,
                             .padding = size > 1 ? "same" : "valid",
                             .name = name + "_conv"})(x);
  return normalize(y, name + "_bn");
}

/// Three convolutions and a way around them, which a convolution of its own
/// widens at the begin of a stack.
Tensor block(const Tensor& x,
             int filters,
             int strides,
             bool widens,
             const std::string& name) {
  Tensor around =
      widens ? convolve(x, 4 * filters, 1, strides, name + "_0") : x;
  Tensor y = convolve(x, filters, 1, strides, name + "_1");
  y = convolve(relu(y, name + "_1_relu"), filters, 3, 1, name + "_2");
  y = convolve(relu(y, name + "_2_relu"), 4 * filters, 1, 1, name + "_3");
  y = layers::Add({.name = name + "_add"})({around, y});
  return relu(y, name + "_out");
}

void check(const ResNetOptions& options, const Shape& shape) {
  if (shape.rank() != 3)
    throw InvalidArgumentError(
        "`input_shape` must be a tuple of three "
        "integers. Received: input_shape=",
        shape);
  for (int axis : {0, 1})
    if (shape[axis] >= 0 && shape[axis] < 32)
      throw InvalidArgumentError(
          "Input size must be at least 32x32; Received: "
          "input_shape=",
          shape);
  if (!options.pooling.empty() && options.pooling != "avg" &&
      options.pooling != "max")
    throw InvalidArgumentError(
        "`pooling` must be \"avg\" or \"max\". Received: ", options.pooling);
}

/// `blocks`: of the four stacks.
Model make_resnet(const std::string& name,
                  const std::array<int, 4>& blocks,
                  ResNetOptions options) {
  Shape shape =
      options.input_shape.has_rank() ? options.input_shape : Shape{224, 224, 3};
  check(options, shape);
  Tensor image = Input(shape);
  Tensor x = layers::ZeroPadding2D(3, {.name = "conv1_pad"})(image);
  x = layers::Conv2D(64, 7, {.strides = 2, .name = "conv1_conv"})(x);
  x = relu(normalize(x, "conv1_bn"), "conv1_relu");
  x = layers::ZeroPadding2D(1, {.name = "pool1_pad"})(x);
  x = layers::MaxPooling2D(3, {.strides = 2, .name = "pool1_pool"})(x);
  int filters = 64;
  for (std::size_t stack = 0; stack < blocks.size(); ++stack) {
    for (int i = 1; i <= blocks[stack]; ++i)
      x = block(
          x,
          filters,
          stack > 0 && i == 1 ? 2 : 1,
          i == 1,
          "conv" + std::to_string(stack + 2) + "_block" + std::to_string(i));
    filters *= 2;
  }
  if (options.include_top || options.pooling == "avg")
    x = layers::GlobalAveragePooling2D({.name = "avg_pool"})(x);
  else if (options.pooling == "max")
    x = layers::GlobalMaxPooling2D({.name = "max_pool"})(x);
  if (options.include_top)
    x = layers::Dense(options.classes,
                      {.activation = options.classifier_activation,
                       .name = "predictions"})(x);
  Model model(image, x, {.name = options.name.empty() ? name : options.name});
  if (!options.weights.empty()) model.load_weights(options.weights);
  return model;
}

}  // namespace

Model applications::ResNet50(ResNetOptions options) {
  return make_resnet("resnet50", {3, 4, 6, 3}, std::move(options));
}

Model applications::ResNet101(ResNetOptions options) {
  return make_resnet("resnet101", {3, 4, 23, 3}, std::move(options));
}

Model applications::ResNet152(ResNetOptions options) {
  return make_resnet("resnet152", {3, 8, 36, 3}, std::move(options));
}

}  // namespace tern::keras
