#include "tern/keras/losses.h"

#include <array>
#include <span>
#include <string_view>
#include <typeinfo>

#include "keras/naming.h"
#include "keras/squeeze.h"
#include "keras/training/step_scope.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"
#include "tern/ops/nn.h"

namespace tern::keras {
namespace {

using losses::CrossentropyOptions;

/// Probabilities are kept this far from 0 and 1.
constexpr double kEpsilon = 1e-7;

Tensor clip_probability(const Tensor& p) {
  return clip_by_value(p, kEpsilon, 1 - kEpsilon);
}

void check_same_shape(const Tensor& target, const Tensor& output) {
  if (!target.shape().is_compatible_with(output.shape()))
    throw InvalidArgumentError(
        "Arguments `target` and `output` must have the same shape. Received: "
        "target.shape=",
        target.shape(),
        ", output.shape=",
        output.shape());
}

/// log(1 + exp(x)) - x · z without overflow. The selections (not max and abs)
/// keep the gradient sigmoid(x) - z also at x = 0.
Tensor sigmoid_crossentropy(const Tensor& labels, const Tensor& logits) {
  Tensor positive = logits >= 0;
  Tensor relu = where(positive, logits, zeros_like(logits));
  Tensor minus_abs = where(positive, -logits, logits);
  return relu - logits * labels + math::log1p(exp(minus_abs));
}

using Pointwise = Tensor (*)(const Tensor&, const Tensor&, CrossentropyOptions);

Tensor squared(const Tensor& y, const Tensor& p, CrossentropyOptions) {
  return losses::mean_squared_error(y, p);
}
Tensor absolute(const Tensor& y, const Tensor& p, CrossentropyOptions) {
  return losses::mean_absolute_error(y, p);
}

/// What Keras calls one loss; the first name stands in files.
struct Entry {
  std::array<std::string_view, 3> names;
  std::string_view class_name;
  Pointwise function;
};

const std::array<Entry, 5> kLosses = {{
    {{"binary_crossentropy", "bce", "BCE"},
     "BinaryCrossentropy",
     losses::binary_crossentropy},
    {{"categorical_crossentropy", "", ""},
     "CategoricalCrossentropy",
     losses::categorical_crossentropy},
    {{"sparse_categorical_crossentropy", "", ""},
     "SparseCategoricalCrossentropy",
     losses::sparse_categorical_crossentropy},
    {{"mean_squared_error", "mse", "MSE"}, "MeanSquaredError", squared},
    {{"mean_absolute_error", "mae", "MAE"}, "MeanAbsoluteError", absolute},
}};

const Entry& entry_named(std::string_view name) {
  for (const Entry& entry : kLosses) {
    if (entry.class_name == name) return entry;
    for (std::string_view known : entry.names)
      if (known == name && !name.empty()) return entry;
  }
  throw InvalidArgumentError("Could not interpret loss identifier: ", name);
}

/// One of the table.
class BuiltInLoss : public LossBase {
 public:
  BuiltInLoss(const Entry& entry, CrossentropyOptions options)
      : LossBase({.reduction = options.reduction,
                  .name = options.name.empty() ? std::string(entry.names[0])
                                               : options.name}),
        entry_(entry),
        options_(std::move(options)) {}

  Tensor call(const Tensor& y_true, const Tensor& y_pred) override {
    auto [y, p] = squeeze_or_expand_to_same_rank(y_true, y_pred);
    return entry_.function(y, p, options_);
  }

  std::string class_name() const override {
    return std::string(entry_.class_name);
  }

  Config get_config() const override {
    Config config = LossBase::get_config();
    if (entry_.class_name.ends_with("Crossentropy")) {
      config["from_logits"] = options_.from_logits;
      if (!entry_.class_name.starts_with("Sparse"))
        config["label_smoothing"] = options_.label_smoothing;
    }
    return config;
  }

 private:
  const Entry& entry_;
  CrossentropyOptions options_;
};

/// A function of the user's.
class FunctionLoss : public LossBase {
 public:
  explicit FunctionLoss(Loss::Callable function)
      : LossBase({.name = "loss"}), function_(std::move(function)) {}

  Tensor call(const Tensor& y_true, const Tensor& y_pred) override {
    auto [y, p] = squeeze_or_expand_to_same_rank(y_true, y_pred);
    return function_(y, p);
  }

