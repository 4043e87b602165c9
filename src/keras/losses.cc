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

/// The options of all built-in losses.
struct Numbers {
  CrossentropyOptions common;
  double delta = 1;
};

using Pointwise = Tensor (*)(const Tensor&, const Tensor&, const Numbers&);

template <Tensor (*Function)(const Tensor&, const Tensor&, CrossentropyOptions)>
Tensor crossentropy(const Tensor& y, const Tensor& p, const Numbers& numbers) {
  return Function(y, p, numbers.common);
}

Tensor huber(const Tensor& y, const Tensor& p, const Numbers& numbers) {
  return losses::huber(y, p, numbers.delta);
}

Tensor cosine(const Tensor& y, const Tensor& p, const Numbers& numbers) {
  return losses::cosine_similarity(y, p, numbers.common.axis);
}

/// What Keras calls one loss; the first name stands in files.
struct Entry {
  std::array<std::string_view, 3> names;
  std::string_view class_name;
  Pointwise function;
};

/// A loss without options.
template <Tensor (*Function)(const Tensor&, const Tensor&)>
Tensor plain(const Tensor& y, const Tensor& p, const Numbers&) {
  return Function(y, p);
}

const std::array<Entry, 15> kLosses = {{
    {{"binary_crossentropy", "bce", "BCE"},
     "BinaryCrossentropy",
     crossentropy<losses::binary_crossentropy>},
    {{"categorical_crossentropy", "", ""},
     "CategoricalCrossentropy",
     crossentropy<losses::categorical_crossentropy>},
    {{"sparse_categorical_crossentropy", "", ""},
     "SparseCategoricalCrossentropy",
     crossentropy<losses::sparse_categorical_crossentropy>},
    {{"mean_squared_error", "mse", "MSE"},
     "MeanSquaredError",
     plain<losses::mean_squared_error>},
    {{"mean_absolute_error", "mae", "MAE"},
     "MeanAbsoluteError",
     plain<losses::mean_absolute_error>},
    {{"mean_absolute_percentage_error", "mape", "MAPE"},
     "MeanAbsolutePercentageError",
     plain<losses::mean_absolute_percentage_error>},
    {{"mean_squared_logarithmic_error", "msle", "MSLE"},
     "MeanSquaredLogarithmicError",
     plain<losses::mean_squared_logarithmic_error>},
    {{"hinge", "", ""}, "Hinge", plain<losses::hinge>},
    {{"squared_hinge", "", ""}, "SquaredHinge", plain<losses::squared_hinge>},
    {{"categorical_hinge", "", ""},
     "CategoricalHinge",
     plain<losses::categorical_hinge>},
    {{"kl_divergence", "kld", "KLD"},
     "KLDivergence",
     plain<losses::kl_divergence>},
    {{"poisson", "", ""}, "Poisson", plain<losses::poisson>},
    {{"log_cosh", "logcosh", ""}, "LogCosh", plain<losses::log_cosh>},
    {{"huber", "huber_loss", ""}, "Huber", huber},
    {{"cosine_similarity", "", ""}, "CosineSimilarity", cosine},
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
  BuiltInLoss(const Entry& entry, Numbers numbers)
      : LossBase({.reduction = numbers.common.reduction,
                  .name = numbers.common.name.empty()
                              ? std::string(entry.names[0])
                              : numbers.common.name}),
        entry_(entry),
        numbers_(std::move(numbers)),
        options_(numbers_.common) {}

  Tensor call(const Tensor& y_true, const Tensor& y_pred) override {
    auto [y, p] = squeeze_or_expand_to_same_rank(y_true, y_pred);
    return entry_.function(y, p, numbers_);
  }

  Tensor mask_of_labels(const Tensor& y_true) override {
    if (!options_.ignore_class) return {};
    return not_equal(cast(y_true, int64), *options_.ignore_class);
  }

  std::string class_name() const override {
    return std::string(entry_.class_name);
  }

  Config get_config() const override {
    Config config = LossBase::get_config();
    if (entry_.class_name.ends_with("Crossentropy")) {
      config["from_logits"] = options_.from_logits;
      if (entry_.class_name.starts_with("Sparse"))
        config["ignore_class"] =
            options_.ignore_class ? Config(*options_.ignore_class) : Config();
      else
        config["label_smoothing"] = options_.label_smoothing;
      config["axis"] = options_.axis;
    }
    if (entry_.class_name == "CosineSimilarity") config["axis"] = options_.axis;
    if (entry_.class_name == "Huber") config["delta"] = numbers_.delta;
    return config;
  }

 private:
  const Entry& entry_;
  Numbers numbers_;
  const CrossentropyOptions& options_;  // among the numbers
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
                                   CrossentropyOptions options,
                                   double delta = 1) {
  return std::make_shared<BuiltInLoss>(entry_named(name),
                                       Numbers{std::move(options), delta});
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
  impl_ = std::make_shared<BuiltInLoss>(entry, Numbers{});
}

Loss::Loss(Callable function)
    : impl_(std::make_shared<FunctionLoss>(std::move(function))) {}

Tensor Loss::operator()(const Tensor& y_true,
                        const Tensor& y_pred,
                        const Tensor& sample_weight,
                        const Tensor& mask) const {
  if (!impl_) throw FailedPreconditionError("this Loss handle is empty");
  return impl_->evaluate(y_true, y_pred, sample_weight, mask);
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
  entry_named(name);
  const Config* given = options.find("reduction");
  std::string reduction = !given             ? "sum_over_batch_size"
                          : given->is_null() ? "none"
                                             : given->get<std::string>();
  const Config* ignored = options.find("ignore_class");
  return Loss(built_in(
      name,
      {.from_logits = options.get("from_logits", false),
       .label_smoothing = options.get("label_smoothing", 0.0),
       .axis = options.get("axis", -1),
       .ignore_class = ignored && !ignored->is_null()
                           ? std::optional(ignored->get<std::int64_t>())
                           : std::nullopt,
       // Keras 2's default.
       .reduction = reduction == "auto" ? "sum_over_batch_size" : reduction,
       .name = options.get("name", std::string())},
      options.get("delta", 1.0)));
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
                          const Tensor& sample_weight,
                          const Tensor& mask) {
  Tensor values = call(y_true, y_pred);
  Tensor weights = sample_weight, counted = mask_of_labels(y_true);
  if (mask.defined())
    counted =
        counted.defined() ? logical_and(counted, cast(mask, bool_)) : mask;
  if (counted.defined()) weights = weights_with_mask(weights, counted, values);
  if (weights.defined()) {
    std::tie(values, weights) =
        squeeze_or_expand_to_same_rank(values, cast(weights, values.dtype()));
    values = values * weights;
  }
  if (reduction_ == "none" || values.shape().rank() == 0) return values;
  if (reduction_ == "sum") return reduce_sum(values);
  if (reduction_ == "mean_with_sample_weight" && weights.defined())
    return math::divide_no_nan(reduce_sum(values), reduce_sum(weights));
  return reduce_mean(values);
}

/// Sample weights that leave out what the mask leaves out. For means, what is
/// left weighs as much more as there is less of it.
Tensor LossBase::weights_with_mask(const Tensor& weights,
                                   const Tensor& mask,
                                   const Tensor& values) const {
  DType dtype = values.dtype();
  Tensor counts = cast(mask, dtype);
  if (reduction_ == "sum_over_batch_size" || reduction_ == "mean")
    counts = counts *
             math::divide_no_nan(cast(size(mask), dtype), reduce_sum(counts));
  if (!weights.defined()) return counts;
  auto [a, b] = squeeze_or_expand_to_same_rank(counts, cast(weights, dtype));
  return a * b;
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

losses::MeanAbsolutePercentageError::MeanAbsolutePercentageError(
    LossOptions options)
    : Loss(built_in("MeanAbsolutePercentageError",
                    without_crossentropy(std::move(options)))) {}

losses::MeanSquaredLogarithmicError::MeanSquaredLogarithmicError(
    LossOptions options)
    : Loss(built_in("MeanSquaredLogarithmicError",
                    without_crossentropy(std::move(options)))) {}

losses::Hinge::Hinge(LossOptions options)
    : Loss(built_in("Hinge", without_crossentropy(std::move(options)))) {}

losses::SquaredHinge::SquaredHinge(LossOptions options)
    : Loss(built_in("SquaredHinge", without_crossentropy(std::move(options)))) {
}

losses::CategoricalHinge::CategoricalHinge(LossOptions options)
    : Loss(built_in("CategoricalHinge",
                    without_crossentropy(std::move(options)))) {}

losses::KLDivergence::KLDivergence(LossOptions options)
    : Loss(built_in("KLDivergence", without_crossentropy(std::move(options)))) {
}

losses::Poisson::Poisson(LossOptions options)
    : Loss(built_in("Poisson", without_crossentropy(std::move(options)))) {}

losses::LogCosh::LogCosh(LossOptions options)
    : Loss(built_in("LogCosh", without_crossentropy(std::move(options)))) {}

losses::Huber::Huber(HuberOptions options)
    : Loss(built_in("Huber",
                    {.reduction = options.reduction, .name = options.name},
                    options.delta)) {}

losses::CosineSimilarity::CosineSimilarity(CosineSimilarityOptions options)
    : Loss(built_in("CosineSimilarity",
                    {.axis = options.axis,
                     .reduction = options.reduction,
                     .name = options.name})) {}

}  // namespace tern::keras
