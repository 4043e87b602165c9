#include <cmath>

#include "keras/layers/config_parts.h"
#include "keras/object_registry.h"
#include "tern/core/error.h"
#include "tern/keras/normalization.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"
#include "tern/ops/nn.h"

namespace tern::keras {
namespace {

struct Settings {
  int axis = -1;
  double momentum = 0.99, epsilon = 0.001;
  bool center = true, scale = true;
  WeightParts beta, gamma;
  Initializer moving_mean, moving_variance;
};

class BatchNormalizationImpl : public LayerBase {
 public:
  BatchNormalizationImpl(Settings settings, LayerOptions options)
      : LayerBase(std::move(options)), s_(std::move(settings)) {}

  void build(const Shape& input) override {
    axis_ = s_.axis < 0 ? s_.axis + input.rank() : s_.axis;
    if (axis_ < 0 || axis_ >= input.rank() || input[axis_] < 0)
      throw InvalidArgumentError(
          "BatchNormalization \"",
          name(),
          "\": axis ",
          s_.axis,
          " of the input must have a known size, got shape ",
          input);
    Shape channels({input[axis_]});
    auto options = [](const WeightParts& parts) {
      return WeightOptions{.initializer = parts.initializer,
                           .regularizer = parts.regularizer,
                           .constraint = parts.constraint};
    };
    if (s_.scale) gamma_ = add_weight("gamma", channels, options(s_.gamma));
    if (s_.center) beta_ = add_weight("beta", channels, options(s_.beta));
    mean_ = add_weight("moving_mean",
                       channels,
                       {.initializer = s_.moving_mean, .trainable = false});
    variance_ =
        add_weight("moving_variance",
                   channels,
                   {.initializer = s_.moving_variance, .trainable = false});
  }

  Tensor call(const Tensor& x, const CallArgs& arguments) override {
    bool trains = arguments.training.value_or(false) && trainable();
    Tensor wide = is_narrow(x.dtype()) ? cast(x, float32) : x;
    Tensor y = wide.dtype() == float32 && !arguments.mask.defined() &&
                       is_fusable(wide.shape())
                   ? fused(wide, trains)
                   : composed(wide, trains, arguments.mask);
    return y.dtype() == x.dtype() ? y : cast(y, x.dtype());
  }

  Shape compute_output_shape(const Shape& input) override { return input; }

  void behave_as_keras_2() override { averages_unbiased_ = true; }

  Config get_config() const override {
    Config config = LayerBase::get_config();
    config["axis"] = s_.axis;
    config["momentum"] = s_.momentum;
    config["epsilon"] = s_.epsilon;
    config["center"] = s_.center;
    config["scale"] = s_.scale;
    config["beta_initializer"] = s_.beta.initializer.serialize();
    config["gamma_initializer"] = s_.gamma.initializer.serialize();
    config["moving_mean_initializer"] = s_.moving_mean.serialize();
    config["moving_variance_initializer"] = s_.moving_variance.serialize();
    config["beta_regularizer"] = s_.beta.regularizer.serialize();
    config["gamma_regularizer"] = s_.gamma.regularizer.serialize();
    config["beta_constraint"] = s_.beta.constraint.serialize();
    config["gamma_constraint"] = s_.gamma.constraint.serialize();
    return config;
  }

 private:
  static bool is_narrow(DType dtype) {
    return dtype == float16 || dtype == bfloat16;
  }
  /// Seen as an image: channels last, or second of four or five dimensions.
  bool is_fusable(const Shape& x) const {
    int rank = x.rank();
    if (rank < 2) return false;
    return axis_ == rank - 1 || (axis_ == 1 && rank >= 4 && rank <= 5);
  }

  Tensor gamma(const Tensor& like) const {
    return s_.scale ? gamma_.read() : ones_like(like);
  }
  Tensor beta(const Tensor& like) const {
    return s_.center ? beta_.read() : zeros_like(like);
  }

  Tensor fused(const Tensor& x, bool trains) {
    int rank = x.shape().rank();
    bool first = axis_ != rank - 1;
    bool is_image = first || rank == 4;
    Tensor image = is_image ? x : reshape(x, {-1, 1, 1, x.shape()[-1]});
    Tensor mean = mean_.read(), variance = variance_.read();
    std::string space = rank == 5 && first ? "DHW" : "HW";
    nn::FusedBatchNormOptions options{
        .epsilon = s_.epsilon,
        .data_format = first ? "NC" + space : "NHWC",
        .is_training = trains};
    if (!trains) {
      options.mean = mean;
      options.variance = variance;
    }
    nn::FusedBatchNorm result =
        nn::fused_batch_norm(image, gamma(mean), beta(mean), options);
    if (trains) {
      Tensor batch_variance = result.running_variance;
      bool is_keras_2_image = averages_unbiased_ && rank >= 4;
      if (!is_keras_2_image) batch_variance = biased(batch_variance, x);
      follow(result.running_mean, batch_variance);
    }
    if (is_image) return result.y;
    return x.shape().is_fully_known() ? reshape(result.y, x.shape())
                                      : reshape(result.y, shape(x));
  }

