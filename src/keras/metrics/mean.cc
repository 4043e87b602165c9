#include <array>
#include <string_view>

#include "keras/metrics/functions.h"
#include "keras/metrics/registry.h"
#include "keras/squeeze.h"
#include "tern/core/error.h"
#include "tern/keras/losses.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"

namespace tern::keras {
namespace {

std::vector<std::int64_t> axes_from(int begin, int end) {
  std::vector<std::int64_t> axes;
  for (int axis = begin; axis < end; ++axis) axes.push_back(axis);
  return axes;
}

/// One value and one weight an example: dimensions the weights lack are
/// reduced first (by mean or sum), then the weights spread over what is left.
void reduce_to_samples(Tensor& values, Tensor& weights, bool sums) {
  auto reduce = [&](int begin) {
    ReduceOptions axes{.axis = axes_from(begin, values.shape().rank())};
    values = sums ? reduce_sum(values, axes) : reduce_mean(values, axes);
  };
  if (weights.defined()) {
    std::tie(values, weights) = squeeze_or_expand_to_same_rank(values, weights);
    int rank = weights.shape().rank();
    if (values.shape().rank() > rank) reduce(rank);
    weights = broadcast_to(weights, shape(values));
    values = values * weights;
    if (rank > 1) weights = reduce_mean(weights, {.axis = axes_from(1, rank)});
  }
  if (values.shape().rank() > 1) reduce(1);
}

class MeanImpl : public MetricBase {
 public:
  using MetricBase::MetricBase;

  void update_state(const Tensor& values,
                    const Tensor& sample_weight,
                    const Tensor&) override {
    accumulate(values, sample_weight);
  }

  Tensor result() override { return math::divide_no_nan(total_, count_); }

 protected:
  Tensor total() const { return total_.read(); }

  void accumulate(Tensor values, Tensor weights, bool sums = false) {
    values = cast(values, dtype());
    if (weights.defined()) weights = cast(weights, dtype());
    reduce_to_samples(values, weights, sums);
    total_.assign_add(reduce_sum(values));
    if (weights.defined())
      count_.assign_add(reduce_sum(weights));
    else if (values.shape().rank() == 0)
      count_.assign_add(constant(1, dtype()));
    else
      count_.assign_add(cast(size(values), dtype()));
  }

 private:
  Variable total_ = add_weight("total");
  Variable count_ = add_weight("count");
};

class SumImpl : public MeanImpl {
 public:
  using MeanImpl::MeanImpl;

  void update_state(const Tensor& values,
                    const Tensor& sample_weight,
                    const Tensor&) override {
    accumulate(values, sample_weight, true);
  }

  Tensor result() override { return total(); }
};

class RootMeanSquaredErrorImpl : public MeanImpl {
 public:
  using MeanImpl::MeanImpl;

  void update_state(const Tensor& y_true,
                    const Tensor& y_pred,
                    const Tensor& sample_weight) override {
    auto [y, p] = squeeze_or_expand_to_same_rank(cast(y_true, dtype()),
                                                 cast(y_pred, dtype()));
    accumulate(math::squared_difference(y, p), sample_weight);
  }

  Tensor result() override { return sqrt(MeanImpl::result()); }
};

/// The mean of a function of labels and predictions.
class MeanMetricWrapperImpl : public MeanImpl {
 public:
  MeanMetricWrapperImpl(std::string class_name,
                        MetricOptions options,
                        Metric::Callable function,
                        Config extra = Config::object())
      : MeanImpl(std::move(options)),
        class_name_(std::move(class_name)),
        function_(std::move(function)),
        extra_(std::move(extra)) {}

  void update_state(const Tensor& y_true,
                    const Tensor& y_pred,
                    const Tensor& sample_weight) override {
    accumulate(function_(y_true, y_pred), sample_weight);
  }

  std::string class_name() const override { return class_name_; }

  Config get_config() const override {
    Config config = MeanImpl::get_config();
    for (const auto& [key, value] : extra_.members()) config[key] = value;
    return config;
  }

