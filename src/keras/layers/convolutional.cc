// Convolutions, their transposes, depthwise and separable ones.

#include "tern/keras/convolutional.h"

#include <algorithm>

#include "keras/layers/config_parts.h"
#include "keras/object_registry.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"
#include "tern/ops/convolution.h"
#include "tern/ops/math.h"
#include "tern/ops/nn.h"

namespace tern::keras {

std::string checked_data_format(const std::string& data_format) {
  if (data_format.empty()) return "channels_last";
  if (data_format != "channels_last" && data_format != "channels_first")
    throw InvalidArgumentError(
        "The `data_format` argument must be one of {'channels_first', "
        "'channels_last'}. Received: data_format=",
        data_format);
  return data_format;
}

namespace {

using Integers = std::vector<std::int64_t>;

enum class Kind { kConv, kTranspose, kDepthwise, kSeparable };

/// All that the four kinds take.
struct Settings {
  Kind kind = Kind::kConv;
  std::int64_t filters = 0;
  int depth_multiplier = 1;
  Integers kernel_size, strides, dilation_rate;
  Integers output_padding;  // empty: none is asked for
  std::string padding = "valid";
  std::string data_format = {};
  std::int64_t groups = 1;
  Activation activation = {};
  bool use_bias = true;
  WeightParts kernel = {}, pointwise = {}, bias = {};
  Regularizer activity_regularizer = {};

  int rank() const { return static_cast<int>(kernel_size.size()); }
  bool channels_first() const { return data_format == "channels_first"; }
};

void check_positive(const Integers& values, const char* what) {
  for (std::int64_t value : values)
    if (value <= 0)
      throw InvalidArgumentError("The `",
                                 what,
                                 "` argument must be a tuple of positive "
                                 "integers. Received: ",
                                 what,
                                 "=",
                                 value);
}

class ConvImpl : public LayerBase {
 public:
  ConvImpl(Settings settings, LayerOptions options)
      : LayerBase(std::move(options)), s_(std::move(settings)) {
    s_.data_format = checked_data_format(s_.data_format);
    std::transform(s_.padding.begin(),
                   s_.padding.end(),
                   s_.padding.begin(),
                   [](unsigned char c) { return std::tolower(c); });
    check();
    set_input_spec({.min_ndim = s_.rank() + 2});
    set_activity_regularizer(s_.activity_regularizer);
  }

  std::string class_name() const override {
    std::string rank = std::to_string(s_.rank()) + "D";
    switch (s_.kind) {
      case Kind::kTranspose:
        return "Conv" + rank + "Transpose";
      case Kind::kDepthwise:
        return "DepthwiseConv" + rank;
      case Kind::kSeparable:
        return "SeparableConv" + rank;
      default:
        return "Conv" + rank;
    }
  }

  void build(const Shape& input) override {
    std::int64_t channels = input.rank() == s_.rank() + 2
                                ? input[s_.channels_first() ? 1 : -1]
                                : -1;
    if (channels < 0)
      throw InvalidArgumentError(
          class_name(),
          " \"",
          name(),
          "\": the channels of the input must be known, got shape ",
          input);
    if (channels % s_.groups != 0)
      throw InvalidArgumentError(
          "The number of input channels must be evenly divisible by the number "
          "of groups. Received groups=",
          s_.groups,
          ", but the input has ",
          channels,
          " channels (full input shape is ",
          input,
          ").");
    add_weights(channels);
    if (!s_.channels_first())
      set_input_spec({.min_ndim = s_.rank() + 2, .last_dim = channels});
  }

  Tensor call(const Tensor& x, const CallArgs&) override {
    Tensor y = convolve(x);
    if (s_.use_bias)
      y = nn::bias_add(y, bias_, {.data_format = bias_format(y)});
    return s_.activation(y);
  }

