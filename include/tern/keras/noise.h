#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tern/keras/layer.h"

// Layers that disturb their inputs in training, and give them as they are
// otherwise.

namespace tern::keras::layers {

struct SpatialDropoutOptions {
  std::optional<std::int64_t> seed = {};
  std::string data_format = {};  ///< for two and three dimensions
  std::string name = {};
  DType dtype = {};
};

/// Dropout of whole channels of [batch, spatial…, channels].
template <int N>
class SpatialDropout : public Layer {
 public:
  /// Throws InvalidArgumentError unless 0 <= rate <= 1.
  explicit SpatialDropout(double rate, SpatialDropoutOptions options = {});
};
using SpatialDropout1D = SpatialDropout<1>;
using SpatialDropout2D = SpatialDropout<2>;
using SpatialDropout3D = SpatialDropout<3>;

struct NoiseOptions {
  std::optional<std::int64_t> seed = {};
  std::string name = {};
  bool trainable = true;
  DType dtype = {};
};

/// Adds normal numbers of mean 0.
class GaussianNoise : public Layer {
 public:
  explicit GaussianNoise(double stddev, NoiseOptions options = {});
};

/// Multiplies by normal numbers of mean 1 and deviation sqrt(rate / (1 -
/// rate)).
class GaussianDropout : public Layer {
 public:
  explicit GaussianDropout(double rate, NoiseOptions options = {});
};

}  // namespace tern::keras::layers
