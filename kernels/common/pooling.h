#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "kernels/common/sliding_window.h"
#include "ops/kernel.h"

namespace tern {

/// The sizes of a pooling: images [batch, axes…, channels]. Images with the
/// channels second are more images of one channel; a window across the depth
/// is one along the last axis of images of one pixel.
struct Pooling {
  std::int64_t batch = 1;
  std::int64_t channels = 1;
  std::array<WindowAxis, 3> axes;

  /// ksize and strides are attrs or, in the V2 ops, the last two inputs.
  Pooling(const KernelContext& c, const Shape& image, const Shape& output) {
    SlidingWindow window = SlidingWindow::of(c);
    std::vector<std::int64_t> ksize;
    if (c.op().find_attr("ksize") >= 0) {
      ksize = c.attr<std::vector<std::int64_t>>("ksize");
    } else {
      ksize = c.host_ints(c.num_inputs() - 2);
      window.strides = c.host_ints(c.num_inputs() - 1);
    }
    auto axis = [&](int d) {
      return window.axis(
          d, image[d], ksize[static_cast<std::size_t>(d)], output[d]);
    };
    int rank = image.rank(), depth = window.channel_dim(rank);
    if (ksize[static_cast<std::size_t>(depth)] != 1) {
      axes[2] = axis(depth);
      batch = image.slice(0, depth).num_elements();
      channels = image.slice(depth + 1).num_elements();
      return;
    }
    batch = image[0];
    (window.channels_first ? batch : channels) *= image[depth];
    for (int i = 0; i < rank - 2; ++i)
      axes[static_cast<std::size_t>(5 - rank + i)] =
          axis(window.spatial_dim(i));
  }

  std::int64_t in_pixels() const {
    return axes[0].input * axes[1].input * axes[2].input;
  }
  std::int64_t out_pixels() const {
    return axes[0].output * axes[1].output * axes[2].output;
  }
};

}  // namespace tern