  Shape compute_output_shape(const Shape& input) override {
    Shape output = input;
    if (!input.has_rank() || input.rank() != s_.rank() + 2)
      return Shape::unknown();
    int channels = s_.channels_first() ? 1 : input.rank() - 1;
    output.set_dim(channels, filters_of(input[channels]));
    for (int i = 0; i < s_.rank(); ++i) {
      int axis = i + (s_.channels_first() ? 2 : 1);
      output.set_dim(axis, input[axis] < 0 ? -1 : output_size(input[axis], i));
    }
    return output;
  }

  Config get_config() const override {
    Config config = LayerBase::get_config();
    bool is_depthwise =
        s_.kind == Kind::kDepthwise || s_.kind == Kind::kSeparable;
    if (is_depthwise) config["depth_multiplier"] = s_.depth_multiplier;
    if (s_.kind != Kind::kDepthwise) config["filters"] = s_.filters;
    config["kernel_size"] = list_of(s_.kernel_size);
    config["strides"] = list_of(s_.strides);
    config["padding"] = s_.padding;
    if (s_.kind == Kind::kTranspose)
      config["output_padding"] =
          s_.output_padding.empty() ? Config() : list_of(s_.output_padding);
    config["data_format"] = s_.data_format;
    config["dilation_rate"] = list_of(s_.dilation_rate);
    if (s_.kind == Kind::kConv) config["groups"] = s_.groups;
    config["activation"] = s_.activation.serialize();
    config["use_bias"] = s_.use_bias;
    std::vector<std::pair<std::string, const WeightParts*>> weights = {
        {is_depthwise ? "depthwise" : "kernel", &s_.kernel}};
    if (s_.kind == Kind::kSeparable)
      weights.emplace_back("pointwise", &s_.pointwise);
    weights.emplace_back("bias", &s_.bias);
    write_weight_parts(config, weights, &s_.activity_regularizer);
    return config;
  }

 private:
  void check() const {
    if (s_.kind != Kind::kDepthwise && s_.filters <= 0)
      throw InvalidArgumentError(
          "Invalid value for argument `filters`. Expected a strictly positive "
          "value. Received filters=",
          s_.filters,
          ".");
    if (s_.groups <= 0)
      throw InvalidArgumentError(
          "The number of groups must be a positive integer. Received: groups=",
          s_.groups,
          ".");
    if (s_.kind == Kind::kConv && s_.filters % s_.groups != 0)
      throw InvalidArgumentError(
          "The number of filters must be evenly divisible by the number of "
          "groups. Received: groups=",
          s_.groups,
          ", filters=",
          s_.filters,
          ".");
    check_positive(s_.kernel_size, "kernel_size");
    check_positive(s_.strides, "strides");
    check_positive(s_.dilation_rate, "dilation_rate");
    bool is_causal = s_.padding == "causal";
    if (s_.padding != "valid" && s_.padding != "same" && !is_causal)
      throw InvalidArgumentError(
          "The `padding` argument must be one of {'valid', 'same', 'causal'}. "
          "Received: ",
          s_.padding);
    if (is_causal && (s_.rank() != 1 || s_.kind != Kind::kConv))
      throw InvalidArgumentError(
          "Causal padding is only supported for `Conv1D` and "
          "`SeparableConv1D`.");
    bool strides = std::any_of(s_.strides.begin(),
                               s_.strides.end(),
                               [](auto stride) { return stride > 1; });
    bool dilates = std::any_of(s_.dilation_rate.begin(),
                               s_.dilation_rate.end(),
                               [](auto rate) { return rate > 1; });
    if (strides && dilates)
      throw InvalidArgumentError(
          "`strides > 1` not supported in conjunction with `dilation_rate > "
          "1`.");
  }

  WeightOptions options_of(const WeightParts& parts) const {
    return {.initializer = parts.initializer,
            .regularizer = parts.regularizer,
            .constraint = parts.constraint};
  }

