#include <algorithm>
#include <cstdint>

#include "keras/metrics/registry.h"
#include "ops/apply.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"
#include "tern/ops/nn.h"

namespace tern::keras {
namespace {

/// Threshold i is i / (T - 1), or one given; the first and last stand just
/// outside of [0, 1], so that every prediction lies above the one and below the
/// other.
class AucImpl : public MetricBase {
 public:
  explicit AucImpl(metrics::AUCOptions options)
      : MetricBase({.name = options.name, .dtype = options.dtype}),
        thresholds_(options.thresholds.empty()
                        ? options.num_thresholds
                        : static_cast<int>(options.thresholds.size()) + 2),
        options_(std::move(options)) {
    if (thresholds_ < 2)
      throw InvalidArgumentError(
          "Argument `num_thresholds` must be an integer > 1. Received: "
          "num_thresholds=",
          thresholds_);
    if (options_.curve != "ROC" && options_.curve != "PR")
      throw InvalidArgumentError("Invalid AUC curve value: \"",
                                 options_.curve,
                                 "\". Expected values are [\"PR\", \"ROC\"]");
    const std::string& method = options_.summation_method;
    if (method != "interpolation" && method != "minoring" &&
        method != "majoring")
      throw InvalidArgumentError(
          "Invalid AUC summation method value: \"",
          method,
          "\". Expected values are [\"interpolation\", \"majoring\", "
          "\"minoring\"]");
    std::sort(options_.thresholds.begin(), options_.thresholds.end());
    if (!options_.multi_label) options_.num_labels = 1;
    if (options_.num_labels > 0) make_counts();
  }

  std::string class_name() const override { return "AUC"; }

  /// Adds each example's weight to the bucket (t_i, t_i+1] its prediction
  /// falls in.
  void update_state(const Tensor& y_true,
                    const Tensor& y_pred,
                    const Tensor& sample_weight) override {
    if (options_.num_labels == 0) {
      options_.num_labels = static_cast<int>(y_pred.shape()[-1]);
      make_counts();
    }
    int labels = options_.num_labels;
    Tensor p = reshape(cast(y_pred, dtype()), {-1});
    if (options_.from_logits) p = sigmoid(p);
    Tensor is_negative =
        cast(equal(reshape(cast(y_true, dtype()), {-1}), 0.0), int32);
    // Which label a prediction is of: they take turns.
    Tensor label = floormod(range(size(p)), labels);
    Tensor weights = ones_like(p);
    if (sample_weight.defined())
      weights = reshape(
          broadcast_to(weights_like(sample_weight, y_pred), shape(y_pred)),
          {-1});
    Tensor counts =
        raw<"UnsortedSegmentSum">(weights,
                                  bucket_of(clip_by_value(p, 0.0, 1.0)) +
                                      (is_negative + 2 * label) * thresholds_,
                                  Tensor(2 * labels * thresholds_));
    counts_.assign_add(reshape(counts, {labels, 2, thresholds_}));
  }

  Tensor result() override {
    // Predictions above t_i: all buckets from i on.
    Tensor areas = areas_of_labels();
    if (options_.label_weights.empty()) return reduce_mean(areas);
    Tensor weights = cast(Tensor(options_.label_weights), dtype());
    return math::divide_no_nan(reduce_sum(areas * weights),
                               reduce_sum(weights));
  }

  Config get_config() const override {
    Config config = MetricBase::get_config();
    config["num_thresholds"] = thresholds_;
    config["curve"] = options_.curve;
    config["summation_method"] = options_.summation_method;
    config["multi_label"] = options_.multi_label;
    config["num_labels"] =
        options_.multi_label ? Config(options_.num_labels) : Config();
    config["label_weights"] = options_.label_weights.empty()
                                  ? Config()
                                  : list(options_.label_weights);
    config["from_logits"] = options_.from_logits;
    if (!options_.thresholds.empty())
      config["thresholds"] = list(options_.thresholds);
    return config;
  }

 private:
  static Config list(const std::vector<double>& numbers) {
    Config list = Config::list();
    for (double number : numbers) list.push_back(number);
    return list;
  }

