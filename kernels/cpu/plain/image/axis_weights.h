#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tern {

/// A linear map along one axis, as a sparse matrix: element i of the result is
/// the sum of weight[k] * x[index[k]] for k in [begin[i], begin[i + 1]).
struct AxisWeights {
  std::int64_t input_size = 0;
  std::vector<std::int64_t> begin = {0};  // one more than the results
  std::vector<std::int32_t> index;
  std::vector<float> weight;

  std::int64_t output_size() const {
    return static_cast<std::int64_t>(begin.size()) - 1;
  }
  void add(std::int64_t i, float w) {
    index.push_back(static_cast<std::int32_t>(i));
    weight.push_back(w);
  }
  void finish_element() {
    begin.push_back(static_cast<std::int64_t>(index.size()));
  }
};

/// The map of gradients: from those of the results to those of x.
AxisWeights transposed(const AxisWeights& weights);

/// Where the pixels of a resized axis lie in the original.
struct ResizedAxis {
  ResizedAxis(std::int64_t from,
              std::int64_t to,
              bool align_corners,
              bool half_pixel_centers);

  /// The position of pixel i, in pixels of the original.
  float position(std::int64_t i) const {
    auto x = static_cast<float>(i);
    return half_pixel_centers ? (x + 0.5f) * scale - 0.5f : x * scale;
  }
  std::int64_t clamp(std::int64_t i) const {
    return i < 0 ? 0 : i < from ? i : from - 1;
  }

  std::int64_t from, to;
  float scale;
  bool half_pixel_centers;
};

/// The two pixels of the original beside a position, and how far it is on the
/// way from the first to the second.
struct Neighbours {
  std::int64_t lower, upper;
  float fraction;
};
Neighbours neighbours(const ResizedAxis& axis, std::int64_t i);

AxisWeights bilinear_weights(const ResizedAxis& axis);
/// Keys' cubic convolution (1981) with a = -0.5 where pixels have half-pixel
/// centers, else -0.75, from a table of 1024 positions.
AxisWeights bicubic_weights(const ResizedAxis& axis);
/// Sums over the stretch that a result covers; to be divided by axis.scale.
AxisWeights area_weights(const ResizedAxis& axis);

/// How ScaleAndTranslate samples along one axis.
struct Sampling {
  std::int64_t from, to;
  float scale, translation;
  std::string kernel;  // "lanczos3", "gaussian", …
  bool antialias;
};
/// Throws InvalidArgumentError for an unknown kernel.
AxisWeights sampling_weights(const Sampling& sampling);

}  // namespace tern
