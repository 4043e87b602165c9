#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "ops/op_def.h"
#include "tern/core/error.h"

namespace tern {

inline bool is_channels_first(std::string_view data_format) {
  return data_format.starts_with("NC") || data_format == "CHANNELS_FIRST";
}

/// A dimension along which a window slides.
struct WindowAxis {
  std::int64_t input = 1;
  std::int64_t window = 1;  // taps
  std::int64_t stride = 1;
  std::int64_t dilation = 1;  // from tap to tap
  std::int64_t output = 1;
  std::int64_t before = 0;  // padding in front of the input

  /// The input that tap 0 of output `o` meets; negative in the padding.
  std::int64_t start(std::int64_t o) const { return o * stride - before; }
};

/// How the window of an op slides over images [batch, spatial…, channels], or
/// with the channels second. Lists have an entry for each dimension.
struct SlidingWindow {
  bool channels_first = false;
  std::vector<std::int64_t> strides;
  std::vector<std::int64_t> dilations;
  std::string padding;
  std::vector<std::int64_t> explicit_paddings;  // before and after

  /// From attrs, of an InferContext or a KernelContext; strides and dilations
  /// stay empty where the op has no such attrs.
  template <class Context>
  static SlidingWindow of(const Context& c) {
    using Integers = std::vector<std::int64_t>;
    auto has = [&](const char* name) { return c.op().find_attr(name) >= 0; };
    SlidingWindow w;
    if (has("data_format"))
      w.channels_first =
          is_channels_first(c.template attr<std::string>("data_format"));
    if (has("strides")) w.strides = c.template attr<Integers>("strides");
    if (has("dilations")) w.dilations = c.template attr<Integers>("dilations");
    if (has("rates")) w.dilations = c.template attr<Integers>("rates");
    if (has("explicit_paddings"))
      w.explicit_paddings = c.template attr<Integers>("explicit_paddings");
    w.padding = c.template attr<std::string>("padding");
    return w;
  }

  int channel_dim(int rank) const { return channels_first ? 1 : rank - 1; }
  int spatial_dim(int i) const { return channels_first ? 2 + i : 1 + i; }

  std::int64_t stride(int dim) const {
    return strides.empty() ? 1 : strides[static_cast<std::size_t>(dim)];
  }
  std::int64_t dilation(int dim) const {
    return dilations.empty() ? 1 : dilations[static_cast<std::size_t>(dim)];
  }
  bool is_dilated() const {
    return std::any_of(dilations.begin(),
                       dilations.end(),
                       [](std::int64_t rate) { return rate > 1; });
  }

  /// Dimension `dim` once its sizes are known.
  WindowAxis axis(int dim,
                  std::int64_t input,
                  std::int64_t window,
                  std::int64_t output) const {
    WindowAxis axis{.input = input,
                    .window = window,
                    .stride = stride(dim),
                    .dilation = dilation(dim),
                    .output = output};
    if (padding == "SAME")
      axis.before =
          std::max<std::int64_t>(0,
                                 (output - 1) * axis.stride +
                                     (window - 1) * axis.dilation + 1 - input) /
          2;
    else if (padding == "EXPLICIT")
      axis.before = explicit_paddings[static_cast<std::size_t>(2 * dim)];
    return axis;
  }

  /// The size of the output for those of input and window, -1 where one is not
  /// known.
  std::int64_t output_size(int dim,
                           std::int64_t input,
                           std::int64_t window) const {
    std::int64_t step = stride(dim), rate = dilation(dim);
    if (step <= 0)
      throw InvalidArgumentError("Stride must be > 0, but got ",
                                 step,
                                 ". Row and column strides should be larger "
                                 "than 0.");
    if (rate <= 0)
      throw InvalidArgumentError("Dilation rate must be >= 1, but got ",
                                 rate,
                                 ". Dilated rates should be larger than 0.");
    if (std::max(step, rate) > std::numeric_limits<std::int32_t>::max())
      throw InvalidArgumentError(
          "strides and dilations must fit into 32 bits, got ",
          std::max(step, rate));
    if (input < 0) return -1;
    if (padding == "SAME") return (input + step - 1) / step;
    if (window < 0) return -1;
    if (padding == "EXPLICIT")
      for (std::size_t side : {0u, 1u})
        input += explicit_paddings[static_cast<std::size_t>(2 * dim) + side];
    std::int64_t extent = (window - 1) * rate + 1;
    if (input < extent)
      throw InvalidArgumentError(
          "Negative dimension size caused by subtracting ",
          extent,
          " from ",
          input,
          ". Computed output size would be negative: ",
          (input - extent - step + 1) / step + 1,
          " [input_size: ",
          input,
          ", effective_filter_size: ",
          extent,
          ", stride: ",
          step,
          "]");
    return (input - extent) / step + 1;
  }
};

}  // namespace tern
