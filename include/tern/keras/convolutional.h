#pragma once

#include <optional>
#include <string>

#include "tern/keras/activations.h"
#include "tern/keras/layer.h"
#include "tern/keras/window.h"

// Layers over images [batch, spatial…, channels], or with the channels second
// (data_format "channels_first"), in N = 1, 2 or 3 dimensions. padding is
// "valid", "same" or, for Conv1D, "causal". They throw InvalidArgumentError
// for sizes that do not fit.

namespace tern::keras::layers {

template <int N>
struct ConvOptions {
  Window<N> strides = 1;
  std::string padding = "valid";
  std::string data_format = {};
  Window<N> dilation_rate = 1;
  int groups = 1;
  keras::Activation activation = {};
  bool use_bias = true;
  Initializer kernel_initializer = "glorot_uniform";
  Initializer bias_initializer = "zeros";
  Regularizer kernel_regularizer = {};
  Regularizer bias_regularizer = {};
  Regularizer activity_regularizer = {};
  Constraint kernel_constraint = {};
  Constraint bias_constraint = {};
  Shape input_shape = Shape::unknown();
  std::string name = {};
  bool trainable = true;
  DType dtype = {};
};

/// activation(convolution(x, kernel) + bias), kernel [sizes…, channels /
/// groups, filters].
template <int N>
class Conv : public Layer {
 public:
  Conv(int filters, Window<N> kernel_size, ConvOptions<N> options = {});
};
using Conv1D = Conv<1>;
using Conv2D = Conv<2>;
using Conv3D = Conv<3>;
using Convolution1D = Conv1D;
using Convolution2D = Conv2D;
using Convolution3D = Conv3D;

template <int N>
struct ConvTransposeOptions {
  Window<N> strides = 1;
  std::string padding = "valid";
  std::optional<Window<N>> output_padding = {};
  std::string data_format = {};
  Window<N> dilation_rate = 1;
  keras::Activation activation = {};
  bool use_bias = true;
  Initializer kernel_initializer = "glorot_uniform";
  Initializer bias_initializer = "zeros";
  Regularizer kernel_regularizer = {};
  Regularizer bias_regularizer = {};
  Regularizer activity_regularizer = {};
  Constraint kernel_constraint = {};
  Constraint bias_constraint = {};
  Shape input_shape = Shape::unknown();
  std::string name = {};
  bool trainable = true;
  DType dtype = {};
};

/// The transpose of a convolution: images grow by the strides. kernel
/// [sizes…, filters, channels].
template <int N>
class ConvTranspose : public Layer {
 public:
  ConvTranspose(int filters,
                Window<N> kernel_size,
                ConvTransposeOptions<N> options = {});
};
using Conv1DTranspose = ConvTranspose<1>;
using Conv2DTranspose = ConvTranspose<2>;
using Conv3DTranspose = ConvTranspose<3>;

template <int N>
struct DepthwiseConvOptions {
  Window<N> strides = 1;
  std::string padding = "valid";
  int depth_multiplier = 1;
  std::string data_format = {};
  Window<N> dilation_rate = 1;
  keras::Activation activation = {};
  bool use_bias = true;
  Initializer depthwise_initializer = "glorot_uniform";
  Initializer bias_initializer = "zeros";
  Regularizer depthwise_regularizer = {};
  Regularizer bias_regularizer = {};
  Regularizer activity_regularizer = {};
  Constraint depthwise_constraint = {};
  Constraint bias_constraint = {};
  Shape input_shape = Shape::unknown();
  std::string name = {};
  bool trainable = true;
  DType dtype = {};
};

/// Each channel with filters of its own; N = 1 or 2.
template <int N>
class DepthwiseConv : public Layer {
 public:
  explicit DepthwiseConv(Window<N> kernel_size,
                         DepthwiseConvOptions<N> options = {});
};
using DepthwiseConv1D = DepthwiseConv<1>;
using DepthwiseConv2D = DepthwiseConv<2>;

template <int N>
struct SeparableConvOptions {
  Window<N> strides = 1;
  std::string padding = "valid";
  std::string data_format = {};
  Window<N> dilation_rate = 1;
  int depth_multiplier = 1;
  keras::Activation activation = {};
  bool use_bias = true;
  Initializer depthwise_initializer = "glorot_uniform";
  Initializer pointwise_initializer = "glorot_uniform";
  Initializer bias_initializer = "zeros";
  Regularizer depthwise_regularizer = {};
  Regularizer pointwise_regularizer = {};
  Regularizer bias_regularizer = {};
  Regularizer activity_regularizer = {};
  Constraint depthwise_constraint = {};
  Constraint pointwise_constraint = {};
  Constraint bias_constraint = {};
  Shape input_shape = Shape::unknown();
  std::string name = {};
  bool trainable = true;
  DType dtype = {};
};

/// A depthwise convolution, then one of single pixels; N = 1 or 2.
template <int N>
class SeparableConv : public Layer {
 public:
  SeparableConv(int filters,
                Window<N> kernel_size,
                SeparableConvOptions<N> options = {});
};
using SeparableConv1D = SeparableConv<1>;
using SeparableConv2D = SeparableConv<2>;

template <int N>
struct PoolOptions {
  std::optional<Window<N>> strides = {};  ///< pool_size unless given
  std::string padding = "valid";
  std::string data_format = {};
  Shape input_shape = Shape::unknown();
  std::string name = {};
  bool trainable = true;
  DType dtype = {};
};

/// The largest of each window.
template <int N>
class MaxPool : public Layer {
 public:
  explicit MaxPool(Window<N> pool_size = 2, PoolOptions<N> options = {});
  explicit MaxPool(PoolOptions<N> options)
      : MaxPool(Window<N>(2), std::move(options)) {}
};
using MaxPool1D = MaxPool<1>;
using MaxPool2D = MaxPool<2>;
using MaxPool3D = MaxPool<3>;
using MaxPooling1D = MaxPool1D;
using MaxPooling2D = MaxPool2D;
using MaxPooling3D = MaxPool3D;

/// The mean of each window, padding not counted.
template <int N>
class AveragePool : public Layer {
 public:
  explicit AveragePool(Window<N> pool_size = 2, PoolOptions<N> options = {});
  explicit AveragePool(PoolOptions<N> options)
      : AveragePool(Window<N>(2), std::move(options)) {}
};
using AvgPool1D = AveragePool<1>;
using AvgPool2D = AveragePool<2>;
using AvgPool3D = AveragePool<3>;
using AveragePooling1D = AvgPool1D;
using AveragePooling2D = AvgPool2D;
using AveragePooling3D = AvgPool3D;

struct GlobalPoolOptions {
  std::string data_format = {};
  bool keepdims = false;
  Shape input_shape = Shape::unknown();
  std::string name = {};
  bool trainable = true;
  DType dtype = {};
};

/// The largest of each channel: [batch, channels], or with sizes 1 between
/// (keepdims).
template <int N>
class GlobalMaxPool : public Layer {
 public:
  explicit GlobalMaxPool(GlobalPoolOptions options = {});
};
using GlobalMaxPool1D = GlobalMaxPool<1>;
using GlobalMaxPool2D = GlobalMaxPool<2>;
using GlobalMaxPool3D = GlobalMaxPool<3>;
using GlobalMaxPooling1D = GlobalMaxPool1D;
using GlobalMaxPooling2D = GlobalMaxPool2D;
using GlobalMaxPooling3D = GlobalMaxPool3D;

/// The mean of each channel; in one dimension of the steps that the mask, if
/// there is one, lets through.
template <int N>
class GlobalAveragePool : public Layer {
 public:
  explicit GlobalAveragePool(GlobalPoolOptions options = {});
};
using GlobalAvgPool1D = GlobalAveragePool<1>;
using GlobalAvgPool2D = GlobalAveragePool<2>;
using GlobalAvgPool3D = GlobalAveragePool<3>;
using GlobalAveragePooling1D = GlobalAvgPool1D;
using GlobalAveragePooling2D = GlobalAvgPool2D;
using GlobalAveragePooling3D = GlobalAvgPool3D;

struct SpatialOptions {
  std::string data_format = {};
  Shape input_shape = Shape::unknown();
  std::string name = {};
  bool trainable = true;
  DType dtype = {};
};

/// Zeros around the image.
template <int N>
class ZeroPadding : public Layer {
 public:
  explicit ZeroPadding(Margins<N> padding = 1, SpatialOptions options = {});
};
using ZeroPadding1D = ZeroPadding<1>;
using ZeroPadding2D = ZeroPadding<2>;
using ZeroPadding3D = ZeroPadding<3>;

/// What is left when the margins are cut off.
template <int N>
class Cropping : public Layer {
 public:
  explicit Cropping(Margins<N> cropping = N == 1   ? 1
                                          : N == 2 ? 0
                                                   : 1,
                    SpatialOptions options = {});
};
using Cropping1D = Cropping<1>;
using Cropping2D = Cropping<2>;
using Cropping3D = Cropping<3>;

struct UpSamplingOptions {
  std::string data_format = {};
  std::string interpolation = "nearest";  ///< for two dimensions
  Shape input_shape = Shape::unknown();
  std::string name = {};
  bool trainable = true;
  DType dtype = {};
};

/// Each pixel `size` times along each axis.
template <int N>
class UpSampling : public Layer {
 public:
  explicit UpSampling(Window<N> size = 2, UpSamplingOptions options = {});
};
using UpSampling1D = UpSampling<1>;
using UpSampling2D = UpSampling<2>;
using UpSampling3D = UpSampling<3>;

}  // namespace tern::keras::layers
