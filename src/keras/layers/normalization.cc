// Normalization by moments of each example.

#include "tern/keras/normalization.h"

#include <algorithm>

#include "keras/layers/config_parts.h"
#include "keras/object_registry.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"
#include "tern/ops/nn.h"

namespace tern::keras {
namespace {

using Integers = std::vector<std::int64_t>;

struct Settings {
  Integers axis = {-1};
  std::int64_t groups = 0;  // of GroupNormalization
  double epsilon = 0.001;
  bool center = true, scale = true;
  WeightParts beta, gamma;

  void write(Config& config) const {
    config["epsilon"] = epsilon;
    config["center"] = center;
    config["scale"] = scale;
    config["beta_initializer"] = beta.initializer.serialize();
    config["gamma_initializer"] = gamma.initializer.serialize();
    config["beta_regularizer"] = beta.regularizer.serialize();
    config["gamma_regularizer"] = gamma.regularizer.serialize();
    config["beta_constraint"] = beta.constraint.serialize();
    config["gamma_constraint"] = gamma.constraint.serialize();
  }
  static Settings of(const Config& config) {
    Settings s;
    if (Integers axis = integers(part(config, "axis")); !axis.empty())
      s.axis = axis;
    s.groups = config.get<std::int64_t>("groups", 32);
    s.epsilon = config.get("epsilon", 0.001);
    s.center = config.get("center", true);
    s.scale = config.get("scale", true);
    s.beta = WeightParts::of(config, "beta");
    s.gamma = WeightParts::of(config, "gamma");
    return s;
  }
};

Integers from_front(Integers axes, int rank) {
  for (std::int64_t& axis : axes) {
    if (axis < 0) axis += rank;
    if (axis < 0 || axis >= rank)
      throw InvalidArgumentError(
          "Invalid axis. Expected one of an input of rank ", rank);
  }
  std::sort(axes.begin(), axes.end());
  return axes;
}

/// What LayerNormalization and GroupNormalization share: gamma, beta, and
/// moments in float32 at least.
class MomentsImpl : public LayerBase {
 public:
  MomentsImpl(Settings settings, LayerOptions options)
      : LayerBase(std::move(options)), s_(std::move(settings)) {}

  Shape compute_output_shape(const Shape& input) override { return input; }

 protected:
  void add_parameters(const Shape& shape) {
    auto options = [](const WeightParts& parts) {
      return WeightOptions{.initializer = parts.initializer,
                           .regularizer = parts.regularizer,
                           .constraint = parts.constraint};
    };
    if (s_.scale) gamma_ = add_weight("gamma", shape, options(s_.gamma));
    if (s_.center) beta_ = add_weight("beta", shape, options(s_.beta));
  }

  /// x normalized over `axes`; the parameters are given `parameters` as shape.
  Tensor normalize(const Tensor& x,
                   const Integers& axes,
                   const Shape& parameters) const {
    auto [mean, variance] = nn::moments(x, axes, {.keepdims = true});
    auto wide = [&](const Variable& parameter) {
      return cast(reshape(parameter, parameters), x.dtype());
    };
    return nn::batch_normalization(x,
                                   mean,
                                   variance,
                                   s_.center ? wide(beta_) : Tensor(),
                                   s_.scale ? wide(gamma_) : Tensor(),
                                   s_.epsilon);
  }

  static Tensor widened(const Tensor& x) {
    bool narrow = x.dtype() == float16 || x.dtype() == bfloat16;
    return narrow ? cast(x, float32) : x;
  }

  Settings s_;
  Variable gamma_, beta_;
};

class LayerNormalizationImpl : public MomentsImpl {
 public:
  using MomentsImpl::MomentsImpl;

  void build(const Shape& input) override {
    axes_ = from_front(s_.axis, input.rank());
    Integers sizes;
    parameters_ = Integers(static_cast<std::size_t>(input.rank()), 1);
    for (std::int64_t axis : axes_) {
      sizes.push_back(input[static_cast<int>(axis)]);
      parameters_[static_cast<std::size_t>(axis)] = sizes.back();
    }
    add_parameters(Shape(sizes));
  }

  Tensor call(const Tensor& x, const CallArgs&) override {
    Tensor y = normalize(widened(x), axes_, Shape(parameters_));
    return y.dtype() == x.dtype() ? y : cast(y, x.dtype());
  }

  Config get_config() const override {
    Config config = LayerBase::get_config();
    config["axis"] = list_of(s_.axis);
    s_.write(config);
    return config;
  }

 private:
  Integers axes_, parameters_;
};

/// [batch, …, channels, …] as [batch, …, groups, channels / groups, …].
class GroupNormalizationImpl : public MomentsImpl {
 public:
  using MomentsImpl::MomentsImpl;

