#include <cstdint>

#include "keras/metrics/registry.h"
#include "ops/apply.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"
#include "tern/ops/nn.h"

namespace tern::keras {
namespace {

/// Threshold i is i / (T - 1); the first and last stand just outside of
/// [0, 1], so that every prediction lies above the one and below the other.
class AucImpl : public MetricBase {
 public:
  explicit AucImpl(metrics::AUCOptions options)
      : MetricBase({.name = options.name, .dtype = options.dtype}),
        thresholds_(options.num_thresholds),
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
    counts_ = add_weight("counts", {2, thresholds_});
  }

  std::string class_name() const override { return "AUC"; }

  /// Adds each example's weight to the bucket (t_i, t_i+1] its prediction
  /// falls in.
  void update_state(const Tensor& y_true,
                    const Tensor& y_pred,
                    const Tensor& sample_weight) override {
    Tensor p = reshape(cast(y_pred, dtype()), {-1});
    if (options_.from_logits) p = sigmoid(p);
    p = clip_by_value(p, 0.0, 1.0);
    Tensor is_negative =
        cast(equal(reshape(cast(y_true, dtype()), {-1}), 0.0), int32);
    Tensor bucket =
        cast(nn::relu(math::ceil(p * (thresholds_ - 1)) - 1.0), int32);
    Tensor weights = ones_like(p);
    if (sample_weight.defined())
      weights = reshape(
          broadcast_to(weights_like(sample_weight, y_pred), shape(y_pred)),
          {-1});
    Tensor counts = raw<"UnsortedSegmentSum">(
        weights, bucket + is_negative * thresholds_, Tensor(2 * thresholds_));
    counts_.assign_add(reshape(counts, {2, thresholds_}));
  }

  Tensor result() override {
    // Predictions above t_i: all buckets from i on.
    Tensor above = cumsum(counts_, {.axis = 1, .reverse = true});
    Tensor true_positives = above[0], false_positives = above[1];
    Tensor positives = true_positives[0], negatives = false_positives[0];
    Tensor recall = math::divide_no_nan(true_positives, positives);
    if (options_.curve == "ROC")
      return area(math::divide_no_nan(false_positives, negatives), recall);
    if (options_.summation_method == "interpolation")
      return interpolated_pr(true_positives, false_positives, positives);
    Tensor precision =
        math::divide_no_nan(true_positives, true_positives + false_positives);
    return area(recall, precision);
  }

  Config get_config() const override {
    Config config = MetricBase::get_config();
    config["num_thresholds"] = thresholds_;
    config["curve"] = options_.curve;
    config["summation_method"] = options_.summation_method;
    config["multi_label"] = false;
    config["num_labels"] = Config();
    config["label_weights"] = Config();
    config["from_logits"] = options_.from_logits;
    return config;
  }

 private:
  /// All but the last, all but the first: the two ends of each interval.
  Tensor left(const Tensor& x) const { return x[Slice{0, thresholds_ - 1}]; }
  Tensor right(const Tensor& x) const { return x[Slice{.start = 1}]; }

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
    return reduce_sum((left(x) - right(x)) * height);
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
    return reduce_sum(math::divide_no_nan(
        slope * (rise + intercept * log(ratio)), positives));
  }

  int thresholds_;
  metrics::AUCOptions options_;
  Variable counts_;  // [positive examples, negative examples], a bucket each
};

}  // namespace

std::shared_ptr<MetricBase> make_auc(metrics::AUCOptions options) {
  return std::make_shared<AucImpl>(std::move(options));
}

metrics::AUC::AUC(AUCOptions options) : Metric(make_auc(std::move(options))) {}

}  // namespace tern::keras