  void add_weights(std::int64_t channels) {
    auto shape = [&](Integers sizes, std::int64_t in, std::int64_t out) {
      sizes.push_back(in);
      sizes.push_back(out);
      return Shape(sizes);
    };
    WeightOptions options = options_of(s_.kernel);
    switch (s_.kind) {
      case Kind::kConv:
        kernel_ =
            add_weight("kernel",
                       shape(s_.kernel_size, channels / s_.groups, s_.filters),
                       options);
        break;
      case Kind::kTranspose:
        kernel_ = add_weight(
            "kernel", shape(s_.kernel_size, s_.filters, channels), options);
        break;
      case Kind::kDepthwise:
        kernel_ =
            add_weight("kernel",
                       shape(s_.kernel_size, channels, s_.depth_multiplier),
                       options);
        break;
      case Kind::kSeparable:
        kernel_ =
            add_weight("depthwise_kernel",
                       shape(s_.kernel_size, channels, s_.depth_multiplier),
                       options);
        pointwise_ = add_weight("pointwise_kernel",
                                shape(Integers(s_.kernel_size.size(), 1),
                                      channels * s_.depth_multiplier,
                                      s_.filters),
                                options_of(s_.pointwise));
        break;
    }
    if (s_.use_bias)
      bias_ = add_weight(
          "bias", Shape({filters_of(channels)}), options_of(s_.bias));
  }

  std::int64_t filters_of(std::int64_t channels) const {
    if (s_.kind != Kind::kDepthwise) return s_.filters;
    return channels < 0 ? -1 : channels * s_.depth_multiplier;
  }

  std::string tensorflow_padding() const {
    return s_.padding == "same" ? "SAME" : "VALID";
  }
  /// Keras on TensorFlow tells a bias's axis by its size, and looks at the last
  /// axis first: a channels-first image as wide as there are filters gets its
  /// bias along the width.
  std::string bias_format(const Tensor& y) const {
    bool last = !s_.channels_first() || y.shape()[-1] == bias_.shape()[0];
    return last ? "NHWC" : "NCHW";
  }
  /// "NWC", "NCHW", …
  std::string tensorflow_format() const {
    std::string space =
        std::string("DHW").substr(static_cast<std::size_t>(3 - s_.rank()));
    return s_.channels_first() ? "NC" + space : "N" + space + "C";
  }

  Tensor convolve(const Tensor& x) const {
    nn::ConvOptions options{.data_format = tensorflow_format(),
                            .dilations = s_.dilation_rate};
    switch (s_.kind) {
      case Kind::kTranspose:
        return nn::conv_transpose(x,
                                  kernel_,
                                  transposed_shape(x),
                                  s_.strides,
                                  tensorflow_padding(),
                                  options);
      case Kind::kDepthwise:
        return depthwise(x);
      case Kind::kSeparable:
        return nn::convolution(depthwise(x),
                               pointwise_,
                               1,
                               "VALID",
                               {.data_format = tensorflow_format()});
      default:
        break;
    }
    if (s_.padding != "causal")
      return nn::convolution(
          x, kernel_, s_.strides, tensorflow_padding(), options);
    // Nothing of later steps: all padding stands in front.
    std::int64_t before = s_.dilation_rate[0] * (s_.kernel_size[0] - 1);
    std::vector<std::int64_t> margins(6);
    margins[s_.channels_first() ? 4 : 2] = before;
    Tensor padded = pad(x, reshape(constant(margins, int32), {3, 2}));
    return nn::convolution(padded, kernel_, s_.strides, "VALID", options);
  }

  /// Lines are images one pixel high.
  Tensor depthwise(const Tensor& x) const {
    nn::ConvOptions options{
        .data_format = s_.channels_first() ? "NCHW" : "NHWC",
        .dilations = s_.dilation_rate};
    if (s_.rank() == 2)
      return nn::depthwise_conv2d(
          x, kernel_, s_.strides, tensorflow_padding(), options);
    int axis = s_.channels_first() ? 2 : 1;
    options.dilations = Integers{1, s_.dilation_rate[0]};
    Tensor y = nn::depthwise_conv2d(expand_dims(x, axis),
                                    expand_dims(kernel_, 0),
                                    s_.strides[0],
                                    tensorflow_padding(),
                                    options);
    return squeeze(y, axis);
  }

