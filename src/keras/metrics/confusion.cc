#include <algorithm>

#include "keras/metrics/registry.h"
#include "keras/squeeze.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"

namespace tern::keras {
namespace {

using metrics::ThresholdOptions;

/// What is below every threshold: predictions that are not among the top k.
constexpr double kBelowAll = -1e10;

/// Counts of positives and negatives at one or more thresholds.
class ConfusionImpl : public MetricBase {
 public:
  enum class Count {
    kTruePositives,
    kFalsePositives,
    kTrueNegatives,
    kFalseNegatives
  };
  /// The result: the first counts, or their share in both.
  ConfusionImpl(std::string class_name,
                std::vector<Count> counts,
                ThresholdOptions options)
      : MetricBase({.name = options.name, .dtype = options.dtype}),
        class_name_(std::move(class_name)),
        counts_(std::move(counts)),
        options_(std::move(options)),
        thresholds_(options_.thresholds) {
    if (thresholds_.empty())
      thresholds_ = {options_.top_k > 0 ? kBelowAll : 0.5};
    else
      for (double threshold : thresholds_)
        if (!(threshold >= 0 && threshold <= 1))
          throw InvalidArgumentError(
              "Threshold values must be in range [0, 1]. Received: ",
              threshold);
    auto size = static_cast<std::int64_t>(thresholds_.size());
    for (Count count : counts_)
      states_.push_back(add_weight(name_of(count), {size}));
  }

  void update_state(const Tensor& y_true,
                    const Tensor& y_pred,
                    const Tensor& sample_weight) override {
    auto [y, p] = squeeze_or_expand_to_same_rank(cast(y_true, dtype()),
                                                 cast(y_pred, dtype()));
    if (options_.top_k > 0) p = top_of(p);
    Tensor weights = ones_like(p);
    if (sample_weight.defined())
      weights = broadcast_to(weights_like(sample_weight, p), shape(p));
    if (options_.class_id >= 0) {
      auto column = [&](const Tensor& x) {
        return x[{ellipsis, options_.class_id}];
      };
      y = column(y), p = column(p), weights = column(weights);
    }
    auto row = [](const Tensor& x) { return reshape(x, {1, -1}); };
    Tensor is_positive = row(y) > 0.0;
    Tensor predicted =
        row(p) > reshape(cast(Tensor(thresholds_), dtype()), {-1, 1});
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      bool wants_positive = counts_[i] == Count::kTruePositives ||
                            counts_[i] == Count::kFalseNegatives;
      bool wants_predicted = counts_[i] == Count::kTruePositives ||
                             counts_[i] == Count::kFalsePositives;
      Tensor hits =
          logical_and(wants_positive ? is_positive : logical_not(is_positive),
                      wants_predicted ? predicted : logical_not(predicted));
      states_[i].assign_add(
          reduce_sum(cast(hits, dtype()) * row(weights), {.axis = 1}));
    }
  }

  Tensor result() override {
    Tensor value = states_[0].read();
    if (states_.size() > 1)
      value = math::divide_no_nan(value, value + states_[1].read());
    return thresholds_.size() == 1 ? value[0] : value;
  }

  std::string class_name() const override { return class_name_; }

  Config get_config() const override {
    Config config = MetricBase::get_config();
    Config thresholds = Config::list();
    for (double threshold : options_.thresholds)
      thresholds.push_back(threshold);
    config["thresholds"] = options_.thresholds.empty() ? Config() : thresholds;
    if (states_.size() == 1) return config;
    config["top_k"] = options_.top_k > 0 ? Config(options_.top_k) : Config();
    config["class_id"] =
        options_.class_id >= 0 ? Config(options_.class_id) : Config();
    return config;
  }

 private:
  static const char* name_of(Count count) {
    switch (count) {
      case Count::kTruePositives:
        return "true_positives";
      case Count::kFalsePositives:
        return "false_positives";
      case Count::kTrueNegatives:
        return "true_negatives";
      default:
        return "false_negatives";
    }
  }

  /// The k largest of each row stay.
  Tensor top_of(const Tensor& p) const {
    Tensor values = math::top_k(p, options_.top_k).values;
    Tensor least = reduce_min(values, {.axis = -1, .keepdims = true});
    return where(p >= least, p, constant(kBelowAll, p.dtype()));
  }

  Tensor weights_like(const Tensor& weights, const Tensor& p) const {
    Tensor w = cast(weights, dtype());
    while (w.shape().rank() > 0 && w.shape().rank() < p.shape().rank())
      w = expand_dims(w, -1);
    return w;
  }

  std::string class_name_;
  std::vector<Count> counts_;
  ThresholdOptions options_;
  std::vector<double> thresholds_;
  Variables states_;
};

using Count = ConfusionImpl::Count;

struct Entry {
  const char* class_name;
  std::vector<Count> counts;
};

const std::vector<Entry>& entries() {
  static const std::vector<Entry> all = {
      {"TruePositives", {Count::kTruePositives}},
      {"FalsePositives", {Count::kFalsePositives}},
      {"TrueNegatives", {Count::kTrueNegatives}},
      {"FalseNegatives", {Count::kFalseNegatives}},
      {"Precision", {Count::kTruePositives, Count::kFalsePositives}},
      {"Recall", {Count::kTruePositives, Count::kFalseNegatives}}};
  return all;
}

std::shared_ptr<MetricBase> make(const char* class_name,
                                 ThresholdOptions options) {
  for (const Entry& entry : entries())
    if (std::string_view(entry.class_name) == class_name)
      return std::make_shared<ConfusionImpl>(
          class_name, entry.counts, std::move(options));
  return nullptr;
}

}  // namespace

std::shared_ptr<MetricBase> confusion_from_config(const std::string& class_name,
                                                  const Config& config) {
  ThresholdOptions options{.top_k = config.get("top_k", 0),
                           .class_id = config.get("class_id", -1),
                           .name = config.get("name", std::string())};
  if (const Config* given = config.find("thresholds");
      given && !given->is_null())
    for (const Config& threshold :
         given->is_list() ? given->items() : std::vector<Config>{*given})
      options.thresholds.push_back(threshold.get<double>());
  return make(class_name.c_str(), std::move(options));
}

metrics::TruePositives::TruePositives(ThresholdOptions options)
    : Metric(make("TruePositives", std::move(options))) {}

metrics::FalsePositives::FalsePositives(ThresholdOptions options)
    : Metric(make("FalsePositives", std::move(options))) {}

metrics::TrueNegatives::TrueNegatives(ThresholdOptions options)
    : Metric(make("TrueNegatives", std::move(options))) {}

metrics::FalseNegatives::FalseNegatives(ThresholdOptions options)
    : Metric(make("FalseNegatives", std::move(options))) {}

metrics::Precision::Precision(ThresholdOptions options)
    : Metric(make("Precision", std::move(options))) {}

metrics::Recall::Recall(ThresholdOptions options)
    : Metric(make("Recall", std::move(options))) {}

}  // namespace tern::keras
