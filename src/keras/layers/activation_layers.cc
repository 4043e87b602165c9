// Activations with parameters.

#include "tern/keras/activation_layers.h"

#include "keras/layers/config_parts.h"
#include "keras/object_registry.h"
#include "ops/apply.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"
#include "tern/ops/nn.h"

namespace tern::keras {
namespace {

using Integers = std::vector<std::int64_t>;

/// An elementwise function of one tensor.
class ElementwiseImpl : public LayerBase {
 public:
  explicit ElementwiseImpl(LayerOptions options)
      : LayerBase(std::move(options)) {
    set_built();
  }
  Shape compute_output_shape(const Shape& input) override { return input; }
};

class ReLUImpl : public ElementwiseImpl {
 public:
  ReLUImpl(const layers::ReLUOptions& o, LayerOptions options)
      : ElementwiseImpl(std::move(options)), o_(o) {
    if (o.max_value && *o.max_value < 0)
      throw InvalidArgumentError(
          "max_value of a ReLU layer cannot be a negative value. Received: "
          "max_value=",
          *o.max_value);
    if (o.negative_slope < 0)
      throw InvalidArgumentError(
          "negative_slope of a ReLU layer cannot be a negative value. "
          "Received: negative_slope=",
          o.negative_slope);
    if (o.threshold < 0)
      throw InvalidArgumentError(
          "threshold of a ReLU layer cannot be a negative value. Received: "
          "threshold=",
          o.threshold);
  }

  std::string class_name() const override { return "ReLU"; }

  Tensor call(const Tensor& x, const CallArgs&) override {
    Tensor y;
    if (o_.threshold != 0)
      y = where(x > o_.threshold, x, zeros_like(x));
    else
      y = nn::relu(x);
    if (o_.max_value) y = minimum(y, *o_.max_value);
    if (o_.negative_slope != 0)
      y = y - nn::relu(o_.threshold - x) * o_.negative_slope;
    return y;
  }

  Config get_config() const override {
    Config config = LayerBase::get_config();
    config["max_value"] = o_.max_value ? Config(*o_.max_value) : Config();
    config["negative_slope"] = o_.negative_slope;
    config["threshold"] = o_.threshold;
    return config;
  }

 private:
  layers::ReLUOptions o_;
};

class LeakyReLUImpl : public ElementwiseImpl {
 public:
  LeakyReLUImpl(double slope, LayerOptions options)
      : ElementwiseImpl(std::move(options)), slope_(slope) {
    if (slope < 0)
      throw InvalidArgumentError(
          "The negative_slope value of a Leaky ReLU layer cannot be None or "
          "negative value. Expected a float. Received: negative_slope=",
          slope);
  }
  std::string class_name() const override { return "LeakyReLU"; }
  Tensor call(const Tensor& x, const CallArgs&) override {
    return nn::leaky_relu(x, {.alpha = slope_});
  }
  Config get_config() const override {
    Config config = LayerBase::get_config();
    // Keras 2's name, which Keras 3 takes as well.
    config["alpha"] = slope_;
    return config;
  }

 private:
  double slope_;
};

class ELUImpl : public ElementwiseImpl {
 public:
  ELUImpl(double alpha, LayerOptions options)
      : ElementwiseImpl(std::move(options)), alpha_(alpha) {}
  std::string class_name() const override { return "ELU"; }
  Tensor call(const Tensor& x, const CallArgs&) override {
    Tensor y = nn::elu(x);
    return alpha_ == 1 ? y : where(x > 0, y, y * alpha_);
  }
  Config get_config() const override {
    Config config = LayerBase::get_config();
    config["alpha"] = alpha_;
    return config;
  }

 private:
  double alpha_;
};

class ThresholdedReLUImpl : public ElementwiseImpl {
 public:
  ThresholdedReLUImpl(double theta, LayerOptions options)
      : ElementwiseImpl(std::move(options)), theta_(theta) {}
  std::string class_name() const override { return "ThresholdedReLU"; }
  Tensor call(const Tensor& x, const CallArgs&) override {
    return x * cast(x > theta_, x.dtype());
  }
  Config get_config() const override {
    Config config = LayerBase::get_config();
    config["theta"] = theta_;
    return config;
  }

 private:
  double theta_;
};

class PReLUImpl : public LayerBase {
 public:
  PReLUImpl(WeightParts alpha, Integers shared_axes, LayerOptions options)
      : LayerBase(std::move(options)),
        alpha_parts_(std::move(alpha)),
        shared_axes_(std::move(shared_axes)) {}

  std::string class_name() const override { return "PReLU"; }

  void build(const Shape& input) override {
    Shape slopes = input.slice(1);
    for (std::int64_t axis : shared_axes_)
      slopes.set_dim(static_cast<int>(axis) - 1, 1);
    alpha_ = add_weight("alpha",
                        slopes,
                        {.initializer = alpha_parts_.initializer,
                         .regularizer = alpha_parts_.regularizer,
                         .constraint = alpha_parts_.constraint});
  }