  std::int64_t output_size(std::int64_t input, int i) const {
    auto k = static_cast<std::size_t>(i);
    std::int64_t stride = s_.strides[k];
    std::int64_t extent = (s_.kernel_size[k] - 1) * s_.dilation_rate[k] + 1;
    bool is_same = s_.padding == "same";
    if (s_.kind == Kind::kTranspose) {
      bool given = !s_.output_padding.empty();
      if (is_same && !given) return input * stride;
      std::int64_t extra =
          given ? s_.output_padding[k] : std::max(extent, stride) - extent;
      return (input - 1) * stride + (is_same ? extent % 2 : extent) + extra;
    }
    if (is_same || s_.padding == "causal") return (input + stride - 1) / stride;
    return (input - extent) / stride + 1;
  }

  /// With sizes that are only known when the layer runs.
  ShapeArg transposed_shape(const Tensor& x) const {
    Shape known = const_cast<ConvImpl*>(this)->compute_output_shape(x.shape());
    if (known.is_fully_known()) return known;
    Tensor sizes = shape(x);
    Tensors dims;
    for (int i = 0; i < known.rank(); ++i) {
      int spatial = i - (s_.channels_first() ? 2 : 1);
      if (known[i] >= 0) {
        dims.push_back(constant(known[i], int32));
      } else if (spatial < 0 || spatial >= s_.rank()) {
        dims.push_back(sizes[i]);
      } else {
        // Linear in the input's size.
        std::int64_t at_one = output_size(1, spatial);
        std::int64_t slope = output_size(2, spatial) - at_one;
        dims.push_back((sizes[i] - 1) * slope + at_one);
      }
    }
    return stack(dims);
  }