  void build(const Shape& input) override {
    axis_ = static_cast<int>(from_front(s_.axis, input.rank())[0]);
    channels_ = input[axis_];
    if (channels_ < 0)
      throw InvalidArgumentError(
          "Axis ",
          axis_,
          " of input tensor should have a defined dimension but the layer "
          "received an input with shape ",
          input,
          ".");
    groups_ = s_.groups == -1 ? channels_ : s_.groups;
    if (groups_ <= 0 || channels_ < groups_ || channels_ % groups_ != 0)
      throw InvalidArgumentError("Number of groups (",
                                 groups_,
                                 ") must be a multiple of the number of "
                                 "channels (",
                                 channels_,
                                 ").");
    add_parameters(Shape({channels_}));
  }

  Tensor call(const Tensor& x, const CallArgs&) override {
    int rank = x.shape().rank();
    Integers axes, parameters(static_cast<std::size_t>(rank + 1), 1);
    for (int i = 1; i <= rank; ++i)
      if (i != axis_) axes.push_back(i);
    parameters[static_cast<std::size_t>(axis_)] = groups_;
    parameters[static_cast<std::size_t>(axis_) + 1] = channels_ / groups_;
    Tensor sizes = shape(x);
    Tensors dims;
    for (int i = 0; i < rank; ++i) {
      if (i == axis_) dims.push_back(constant(groups_, int32));
      dims.push_back(i == axis_ ? constant(channels_ / groups_, int32)
                                : sizes[i]);
    }
    Tensor y =
        normalize(reshape(widened(x), stack(dims)), axes, Shape(parameters));
    y = reshape(y, sizes);
    return y.dtype() == x.dtype() ? y : cast(y, x.dtype());
  }

  Config get_config() const override {
    Config config = LayerBase::get_config();
    config["groups"] = s_.groups;
    config["axis"] = s_.axis[0];
    s_.write(config);
    return config;
  }

 private:
  int axis_ = -1;
  std::int64_t channels_ = 0, groups_ = 0;
};

class UnitNormalizationImpl : public LayerBase {
 public:
  UnitNormalizationImpl(Ints axis, LayerOptions options)
      : LayerBase(std::move(options)), axis_(std::move(axis)) {
    set_built();
  }

  Tensor call(const Tensor& x, const CallArgs&) override {
    Tensor squares = reduce_sum(square(x), {.axis = axis_, .keepdims = true});
    return x * math::rsqrt(maximum(squares, 1e-12));
  }

  Shape compute_output_shape(const Shape& input) override { return input; }

  Config get_config() const override {
    Config config = LayerBase::get_config();
    config["axis"] =
        axis_.is_scalar() ? Config(axis_.values()[0]) : list_of(axis_.values());
    return config;
  }

 private:
  Ints axis_;
};

template <class Options>
LayerOptions common(const Options& o) {
  return {.input_shape = o.input_shape,
          .name = o.name,
          .trainable = o.trainable,
          .dtype = o.dtype};
}

template <class Options>
Settings settings_of(const Options& o, Integers axis, std::int64_t groups) {
  return {
      .axis = std::move(axis),
      .groups = groups,
      .epsilon = o.epsilon,
      .center = o.center,
      .scale = o.scale,
      .beta = {o.beta_initializer, o.beta_regularizer, o.beta_constraint},
      .gamma = {o.gamma_initializer, o.gamma_regularizer, o.gamma_constraint}};
}

}  // namespace

layers::LayerNormalization::LayerNormalization(LayerNormalizationOptions o)
    : Layer(std::make_shared<LayerNormalizationImpl>(
          settings_of(o, o.axis.values(), 0), common(o))) {}
layers::GroupNormalization::GroupNormalization(int groups,
                                               GroupNormalizationOptions o)
    : Layer(std::make_shared<GroupNormalizationImpl>(
          settings_of(o, {o.axis}, groups), common(o))) {}
layers::UnitNormalization::UnitNormalization(UnitNormalizationOptions o)
    : Layer(std::make_shared<UnitNormalizationImpl>(o.axis, common(o))) {}

void register_normalization_objects(ObjectRegistry& registry) {
  registry.add_layer("LayerNormalization", [](const Config& config) {
    if (config.get("rms_scaling", false))
      throw UnimplementedError("LayerNormalization with rms_scaling");
    return Layer(std::make_shared<LayerNormalizationImpl>(
        Settings::of(config), common_options(config)));
  });
  registry.add_layer("GroupNormalization", [](const Config& config) {
    return Layer(std::make_shared<GroupNormalizationImpl>(
        Settings::of(config), common_options(config)));
  });
  registry.add_layer("UnitNormalization", [](const Config& config) {
    Config axis = part(config, "axis");
    return Layer(std::make_shared<UnitNormalizationImpl>(
        axis.is_list() ? Ints(integers(axis)) : Ints(axis.get<std::int64_t>()),
        common_options(config)));
  });
}

}  // namespace tern::keras