  Tensor call(const Tensor& x, const CallArgs&) override {
    return nn::relu(x) - alpha_ * nn::relu(-x);
  }

  Shape compute_output_shape(const Shape& input) override { return input; }

  Config get_config() const override {
    Config config = LayerBase::get_config();
    write_weight_parts(config, {{"alpha", &alpha_parts_}});
    config["shared_axes"] =
        shared_axes_.empty() ? Config() : list_of(shared_axes_);
    return config;
  }

 private:
  WeightParts alpha_parts_;
  Integers shared_axes_;
  Variable alpha_;
};

class SoftmaxImpl : public ElementwiseImpl {
 public:
  SoftmaxImpl(Ints axis, LayerOptions options)
      : ElementwiseImpl(std::move(options)), axis_(std::move(axis)) {}

  Tensor call(const Tensor& x, const CallArgs& arguments) override {
    const Tensor& mask = arguments.mask;
    if (!mask.defined()) return softmax(x);
    Tensor shown = cast(mask, x.dtype());
    // Far below the others: what exp() makes of it is 0.
    double low = x.dtype() == float16 ? -65504. / 2 : -1e9;
    return softmax(x + (1.0 - shown) * low) * shown;
  }

  Config get_config() const override {
    Config config = LayerBase::get_config();
    config["axis"] =
        axis_.is_scalar() ? Config(axis_.values()[0]) : list_of(axis_.values());
    return config;
  }

 private:
  Tensor softmax(const Tensor& x) const {
    const Integers& axes = axis_.values();
    if (axes.size() == 1)
      return nn::softmax(x, {.axis = static_cast<int>(axes[0])});
    Tensor largest = reduce_max(x, {.axis = axes, .keepdims = true});
    Tensor e = exp(x - stop_gradient(largest));
    return e / reduce_sum(e, {.axis = axes, .keepdims = true});
  }

  Ints axis_;
};

template <class Options>
LayerOptions common(const Options& o) {
  return {.input_shape = o.input_shape,
          .name = o.name,
          .trainable = o.trainable,
          .dtype = o.dtype};
}

Layer relu_from_config(const Config& config) {
  layers::ReLUOptions o;
  if (Config most = part(config, "max_value"); most.is_number())
    o.max_value = most.get<double>();
  o.negative_slope = config.get("negative_slope", 0.0);
  o.threshold = config.get("threshold", 0.0);
  return Layer(std::make_shared<ReLUImpl>(o, common_options(config)));
}

/// Keras 2 calls the slope alpha.
Layer leaky_relu_from_config(const Config& config) {
  const char* key = config.contains("alpha") ? "alpha" : "negative_slope";
  return layers::LeakyReLU(config.get(key, 0.3), common_options(config));
}

}  // namespace

layers::ReLU::ReLU(ReLUOptions options)
    : Layer(std::make_shared<ReLUImpl>(options, common(options))) {}
layers::LeakyReLU::LeakyReLU(double negative_slope, LayerOptions options)
    : Layer(std::make_shared<LeakyReLUImpl>(negative_slope,
                                            std::move(options))) {}
layers::ELU::ELU(double alpha, LayerOptions options)
    : Layer(std::make_shared<ELUImpl>(alpha, std::move(options))) {}
layers::ThresholdedReLU::ThresholdedReLU(double theta, LayerOptions options)
    : Layer(std::make_shared<ThresholdedReLUImpl>(theta, std::move(options))) {}
layers::PReLU::PReLU(PReLUOptions o)
    : Layer(std::make_shared<PReLUImpl>(
          WeightParts{
              o.alpha_initializer, o.alpha_regularizer, o.alpha_constraint},
          o.shared_axes.values(),
          common(o))) {}
layers::Softmax::Softmax(Ints axis, LayerOptions options)
    : Layer(
          std::make_shared<SoftmaxImpl>(std::move(axis), std::move(options))) {}

void register_activation_layers_objects(ObjectRegistry& registry) {
  registry.add_layer("ReLU", relu_from_config);
  registry.add_layer("LeakyReLU", leaky_relu_from_config);
  registry.add_layer("ELU", [](const Config& config) -> Layer {
    return layers::ELU(config.get("alpha", 1.0), common_options(config));
  });
  registry.add_layer("ThresholdedReLU", [](const Config& config) -> Layer {
    return layers::ThresholdedReLU(config.get("theta", 1.0),
                                   common_options(config));
  });
  registry.add_layer("PReLU", [](const Config& config) {
    return Layer(
        std::make_shared<PReLUImpl>(WeightParts::of(config, "alpha"),
                                    integers(part(config, "shared_axes")),
                                    common_options(config)));
  });
  registry.add_layer("Softmax", [](const Config& config) -> Layer {
    Config axis = part(config, "axis");
    return layers::Softmax(
        axis.is_list() ? Ints(integers(axis))
                       : Ints(axis.is_null() ? std::int64_t{-1}
                                             : axis.get<std::int64_t>()),
        common_options(config));
  });
}

}  // namespace tern::keras
