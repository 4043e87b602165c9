#pragma once

#include <string>

#include "tern/keras/layer.h"
#include "tern/ops/options.h"

namespace tern::keras::layers {

/// [batch, …] → [batch, target_shape…], one entry of which may be -1.
class Reshape : public Layer {
 public:
  explicit Reshape(Shape target_shape, LayerOptions options = {});
};

/// The axes behind the batch, numbered from 1, in another order.
class Permute : public Layer {
 public:
  explicit Permute(Ints dims, LayerOptions options = {});
};

/// [batch, features] → [batch, n, features].
class RepeatVector : public Layer {
 public:
  explicit RepeatVector(int n, LayerOptions options = {});
};

}  // namespace tern::keras::layers
