#pragma once

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "tern/core/tensor.h"
#include "tern/ops/options.h"

namespace tern::nn {

/// What surrounds images: "SAME" (as many outputs as inputs, divided by the
/// stride), "VALID" (nothing) or [before, after] for each dimension of the
/// input, zeros for batch and channels.
class Padding {
 public:
  using Pair = std::pair<std::int64_t, std::int64_t>;

  Padding(const char* name) : name_(name) {}
  Padding(std::string name) : name_(std::move(name)) {}
  Padding(std::vector<Pair> pairs) : Padding("EXPLICIT") {
    for (auto [before, after] : pairs) {
      pairs_.push_back(before);
      pairs_.push_back(after);
    }
  }

  /// "SAME", "VALID" or "EXPLICIT".
  const std::string& name() const { return name_; }
  /// before and after, for each dimension; empty unless explicit.
  const std::vector<std::int64_t>& pairs() const { return pairs_; }

 private:
  std::string name_;
  std::vector<std::int64_t> pairs_;
};

/// Where the channels stand, last ("NWC", "NHWC", "NDHWC", the default) or
/// second ("NCW", "NCHW", "NCDHW"), and how far taps of a filter are apart.
struct ConvOptions {
  std::string data_format = {};
  Ints dilations = {};
};

// Convolutions, as neural networks have them: cross-correlations.
//
// Images are [batch, spatial…, channels]; filters [spatial…, in_channels /
// groups, out_channels], any number of groups that divides both channels.
// dtypes: float16, bfloat16, float32, float64 (2-D: int32, too). Strides and
// dilations are one number, one a spatial dimension, or one a dimension. All
// throw InvalidArgumentError where sizes do not fit.

/// input [batch, width, in], filters [width, in, out].
Tensor conv1d(const Tensor& input,
              const Tensor& filters,
              const Ints& stride,
              const Padding& padding,
              ConvOptions options = {});
/// input [batch, height, width, in], filters [height, width, in, out].
/// `nn::conv2d(images, filters, 1, "SAME")`
Tensor conv2d(const Tensor& input,
              const Tensor& filters,
              const Ints& strides,
              const Padding& padding,
              ConvOptions options = {});
/// input [batch, depth, height, width, in].
Tensor conv3d(const Tensor& input,
              const Tensor& filters,
              const Ints& strides,
              const Padding& padding,
              ConvOptions options = {});
/// conv1d, conv2d or conv3d, by the rank of the filters.
Tensor convolution(const Tensor& input,
                   const Tensor& filters,
                   const Ints& strides = 1,
                   const Padding& padding = "VALID",
                   ConvOptions options = {});

// The transposes: the gradients of the convolutions by their inputs. filters
// are [spatial…, out_channels, in_channels], output_shape is the result's,
// batch and channels included.

Tensor conv1d_transpose(const Tensor& input,
                        const Tensor& filters,
                        const ShapeArg& output_shape,
                        const Ints& strides,
                        const Padding& padding = "SAME",
                        ConvOptions options = {});
Tensor conv2d_transpose(const Tensor& input,
                        const Tensor& filters,
                        const ShapeArg& output_shape,
                        const Ints& strides,
                        const Padding& padding = "SAME",
                        ConvOptions options = {});
Tensor conv3d_transpose(const Tensor& input,
                        const Tensor& filters,
                        const ShapeArg& output_shape,
                        const Ints& strides,
                        const Padding& padding = "SAME",
                        ConvOptions options = {});
Tensor conv_transpose(const Tensor& input,
                      const Tensor& filters,
                      const ShapeArg& output_shape,
                      const Ints& strides,
                      const Padding& padding = "SAME",
                      ConvOptions options = {});

/// Each channel has filters of its own: filter [height, width, in, multiplier],
/// result [batch, height, width, in · multiplier]. `strides` are [1, s, s, 1]
/// or one number; both of space must be equal.
Tensor depthwise_conv2d(const Tensor& input,
                        const Tensor& filter,
                        const Ints& strides,
                        const Padding& padding,
                        ConvOptions options = {});
/// A depthwise convolution, then one of single pixels: pointwise_filter is
/// [1, 1, in · multiplier, out].
Tensor separable_conv2d(const Tensor& input,
                        const Tensor& depthwise_filter,
                        const Tensor& pointwise_filter,
                        const Ints& strides,
                        const Padding& padding,
                        ConvOptions options = {});

/// conv2d with taps `rate` apart and stride 1.
Tensor atrous_conv2d(const Tensor& value,
                     const Tensor& filters,
                     std::int64_t rate,
                     const Padding& padding);
Tensor atrous_conv2d_transpose(const Tensor& value,
                               const Tensor& filters,
                               const ShapeArg& output_shape,
                               std::int64_t rate,
                               const Padding& padding);

/// The largest sum of a window and the filter [height, width, channels]. Any
/// real dtype, channels last. Strides and dilations are [1, y, x, 1] or less.
Tensor dilation2d(const Tensor& input,
                  const Tensor& filters,
                  const Ints& strides,
                  const Padding& padding,
                  const Ints& dilations = 1);
/// The smallest difference of a window and the filter turned round.
Tensor erosion2d(const Tensor& value,
                 const Tensor& filters,
                 const Ints& strides,
                 const Padding& padding,
                 const Ints& dilations = 1);

}  // namespace tern::nn