  void make_counts() {
    counts_ = add_weight("counts", {options_.num_labels, 2, thresholds_});
  }

  /// Bucket i holds the predictions in (t_i, t_i+1].
  Tensor bucket_of(const Tensor& p) const {
    if (options_.thresholds.empty())
      return cast(nn::relu(math::ceil(p * (thresholds_ - 1)) - 1.0), int32);
    Tensor thresholds = cast(Tensor(options_.thresholds), dtype());
    return reduce_sum(cast(expand_dims(p, -1) > thresholds, int32),
                      {.axis = -1});
  }

  /// One area a label.
  Tensor areas_of_labels() const {
    // Predictions above t_i: all buckets from i on.
    Tensor above = cumsum(counts_, {.axis = 2, .reverse = true});
    Tensor true_positives = above[{Slice{}, 0}],
           false_positives = above[{Slice{}, 1}];
    Tensor positives = true_positives[{Slice{}, Slice{0, 1}}],
           negatives = false_positives[{Slice{}, Slice{0, 1}}];
    Tensor recall = math::divide_no_nan(true_positives, positives);
    if (options_.curve == "ROC")
      return area(math::divide_no_nan(false_positives, negatives), recall);
    if (options_.summation_method == "interpolation")
      return interpolated_pr(true_positives, false_positives, positives);
    Tensor precision =
        math::divide_no_nan(true_positives, true_positives + false_positives);
    return area(recall, precision);
  }

  /// All but the last, all but the first: the two ends of each interval.
  Tensor left(const Tensor& x) const {
    return x[{Slice{}, Slice{0, thresholds_ - 1}}];
  }
  Tensor right(const Tensor& x) const {
    return x[{Slice{}, Slice{.start = 1}}];
  }

  /// Weights [batch] of predictions [batch, 1] stand for one row each.
  Tensor weights_like(const Tensor& weights, const Tensor& y_pred) const {
    Tensor cast_weights = cast(weights, dtype());
    while (cast_weights.shape().rank() > 0 &&
           cast_weights.shape().rank() < y_pred.shape().rank())
      cast_weights = expand_dims(cast_weights, -1);
    return cast_weights;
  }

  Tensor area(const Tensor& x, const Tensor& y) const {
    Tensor height;
    if (options_.summation_method == "minoring")
      height = minimum(left(y), right(y));
    else if (options_.summation_method == "majoring")
      height = maximum(left(y), right(y));
    else
      height = (left(y) + right(y)) / 2.0;
    return reduce_sum((left(x) - right(x)) * height, {.axis = 1});
  }

  /// Davis & Goadrich, "The relationship between precision-recall and ROC
  /// curves", 2006: between two thresholds true positives are a linear
  /// function of all predicted positives, and the area under their quotient
  /// has a closed form.
  Tensor interpolated_pr(const Tensor& true_positives,
                         const Tensor& false_positives,
                         const Tensor& positives) const {
    Tensor predicted = true_positives + false_positives;
    Tensor rise = left(true_positives) - right(true_positives);
    Tensor slope = math::divide_no_nan(
        rise, maximum(left(predicted) - right(predicted), 0.0));
    Tensor intercept = right(true_positives) - slope * right(predicted);
    Tensor both = (left(predicted) > 0.0) & (right(predicted) > 0.0);
    Tensor ratio = where(
        both, math::divide_no_nan(left(predicted), right(predicted)), 1.0);
    return reduce_sum(
        math::divide_no_nan(slope * (rise + intercept * log(ratio)), positives),
        {.axis = 1});
  }

  int thresholds_;
  metrics::AUCOptions options_;
  Variable counts_;  // [labels, positive and negative examples, buckets]
};

}  // namespace

std::shared_ptr<MetricBase> make_auc(metrics::AUCOptions options) {
  return std::make_shared<AucImpl>(std::move(options));
}

metrics::AUC::AUC(AUCOptions options) : Metric(make_auc(std::move(options))) {}

}  // namespace tern::keras