 private:
  Loss::Callable function_;
};

std::shared_ptr<LossBase> built_in(std::string_view name,
                                   CrossentropyOptions options) {
  return std::make_shared<BuiltInLoss>(entry_named(name), std::move(options));
}

CrossentropyOptions without_crossentropy(LossOptions options) {
  return {.reduction = std::move(options.reduction),
          .name = std::move(options.name)};
}

}  // namespace

// ------------------------------------------------------------------ handle

Loss::Loss(std::string name) : identifier_(std::move(name)) {
  const Entry& entry = entry_named(identifier_);
  identifier_ = entry.names[0];
  impl_ = std::make_shared<BuiltInLoss>(entry, CrossentropyOptions{});
}

Loss::Loss(Callable function)
    : impl_(std::make_shared<FunctionLoss>(std::move(function))) {}

Tensor Loss::operator()(const Tensor& y_true,
                        const Tensor& y_pred,
                        const Tensor& sample_weight) const {
  if (!impl_) throw FailedPreconditionError("this Loss handle is empty");
  return impl_->evaluate(y_true, y_pred, sample_weight);
}

std::string Loss::name() const { return impl_ ? impl_->name() : ""; }

Config Loss::serialize() const {
  if (!impl_) return {};
  if (!identifier_.empty()) return identifier_;
  // A function of the user's has no name that a file could hold.
  if (dynamic_cast<const FunctionLoss*>(impl_.get())) return {};
  return Config::object(
      {{"class_name", impl_->class_name()}, {"config", impl_->get_config()}});
}

Loss Loss::deserialize(const Config& config) {
  if (config.is_null()) return {};
  if (config.is_string()) return Loss(config.get<std::string>());
  std::string name = config["class_name"].get<std::string>();
  const Config& options = config["config"];
  // Keras 3 writes a function given by name as {"class_name": "function"}.
  if (options.is_string()) return Loss(options.get<std::string>());
  std::string reduction =
      options.get("reduction", std::string("sum_over_batch_size"));
  return Loss(built_in(
      name,
      {.from_logits = options.get("from_logits", false),
       .label_smoothing = options.get("label_smoothing", 0.0),
       // Keras 2's default.
       .reduction = reduction == "auto" ? "sum_over_batch_size" : reduction,
       .name = options.get("name", std::string())}));
}

// -------------------------------------------------------------------- base

LossBase::LossBase(LossOptions options)
    : name_(std::move(options.name)), reduction_(std::move(options.reduction)) {
  if (reduction_.empty()) reduction_ = "none";
  constexpr std::array<std::string_view, 5> kReductions = {
      "sum_over_batch_size", "mean", "sum", "none", "mean_with_sample_weight"};
  for (std::string_view known : kReductions)
    if (reduction_ == known) return;
  throw InvalidArgumentError(
      "Invalid value for argument `reduction`. Expected one of 'sum', 'none', "
      "'mean', 'sum_over_batch_size', 'mean_with_sample_weight'. Received: "
      "reduction=",
      reduction_);
}

LossBase::~LossBase() = default;

std::string LossBase::class_name() const {
  return class_name_of(typeid(*this));
}

Config LossBase::get_config() const {
  return Config::object({{"reduction", reduction_}, {"name", name_}});
}

Tensor LossBase::evaluate(const Tensor& y_true,
                          const Tensor& y_pred,
                          const Tensor& sample_weight) {
  Tensor values = call(y_true, y_pred);
  Tensor weights;
  if (sample_weight.defined()) {
    std::tie(values, weights) = squeeze_or_expand_to_same_rank(
        values, cast(sample_weight, values.dtype()));
    values = values * weights;
  }
  if (reduction_ == "none" || values.shape().rank() == 0) return values;
  if (reduction_ == "sum") return reduce_sum(values);
  if (reduction_ == "mean_with_sample_weight" && weights.defined())
    return math::divide_no_nan(reduce_sum(values), reduce_sum(weights));
  return reduce_mean(values);
}

// --------------------------------------------------------------- functions

Tensor losses::binary_crossentropy(const Tensor& y_true, const Tensor& y_pred) {
  return binary_crossentropy(y_true, y_pred, {});
}

Tensor losses::binary_crossentropy(const Tensor& y_true,
                                   const Tensor& y_pred,
                                   CrossentropyOptions options) {
  check_same_shape(y_true, y_pred);
  Tensor y = cast(y_true, y_pred.dtype());
  if (options.label_smoothing != 0)
    y = y * (1 - options.label_smoothing) + 0.5 * options.label_smoothing;
  Tensor logits = options.from_logits
                      ? y_pred
                      : StepScope::logits_of(StepScope::Link::kSigmoid, y_pred);
  if (logits.defined())
    return reduce_mean(sigmoid_crossentropy(y, logits), {.axis = -1});
  Tensor p = clip_probability(y_pred);
  return reduce_mean(-(y * log(p) + (1 - y) * log(1 - p)), {.axis = -1});
}

Tensor losses::categorical_crossentropy(const Tensor& y_true,
                                        const Tensor& y_pred) {
  return categorical_crossentropy(y_true, y_pred, {});
}

Tensor losses::categorical_crossentropy(const Tensor& y_true,
                                        const Tensor& y_pred,
                                        CrossentropyOptions options) {
  check_same_shape(y_true, y_pred);
  Tensor y = cast(y_true, y_pred.dtype());
  if (options.label_smoothing != 0) {
    auto classes = static_cast<double>(y_pred.shape()[-1]);
    y = y * (1 - options.label_smoothing) + options.label_smoothing / classes;
  }
  Tensor logits = options.from_logits
                      ? y_pred
                      : StepScope::logits_of(StepScope::Link::kSoftmax, y_pred);
  if (logits.defined()) return nn::softmax_cross_entropy_with_logits(y, logits);
  Tensor sum = reduce_sum(y_pred, {.axis = -1, .keepdims = true});
  return -reduce_sum(y * log(clip_probability(y_pred / sum)), {.axis = -1});
}

Tensor losses::sparse_categorical_crossentropy(const Tensor& y_true,
                                               const Tensor& y_pred) {
  return sparse_categorical_crossentropy(y_true, y_pred, {});
}

Tensor losses::sparse_categorical_crossentropy(const Tensor& y_true,
                                               const Tensor& y_pred,
                                               CrossentropyOptions options) {
  Tensor labels = cast(y_true, int64);
  const Shape& output = y_pred.shape();
  if (labels.shape().rank() == output.rank() && output.rank() > 0 &&
      labels.shape()[-1] == 1)
    labels = squeeze(labels, -1);
  if (output.has_rank() && labels.shape().has_rank() &&
      labels.shape().rank() != output.rank() - 1)
    throw InvalidArgumentError(
        "Argument `output` must have rank (ndim) `target.ndim - 1`. Received: "
        "target.shape=",
        labels.shape(),
        ", output.shape=",
        output);
  Tensor logits = options.from_logits
                      ? y_pred
                      : StepScope::logits_of(StepScope::Link::kSoftmax, y_pred);
  if (!logits.defined()) logits = log(clip_probability(y_pred));
  return nn::sparse_softmax_cross_entropy_with_logits(labels, logits);
}

Tensor losses::mean_squared_error(const Tensor& y_true, const Tensor& y_pred) {
  auto [y, p] =
      squeeze_or_expand_to_same_rank(cast(y_true, y_pred.dtype()), y_pred);
  return reduce_mean(math::squared_difference(y, p), {.axis = -1});
}

Tensor losses::mean_absolute_error(const Tensor& y_true, const Tensor& y_pred) {
  auto [y, p] =
      squeeze_or_expand_to_same_rank(cast(y_true, y_pred.dtype()), y_pred);
  return reduce_mean(abs(y - p), {.axis = -1});
}

// ----------------------------------------------------------------- classes

losses::BinaryCrossentropy::BinaryCrossentropy(CrossentropyOptions options)
    : Loss(built_in("BinaryCrossentropy", std::move(options))) {}

losses::CategoricalCrossentropy::CategoricalCrossentropy(
    CrossentropyOptions options)
    : Loss(built_in("CategoricalCrossentropy", std::move(options))) {}

losses::SparseCategoricalCrossentropy::SparseCategoricalCrossentropy(
    CrossentropyOptions options)
    : Loss(built_in("SparseCategoricalCrossentropy", std::move(options))) {}

losses::MeanSquaredError::MeanSquaredError(LossOptions options)
    : Loss(built_in("MeanSquaredError",
                    without_crossentropy(std::move(options)))) {}

losses::MeanAbsoluteError::MeanAbsoluteError(LossOptions options)
    : Loss(built_in("MeanAbsoluteError",
                    without_crossentropy(std::move(options)))) {}

}  // namespace tern::keras
