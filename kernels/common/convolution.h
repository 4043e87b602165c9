#pragma once

#include <array>
#include <cstdint>

#include "kernels/common/sliding_window.h"
#include "tern/core/shape.h"

namespace tern {

/// The sizes of a convolution in one to three dimensions; those it lacks are
/// leading axes of size 1. Images are [batch, axes…, channels], filters
/// [axes…, in_channels / groups, out_channels].
struct Convolution {
  std::int64_t batch = 0;
  std::int64_t in_channels = 0;
  std::int64_t out_channels = 0;
  std::int64_t groups = 1;
  std::array<WindowAxis, 3> axes;

  /// Of images in the layout of `window` and a filter; all sizes are known.
  /// Leading dimensions `batch_dims` are one batch.
  Convolution(const SlidingWindow& window,
              const Shape& input,
              const Shape& filter,
              const Shape& output,
              int batch_dims = 1) {
    batch = input.slice(0, batch_dims).num_elements();
    int spatial = filter.rank() - 2;
    auto dim = [&](int windows_dim) { return windows_dim + batch_dims - 1; };
    int channels = window.channel_dim(spatial + 2);
    in_channels = input[dim(channels)];
    out_channels = filter[spatial + 1];
    groups = filter[spatial] > 0 ? in_channels / filter[spatial] : 1;
    for (int i = 0; i < spatial; ++i) {
      int d = window.spatial_dim(i);
      axes[static_cast<std::size_t>(3 - spatial + i)] =
          window.axis(d, input[dim(d)], filter[i], output[dim(d)]);
    }
  }

  std::int64_t in_pixels() const {
    return axes[0].input * axes[1].input * axes[2].input;
  }
  std::int64_t out_pixels() const {
    return axes[0].output * axes[1].output * axes[2].output;
  }
  std::int64_t taps() const {
    return axes[0].window * axes[1].window * axes[2].window;
  }
  std::int64_t group_inputs() const { return in_channels / groups; }
  std::int64_t group_outputs() const { return out_channels / groups; }
  std::int64_t input_elements() const {
    return batch * in_pixels() * in_channels;
  }
  std::int64_t filter_elements() const {
    return taps() * group_inputs() * out_channels;
  }
  std::int64_t output_elements() const {
    return batch * out_pixels() * out_channels;
  }
  /// Multiply-adds.
  std::int64_t work() const {
    return batch * out_pixels() * taps() * group_inputs() * out_channels;
  }
  /// Whether each output pixel is a product of one input pixel.
  bool is_pointwise() const {
    for (const WindowAxis& axis : axes)
      if (axis.window != 1 || axis.stride != 1 || axis.before != 0 ||
          axis.input != axis.output)
        return false;
    return true;
  }
};

}  // namespace tern