  /// variance · (n - 1) / n for n elements a channel.
  Tensor biased(const Tensor& variance, const Tensor& x) const {
    Shape one_channel = x.shape();
    one_channel.set_dim(axis_, 1);
    if (one_channel.is_fully_known()) {
      auto n = static_cast<double>(one_channel.num_elements());
      return n > 0 ? variance * ((n - 1) / n) : variance;
    }
    Tensor n = cast(size(x), float32) / static_cast<double>(x.shape()[axis_]);
    return variance * ((n - 1.0) / n);
  }

  Tensor composed(const Tensor& x, bool trains, const Tensor& mask) {
    int rank = x.shape().rank();
    std::vector<std::int64_t> axes, spread(static_cast<std::size_t>(rank), 1);
    for (int i = 0; i < rank; ++i)
      if (i != axis_) axes.push_back(i);
    spread[static_cast<std::size_t>(axis_)] = -1;
    Tensor mean = mean_.read(), variance = variance_.read();
    if (trains) {
      std::tie(mean, variance) = moments_of(x, axes, mask);
      Tensor averaged = variance;
      follow(mean, averaged);
    }
    auto wide = [&](const Tensor& channels) {
      return reshape(channels, Shape(spread));
    };
    return nn::batch_normalization(x,
                                   wide(mean),
                                   wide(variance),
                                   s_.center ? wide(beta_) : Tensor(),
                                   s_.scale ? wide(gamma_) : Tensor(),
                                   s_.epsilon);
  }

  static std::pair<Tensor, Tensor> moments_of(
      const Tensor& x,
      const std::vector<std::int64_t>& axes,
      const Tensor& mask) {
    if (!mask.defined()) {
      auto [mean, variance] = nn::moments(x, axes);
      return {mean, variance};
    }
    // Only the steps that the mask lets through count.
    Tensor weights = cast(mask, x.dtype());
    while (weights.shape().rank() < x.shape().rank())
      weights = expand_dims(weights, -1);
    ReduceOptions keep{.axis = axes, .keepdims = true};
    Tensor count = reduce_sum(weights, keep) + 1e-7;
    Tensor mean = reduce_sum(x * weights, keep) / count;
    Tensor variance = reduce_sum(square(x - mean) * weights, keep) / count;
    return {squeeze(mean, axes), squeeze(variance, axes)};
  }

  /// The moving averages take a step towards the batch's moments.
  void follow(const Tensor& mean, const Tensor& variance) {
    auto step = [&](const Variable& average, const Tensor& value) {
      average.assign(average.read() * s_.momentum +
                     cast(value, average.dtype()) * (1 - s_.momentum));
    };
    step(mean_, mean);
    step(variance_, variance);
  }

  Settings s_;
  int axis_ = -1;
  bool averages_unbiased_ = false;
  Variable gamma_, beta_, mean_, variance_;
};

Layer batch_normalization_from_config(const Config& config) {
  for (const char* key : {"renorm", "synchronized"})
    if (config.get(key, false))
      throw UnimplementedError(
          "BatchNormalization: ", key, " is not supported");
  Settings s;
  std::vector<std::int64_t> axis = integers(part(config, "axis"));
  if (axis.size() > 1)
    throw UnimplementedError("BatchNormalization over several axes");
  if (axis.size() == 1) s.axis = static_cast<int>(axis[0]);
  s.momentum = config.get("momentum", 0.99);
  s.epsilon = config.get("epsilon", 0.001);
  s.center = config.get("center", true);
  s.scale = config.get("scale", true);
  s.beta = WeightParts::of(config, "beta");
  s.gamma = WeightParts::of(config, "gamma");
  s.moving_mean =
      Initializer::deserialize(part(config, "moving_mean_initializer"));
  s.moving_variance =
      Initializer::deserialize(part(config, "moving_variance_initializer"));
  return Layer(std::make_shared<BatchNormalizationImpl>(
      std::move(s), common_options(config)));
}

}  // namespace

layers::BatchNormalization::BatchNormalization(BatchNormalizationOptions o)
    : Layer(std::make_shared<BatchNormalizationImpl>(
          Settings{.axis = o.axis,
                   .momentum = o.momentum,
                   .epsilon = o.epsilon,
                   .center = o.center,
                   .scale = o.scale,
                   .beta = {o.beta_initializer,
                            o.beta_regularizer,
                            o.beta_constraint},
                   .gamma = {o.gamma_initializer,
                             o.gamma_regularizer,
                             o.gamma_constraint},
                   .moving_mean = o.moving_mean_initializer,
                   .moving_variance = o.moving_variance_initializer},
          LayerOptions{.input_shape = o.input_shape,
                       .name = o.name,
                       .trainable = o.trainable,
                       .dtype = o.dtype})) {}

void register_batch_normalization_objects(ObjectRegistry& registry) {
  registry.add_layer("BatchNormalization", batch_normalization_from_config);
  registry.add_layer("BatchNormalizationV1", batch_normalization_from_config);
}

}  // namespace tern::keras
