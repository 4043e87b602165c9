#pragma once

#include <string>
#include <vector>

#include "tern/keras/layer.h"
#include "tern/ops/options.h"

// Layers that take several tensors: `layers::Add()({a, b})`. Inputs of lower
// rank get dimensions of size 1 behind the batch. They throw
// InvalidArgumentError for fewer than two inputs and for shapes that do not go
// together.

namespace tern::keras::layers {

/// The sum of the inputs.
class Add : public Layer {
 public:
  explicit Add(LayerOptions options = {});
};
/// The first of two inputs less the second.
class Subtract : public Layer {
 public:
  explicit Subtract(LayerOptions options = {});
};
class Multiply : public Layer {
 public:
  explicit Multiply(LayerOptions options = {});
};
class Average : public Layer {
 public:
  explicit Average(LayerOptions options = {});
};
class Maximum : public Layer {
 public:
  explicit Maximum(LayerOptions options = {});
};
class Minimum : public Layer {
 public:
  explicit Minimum(LayerOptions options = {});
};

struct ConcatenateOptions {
  int axis = -1;
  std::string name = {};
  bool trainable = true;
  DType dtype = {};
};
/// The inputs one after another along an axis.
class Concatenate : public Layer {
 public:
  explicit Concatenate(ConcatenateOptions options = {});
};

struct DotOptions {
  bool normalize = false;  ///< of vectors of length 1: cosines
  std::string name = {};
  bool trainable = true;
  DType dtype = {};
};
/// Products of two inputs summed along an axis of each, example by example:
/// [batch, …] where … are the other axes of both, [batch, 1] for none.
class Dot : public Layer {
 public:
  /// One axis for both inputs, or one of each; the batch is axis 0.
  explicit Dot(Ints axes, DotOptions options = {});
};

}  // namespace tern::keras::layers