 private:
  std::string class_name_;
  Metric::Callable function_;
  Config extra_;
};

using metrics::CrossentropyOptions;

template <auto Function>
Metric::Callable crossentropy(const CrossentropyOptions& options) {
  return [from_logits = options.from_logits,
          smoothing = options.label_smoothing](const Tensor& y_true,
                                               const Tensor& y_pred) {
    auto [y, p] = squeeze_or_expand_to_same_rank(y_true, y_pred);
    return Function(y,
                    p,
                    losses::CrossentropyOptions{.from_logits = from_logits,
                                                .label_smoothing = smoothing});
  };
}

std::shared_ptr<MetricBase> wrap(std::string class_name,
                                 MetricOptions options,
                                 Metric::Callable function,
                                 Config extra = Config::object()) {
  return std::make_shared<MeanMetricWrapperImpl>(std::move(class_name),
                                                 std::move(options),
                                                 std::move(function),
                                                 std::move(extra));
}

template <auto Function>
std::shared_ptr<MetricBase> make_crossentropy(std::string class_name,
                                              CrossentropyOptions options) {
  Config extra = Config::object({{"from_logits", options.from_logits},
                                 {"label_smoothing", options.label_smoothing}});
  return wrap(std::move(class_name),
              {options.name, options.dtype},
              crossentropy<Function>(options),
              std::move(extra));
}

using Crossentropy = Tensor (*)(const Tensor&,
                                const Tensor&,
                                losses::CrossentropyOptions);
constexpr Crossentropy kBinary = losses::binary_crossentropy;
constexpr Crossentropy kCategorical = losses::categorical_crossentropy;
constexpr Crossentropy kSparse = losses::sparse_categorical_crossentropy;

std::shared_ptr<MetricBase> make_binary_accuracy(
    metrics::BinaryAccuracyOptions options) {
  return wrap(
      "BinaryAccuracy",
      {options.name, options.dtype},
      [threshold = options.threshold](const Tensor& y, const Tensor& p) {
        return binary_accuracy(y, p, threshold);
      },
      Config::object({{"threshold", options.threshold}}));
}

std::shared_ptr<MetricBase> make_top_k(bool sparse,
                                       metrics::TopKOptions options) {
  return wrap(
      sparse ? "SparseTopKCategoricalAccuracy" : "TopKCategoricalAccuracy",
      {options.name, options.dtype},
      [sparse, k = options.k](const Tensor& y, const Tensor& p) {
        return sparse ? sparse_top_k_categorical_accuracy(y, p, k)
                      : top_k_categorical_accuracy(y, p, k);
      },
      Config::object({{"k", options.k}}));
}

std::shared_ptr<MetricBase> make_top_k(const Config& config, bool sparse) {
  return make_top_k(
      sparse,
      {.k = config.get("k", 5), .name = config.get("name", std::string())});
}

std::shared_ptr<MetricBase> share(const Metric& metric) {
  return std::dynamic_pointer_cast<MetricBase>(metric.module());
}

/// Keras' names of one metric.
struct Entry {
  std::string_view class_name;
  std::array<std::string_view, 3> names;
  std::shared_ptr<MetricBase> (*make)(const Config& config);
};

MetricOptions common(const Config& config) {
  return {.name = config.get("name", std::string())};
}

CrossentropyOptions crossentropy_options(const Config& config) {
  return {.name = config.get("name", std::string()),
          .from_logits = config.get("from_logits", false),
          .label_smoothing = config.get("label_smoothing", 0.0)};
}

/// The mean of a function without options.
template <Tensor (*Function)(const Tensor&, const Tensor&)>
std::shared_ptr<MetricBase> mean_of(const char* class_name, const Config& c) {
  return wrap(class_name, common(c), Function);
}

const std::array<Entry, 22> kMetrics = {{
    {"Mean",
     {},
     [](const Config& c) { return share(metrics::Mean(common(c))); }},
    {"Sum", {}, [](const Config& c) { return share(metrics::Sum(common(c))); }},
    {"RootMeanSquaredError",
     {},
     [](const Config& c) {
       return share(metrics::RootMeanSquaredError(common(c)));
     }},
    {"Accuracy",
     {},
     [](const Config& c) { return share(metrics::Accuracy(common(c))); }},
    {"BinaryAccuracy",
     {"binary_accuracy"},
     [](const Config& c) {
       return make_binary_accuracy({.name = c.get("name", std::string()),
                                    .threshold = c.get("threshold", 0.5)});
     }},
    {"CategoricalAccuracy",
     {"categorical_accuracy"},
     [](const Config& c) {
       return share(metrics::CategoricalAccuracy(common(c)));
     }},
    {"SparseCategoricalAccuracy",
     {"sparse_categorical_accuracy"},
     [](const Config& c) {
       return share(metrics::SparseCategoricalAccuracy(common(c)));
     }},
    {"MeanSquaredError",
     {"mse", "MSE", "mean_squared_error"},
     [](const Config& c) {
       return share(metrics::MeanSquaredError(common(c)));
     }},
    {"MeanAbsoluteError",
     {"mae", "MAE", "mean_absolute_error"},
     [](const Config& c) {
       return share(metrics::MeanAbsoluteError(common(c)));
     }},
    {"BinaryCrossentropy",
     {"binary_crossentropy", "bce", "BCE"},
     [](const Config& c) {
       return make_crossentropy<kBinary>("BinaryCrossentropy",
                                         crossentropy_options(c));
     }},
    {"CategoricalCrossentropy",
     {"categorical_crossentropy"},
     [](const Config& c) {
       return make_crossentropy<kCategorical>("CategoricalCrossentropy",
                                              crossentropy_options(c));
     }},
    {"SparseCategoricalCrossentropy",
     {"sparse_categorical_crossentropy"},
     [](const Config& c) {
       return make_crossentropy<kSparse>("SparseCategoricalCrossentropy",
                                         crossentropy_options(c));
     }},
    {"MeanAbsolutePercentageError",
     {"mape", "MAPE", "mean_absolute_percentage_error"},
     [](const Config& c) {
       return mean_of<losses::mean_absolute_percentage_error>(
           "MeanAbsolutePercentageError", c);
     }},
    {"MeanSquaredLogarithmicError",
     {"msle", "MSLE", "mean_squared_logarithmic_error"},
     [](const Config& c) {
       return mean_of<losses::mean_squared_logarithmic_error>(
           "MeanSquaredLogarithmicError", c);
     }},
    {"Hinge",
     {"hinge"},
     [](const Config& c) { return mean_of<losses::hinge>("Hinge", c); }},
    {"SquaredHinge",
     {"squared_hinge"},
     [](const Config& c) {
       return mean_of<losses::squared_hinge>("SquaredHinge", c);
     }},
    {"CategoricalHinge",
     {"categorical_hinge"},
     [](const Config& c) {
       return mean_of<losses::categorical_hinge>("CategoricalHinge", c);
     }},
    {"KLDivergence",
     {"kl_divergence", "kld", "KLD"},
     [](const Config& c) {
       return mean_of<losses::kl_divergence>("KLDivergence", c);
     }},
    {"Poisson",
     {"poisson"},
     [](const Config& c) { return mean_of<losses::poisson>("Poisson", c); }},
    {"LogCoshError",
     {"logcosh", "log_cosh"},
     [](const Config& c) {
       return mean_of<losses::log_cosh>("LogCoshError", c);
     }},
    {"TopKCategoricalAccuracy",
     {"top_k_categorical_accuracy"},
     [](const Config& c) { return make_top_k(c, false); }},
    {"SparseTopKCategoricalAccuracy",
     {"sparse_top_k_categorical_accuracy"},
     [](const Config& c) { return make_top_k(c, true); }},
}};

std::vector<double> numbers_of(const Config* list) {
  std::vector<double> numbers;
  if (!list || list->is_null()) return numbers;
  for (const Config& item : list->items())
    numbers.push_back(item.get<double>());
  return numbers;
}

std::shared_ptr<MetricBase> auc_from_config(const Config& config) {
  const Config* weights = config.find("label_weights");
  if (weights && weights->is_string())  // a tensor as Python prints it
    throw UnimplementedError("AUC: label_weights ", *weights);
  return make_auc({.num_thresholds = config.get("num_thresholds", 200),
                   .curve = config.get("curve", std::string("ROC")),
                   .summation_method = config.get("summation_method",
                                                  std::string("interpolation")),
                   .thresholds = numbers_of(config.find("thresholds")),
                   .multi_label = config.get("multi_label", false),
                   .num_labels = config.get("num_labels", 0),
                   .label_weights = numbers_of(weights),
                   .from_logits = config.get("from_logits", false)});
}

}  // namespace

std::shared_ptr<MetricBase> metric_from_config(const std::string& name,
                                               const Config& config) {
  if (name == "AUC" || name == "auc") return auc_from_config(config);
  if (auto confusion = confusion_from_config(name, config)) return confusion;
  for (const Entry& entry : kMetrics) {
    bool found = entry.class_name == name;
    for (std::string_view known : entry.names)
      found = found || (known == name && !name.empty());
    if (found) return entry.make(config);
  }
  throw InvalidArgumentError("Could not interpret metric identifier: ", name);
}

std::shared_ptr<MetricBase> metric_named(const std::string& name) {
  return metric_from_config(name, Config::object());
}

std::shared_ptr<MetricBase> metric_of(Metric::Callable function) {
  return wrap("MeanMetricWrapper", {}, std::move(function));
}

// ----------------------------------------------------------------- classes

metrics::Mean::Mean(MetricOptions options)
    : Metric(std::make_shared<MeanImpl>(std::move(options))) {}

metrics::Sum::Sum(MetricOptions options)
    : Metric(std::make_shared<SumImpl>(std::move(options))) {}

metrics::RootMeanSquaredError::RootMeanSquaredError(MetricOptions options)
    : Metric(std::make_shared<RootMeanSquaredErrorImpl>(std::move(options))) {}

metrics::Accuracy::Accuracy(MetricOptions options)
    : Metric(wrap("Accuracy", std::move(options), accuracy)) {}

metrics::BinaryAccuracy::BinaryAccuracy(BinaryAccuracyOptions options)
    : Metric(make_binary_accuracy(std::move(options))) {}

metrics::CategoricalAccuracy::CategoricalAccuracy(MetricOptions options)
    : Metric(wrap(
          "CategoricalAccuracy", std::move(options), categorical_accuracy)) {}

metrics::SparseCategoricalAccuracy::SparseCategoricalAccuracy(
    MetricOptions options)
    : Metric(wrap("SparseCategoricalAccuracy",
                  std::move(options),
                  sparse_categorical_accuracy)) {}

metrics::MeanSquaredError::MeanSquaredError(MetricOptions options)
    : Metric(wrap(
          "MeanSquaredError", std::move(options), losses::mean_squared_error)) {
}

metrics::MeanAbsoluteError::MeanAbsoluteError(MetricOptions options)
    : Metric(wrap("MeanAbsoluteError",
                  std::move(options),
                  losses::mean_absolute_error)) {}

metrics::BinaryCrossentropy::BinaryCrossentropy(CrossentropyOptions options)
    : Metric(make_crossentropy<kBinary>("BinaryCrossentropy",
                                        std::move(options))) {}

metrics::CategoricalCrossentropy::CategoricalCrossentropy(
    CrossentropyOptions options)
    : Metric(make_crossentropy<kCategorical>("CategoricalCrossentropy",
                                             std::move(options))) {}

metrics::SparseCategoricalCrossentropy::SparseCategoricalCrossentropy(
    CrossentropyOptions options)
    : Metric(make_crossentropy<kSparse>("SparseCategoricalCrossentropy",
                                        std::move(options))) {}

metrics::TopKCategoricalAccuracy::TopKCategoricalAccuracy(TopKOptions options)
    : Metric(make_top_k(false, std::move(options))) {}

metrics::TopKCategoricalAccuracy::TopKCategoricalAccuracy(int k)
    : TopKCategoricalAccuracy(TopKOptions{.k = k}) {}

metrics::SparseTopKCategoricalAccuracy::SparseTopKCategoricalAccuracy(
    TopKOptions options)
    : Metric(make_top_k(true, std::move(options))) {}

metrics::SparseTopKCategoricalAccuracy::SparseTopKCategoricalAccuracy(int k)
    : SparseTopKCategoricalAccuracy(TopKOptions{.k = k}) {}

}  // namespace tern::keras