  Settings s_;
  Variable kernel_, pointwise_, bias_;
};

template <class Options>
LayerOptions common(const Options& o) {
  return {.input_shape = o.input_shape,
          .name = o.name,
          .trainable = o.trainable,
          .dtype = o.dtype};
}

template <class Options, class Size>
Settings settings_of(Kind kind,
                     std::int64_t filters,
                     const Size& size,
                     const Options& o) {
  Settings s;
  s.kind = kind;
  s.filters = filters;
  s.kernel_size = size.list();
  s.strides = o.strides.list();
  s.dilation_rate = o.dilation_rate.list();
  s.padding = o.padding;
  s.data_format = o.data_format;
  s.activation = o.activation;
  s.use_bias = o.use_bias;
  s.bias = {o.bias_initializer, o.bias_regularizer, o.bias_constraint};
  s.activity_regularizer = o.activity_regularizer;
  if constexpr (requires { o.kernel_initializer; })
    s.kernel = {
        o.kernel_initializer, o.kernel_regularizer, o.kernel_constraint};
  else
    s.kernel = {o.depthwise_initializer,
                o.depthwise_regularizer,
                o.depthwise_constraint};
  if constexpr (requires { o.pointwise_initializer; })
    s.pointwise = {o.pointwise_initializer,
                   o.pointwise_regularizer,
                   o.pointwise_constraint};
  if constexpr (requires { o.depth_multiplier; })
    s.depth_multiplier = o.depth_multiplier;
  if constexpr (requires { o.groups; }) s.groups = o.groups;
  if constexpr (requires { o.output_padding; })
    if (o.output_padding) s.output_padding = o.output_padding->list();
  return s;
}

template <class Options, class Size>
std::shared_ptr<ConvImpl> make_conv(Kind kind,
                                    std::int64_t filters,
                                    const Size& size,
                                    const Options& options) {
  return std::make_shared<ConvImpl>(settings_of(kind, filters, size, options),
                                    common(options));
}

Integers sizes_of(const Config& config, const char* key, int rank) {
  Integers values = integers(part(config, key));
  if (values.empty() && std::string_view(key) != "output_padding") values = {1};
  if (values.size() == 1)
    values.assign(static_cast<std::size_t>(rank), values[0]);
  return values;
}

template <Kind kind, int rank>
Layer conv_from_config(const Config& config) {
  constexpr bool is_depthwise =
      kind == Kind::kDepthwise || kind == Kind::kSeparable;
  Settings s;
  s.kind = kind;
  s.filters = config.get<std::int64_t>("filters", 0);
  s.depth_multiplier = config.get<int>("depth_multiplier", 1);
  s.kernel_size = sizes_of(config, "kernel_size", rank);
  s.strides = sizes_of(config, "strides", rank);
  s.dilation_rate = sizes_of(config, "dilation_rate", rank);
  if (kind == Kind::kTranspose)
    s.output_padding = sizes_of(config, "output_padding", rank);
  s.padding = config.get("padding", std::string("valid"));
  s.data_format = config.get("data_format", std::string());
  if (kind == Kind::kConv) s.groups = config.get<std::int64_t>("groups", 1);
  s.activation = activation_from_config(part(config, "activation"));
  s.use_bias = config.get("use_bias", true);
  s.kernel = WeightParts::of(config, is_depthwise ? "depthwise" : "kernel");
  if (kind == Kind::kSeparable)
    s.pointwise = WeightParts::of(config, "pointwise");
  s.bias = WeightParts::of(config, "bias");
  s.activity_regularizer =
      Regularizer::deserialize(part(config, "activity_regularizer"));
  return Layer(
      std::make_shared<ConvImpl>(std::move(s), common_options(config)));
}

}  // namespace

namespace layers {

template <int N>
Conv<N>::Conv(int filters, Window<N> kernel_size, ConvOptions<N> options)
    : Layer(make_conv(Kind::kConv, filters, kernel_size, options)) {}

template <int N>
ConvTranspose<N>::ConvTranspose(int filters,
                                Window<N> kernel_size,
                                ConvTransposeOptions<N> options)
    : Layer(make_conv(Kind::kTranspose, filters, kernel_size, options)) {}

template <int N>
DepthwiseConv<N>::DepthwiseConv(Window<N> kernel_size,
                                DepthwiseConvOptions<N> options)
    : Layer(make_conv(Kind::kDepthwise, 0, kernel_size, options)) {}

template <int N>
SeparableConv<N>::SeparableConv(int filters,
                                Window<N> kernel_size,
                                SeparableConvOptions<N> options)
    : Layer(make_conv(Kind::kSeparable, filters, kernel_size, options)) {}

template class Conv<1>;
template class Conv<2>;
template class Conv<3>;
template class ConvTranspose<1>;
template class ConvTranspose<2>;
template class ConvTranspose<3>;
template class DepthwiseConv<1>;
template class DepthwiseConv<2>;
template class SeparableConv<1>;
template class SeparableConv<2>;

}  // namespace layers

void register_convolutional_objects(ObjectRegistry& registry) {
  registry.add_layer("Conv1D", conv_from_config<Kind::kConv, 1>);
  registry.add_layer("Conv2D", conv_from_config<Kind::kConv, 2>);
  registry.add_layer("Conv3D", conv_from_config<Kind::kConv, 3>);
  registry.add_layer("Conv1DTranspose", conv_from_config<Kind::kTranspose, 1>);
  registry.add_layer("Conv2DTranspose", conv_from_config<Kind::kTranspose, 2>);
  registry.add_layer("Conv3DTranspose", conv_from_config<Kind::kTranspose, 3>);
  registry.add_layer("DepthwiseConv1D", conv_from_config<Kind::kDepthwise, 1>);
  registry.add_layer("DepthwiseConv2D", conv_from_config<Kind::kDepthwise, 2>);
  registry.add_layer("SeparableConv1D", conv_from_config<Kind::kSeparable, 1>);
  registry.add_layer("SeparableConv2D", conv_from_config<Kind::kSeparable, 2>);
}

}  // namespace tern::keras
