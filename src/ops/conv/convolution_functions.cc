// The public functions of convolutions.

#include "ops/apply.h"
#include "ops/conv/dilated_filter.h"
#include "ops/conv/window_options.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"
#include "tern/ops/convolution.h"

namespace tern::nn {
namespace {

/// How the window of a call slides, in two or three dimensions.
SlidingWindow window_of(int spatial,
                        const Ints& strides,
                        const Padding& padding,
                        const ConvOptions& options) {
  SlidingWindow window;
  window.channels_first = has_channels_first(options.data_format, spatial);
  window.strides =
      window_list(strides, spatial, window.channels_first, "strides");
  window.dilations = window_list(
      options.dilations, spatial, window.channels_first, "dilations");
  window.padding = padding.name();
  window.explicit_paddings = padding.pairs();
  return window;
}

/// A line as an image one pixel high.
SlidingWindow of_height_one(SlidingWindow window) {
  auto at = [&](const auto& list) {
    return list.begin() + (window.channels_first ? 2 : 1);
  };
  window.strides.insert(at(window.strides), 1);
  window.dilations.insert(at(window.dilations), 1);
  if (!window.explicit_paddings.empty())
    window.explicit_paddings.insert(
        window.explicit_paddings.begin() + (window.channels_first ? 4 : 2),
        2,
        0);
  return window;
}

int height_axis(const SlidingWindow& window) {
  return window.channels_first ? 2 : 1;
}

Tensor planar(const Tensor& input,
              const Tensor& filters,
              const SlidingWindow& window) {
  return raw<"Conv2D">(
      input,
      filters,
      {{"strides", window.strides},
       {"padding", window.padding},
       {"explicit_paddings", window.explicit_paddings},
       {"data_format", op_data_format(2, window.channels_first)},
       {"dilations", window.dilations}});
}

/// TensorFlow's ops for volumes, and those for transposes, know no dilation:
/// the filter is dilated instead.
Tensor planar_transpose(const Tensor& input,
                        const Tensor& filters,
                        const Tensor& sizes,
                        const SlidingWindow& window) {
  return raw<"Conv2DBackpropInput">(
      sizes,
      DilatedFilter(window).wide(filters),
      input,
      {{"strides", window.strides},
       {"padding", window.padding},
       {"explicit_paddings", window.explicit_paddings},
       {"data_format", op_data_format(2, window.channels_first)}});
}

void refuse_explicit(const Padding& padding, const char* function) {
  if (!padding.pairs().empty())
    throw InvalidArgumentError(function, " takes padding SAME or VALID");
}

}  // namespace

Tensor conv1d(const Tensor& input,
              const Tensor& filters,
              const Ints& stride,
              const Padding& padding,
              ConvOptions options) {
  SlidingWindow window = of_height_one(window_of(1, stride, padding, options));
  int axis = height_axis(window);
  Tensor y = planar(expand_dims(input, axis), expand_dims(filters, 0), window);
  return squeeze(y, axis);
}

Tensor conv2d(const Tensor& input,
              const Tensor& filters,
              const Ints& strides,
              const Padding& padding,
              ConvOptions options) {
  return planar(input, filters, window_of(2, strides, padding, options));
}

Tensor conv3d(const Tensor& input,
              const Tensor& filters,
              const Ints& strides,
              const Padding& padding,
              ConvOptions options) {
  refuse_explicit(padding, "conv3d");
  SlidingWindow window = window_of(3, strides, padding, options);
  return raw<"Conv3D">(
      input,
      DilatedFilter(window).wide(filters),
      {{"strides", window.strides},
       {"padding", window.padding},
       {"data_format", op_data_format(3, window.channels_first)}});
}

Tensor convolution(const Tensor& input,
                   const Tensor& filters,
                   const Ints& strides,
                   const Padding& padding,
                   ConvOptions options) {
  switch (spatial_rank(filters)) {
    case 1:
      return conv1d(input, filters, strides, padding, std::move(options));
    case 2:
      return conv2d(input, filters, strides, padding, std::move(options));
    case 3:
      return conv3d(input, filters, strides, padding, std::move(options));
    default:
      throw InvalidArgumentError(
          "convolution: filters must have 1, 2 or 3 spatial dimensions, got "
          "shape ",
          filters.shape().debug_string());
  }
}

Tensor conv1d_transpose(const Tensor& input,
                        const Tensor& filters,
                        const ShapeArg& output_shape,
                        const Ints& strides,
                        const Padding& padding,
                        ConvOptions options) {
  SlidingWindow window = of_height_one(window_of(1, strides, padding, options));
  int axis = height_axis(window);
  Tensor sizes = output_shape.tensor();
  Tensor one = raw<"OnesLike">(raw<"Slice">(sizes, Tensor({0}), Tensor({1})));
  sizes = concat({raw<"Slice">(sizes, Tensor({0}), Tensor({axis})),
                  one,
                  raw<"Slice">(sizes, Tensor({axis}), Tensor({-1}))},
                 0);
  Tensor y = planar_transpose(
      expand_dims(input, axis), expand_dims(filters, 0), sizes, window);
  return squeeze(y, axis);
}

Tensor conv2d_transpose(const Tensor& input,
                        const Tensor& filters,
                        const ShapeArg& output_shape,
                        const Ints& strides,
                        const Padding& padding,
                        ConvOptions options) {
  return planar_transpose(input,
                          filters,
                          output_shape.tensor(),
                          window_of(2, strides, padding, options));
}

Tensor conv3d_transpose(const Tensor& input,
                        const Tensor& filters,
                        const ShapeArg& output_shape,
                        const Ints& strides,
                        const Padding& padding,
                        ConvOptions options) {
  refuse_explicit(padding, "conv3d_transpose");
  SlidingWindow window = window_of(3, strides, padding, options);
  return raw<"Conv3DBackpropInputV2">(
      output_shape.tensor(),
      DilatedFilter(window).wide(filters),
      input,
      {{"strides", window.strides},
       {"padding", window.padding},
       {"data_format", op_data_format(3, window.channels_first)}});
}

Tensor conv_transpose(const Tensor& input,
                      const Tensor& filters,
                      const ShapeArg& output_shape,
                      const Ints& strides,
                      const Padding& padding,
                      ConvOptions options) {
  switch (spatial_rank(filters)) {
    case 1:
      return conv1d_transpose(
          input, filters, output_shape, strides, padding, std::move(options));
    case 2:
      return conv2d_transpose(
          input, filters, output_shape, strides, padding, std::move(options));
    case 3:
      return conv3d_transpose(
          input, filters, output_shape, strides, padding, std::move(options));
    default:
      throw InvalidArgumentError(
          "conv_transpose: filters must have 1, 2 or 3 spatial dimensions, got "
          "shape ",
          filters.shape().debug_string());
  }
}

Tensor depthwise_conv2d(const Tensor& input,
                        const Tensor& filter,
                        const Ints& strides,
                        const Padding& padding,
                        ConvOptions options) {
  SlidingWindow window = window_of(2, strides, padding, options);
  return raw<"DepthwiseConv2dNative">(
      input,
      DilatedFilter(window).wide(filter),
      {{"strides", window.strides},
       {"padding", window.padding},
       {"explicit_paddings", window.explicit_paddings},
       {"data_format", op_data_format(2, window.channels_first)}});
}

Tensor separable_conv2d(const Tensor& input,
                        const Tensor& depthwise_filter,
                        const Tensor& pointwise_filter,
                        const Ints& strides,
                        const Padding& padding,
                        ConvOptions options) {
  std::string format = options.data_format;
  Tensor y = depthwise_conv2d(
      input, depthwise_filter, strides, padding, std::move(options));
  return conv2d(y, pointwise_filter, 1, "VALID", {.data_format = format});
}

Tensor atrous_conv2d(const Tensor& value,
                     const Tensor& filters,
                     std::int64_t rate,
                     const Padding& padding) {
  return conv2d(value, filters, 1, padding, {.dilations = rate});
}

Tensor atrous_conv2d_transpose(const Tensor& value,
                               const Tensor& filters,
                               const ShapeArg& output_shape,
                               std::int64_t rate,
                               const Padding& padding) {
  return conv2d_transpose(
      value, filters, output_shape, 1, padding, {.dilations = rate});
}

Tensor dilation2d(const Tensor& input,
                  const Tensor& filters,
                  const Ints& strides,
                  const Padding& padding,
                  const Ints& dilations) {
  return raw<"Dilation2D">(
      input,
      filters,
      {{"strides", window_list(strides, 2, false, "strides")},
       {"rates", window_list(dilations, 2, false, "dilations")},
       {"padding", padding.name()}});
}

Tensor erosion2d(const Tensor& value,
                 const Tensor& filters,
                 const Ints& strides,
                 const Padding& padding,
                 const Ints& dilations) {
  Tensor turned = reverse(filters, {0, 1});
  return raw<"Neg">(
      dilation2d(raw<"Neg">(value), turned, strides, padding, dilations));
}

}  // namespace tern::nn
