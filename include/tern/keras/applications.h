#pragma once

#include <string>

#include "tern/keras/activations.h"
#include "tern/keras/model.h"

namespace tern::keras::applications {

struct ResNetOptions {
  bool include_top = true;   ///< the classifier, or features alone
  std::string weights = {};  ///< an .h5 file; random weights without
  Shape input_shape = Shape::unknown();  ///< (224, 224, 3) unless given
  /// Without the classifier: {} for images of features, "avg" or "max" for
  /// their means or maxima.
  std::string pooling = {};
  int classes = 1000;
  keras::Activation classifier_activation = "softmax";
  std::string name = {};
};

/// Residual networks (He et al., "Deep residual learning", 2016) in Keras'
/// layers, order and names, so that Keras' files of weights fit. Images come as
/// resnet's preprocessing leaves them. Throws InvalidArgumentError for images
/// below 32 x 32 pixels and unknown poolings.
Model ResNet50(ResNetOptions options = {});
Model ResNet101(ResNetOptions options = {});
Model ResNet152(ResNetOptions options = {});

}  // namespace tern::keras::applications
