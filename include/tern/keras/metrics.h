#pragma once

#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "tern/keras/config.h"
#include "tern/keras/handle.h"
#include "tern/keras/layer.h"
#include "tern/module.h"

namespace tern::keras {

class MetricBase;

/// A metric: a name ("accuracy", "AUC"), a function of (y_true, y_pred) whose
/// mean is meant, or one of `metrics`; shared by its copies.
class Metric {
 public:
  using Function = Tensor (*)(const Tensor&, const Tensor&);
  using Callable = std::function<Tensor(const Tensor&, const Tensor&)>;

  Metric() = default;
  /// Throws InvalidArgumentError for a name Keras does not know. "accuracy"
  /// and "acc" become binary, categorical or sparse categorical accuracy when
  /// the shapes are known.
  Metric(const char* name) : Metric(std::string(name)) {}
  Metric(std::string name);
  Metric(Function function) : Metric(Callable(function)) {}
  template <class F>
  requires(std::is_invocable_r_v<Tensor, F, const Tensor&, const Tensor&> &&
           !std::derived_from<F, Metric> && !std::same_as<F, Callable>)
      Metric(F function)
      : Metric(Callable(std::move(function))) {}
  Metric(Callable function);
  Metric(std::shared_ptr<MetricBase> impl);

  /// (y_true, y_pred), and sample weights if any; Mean takes (values), and
  /// sample weights if any.
  void update_state(const Tensor& y_true,
                    const Tensor& y_pred = {},
                    const Tensor& sample_weight = {}) const;
  /// The metric of everything since the last reset, a scalar.
  Tensor result() const;
  void reset_state() const;
  std::string name() const;
  Variables variables() const;

  /// This metric, or what "accuracy" means for such labels and predictions.
  Metric resolve(const Shape& y_true, const Shape& y_pred) const;
  /// As in a file: a name, {"class_name": …, "config": …}, null for a function.
  Config serialize() const;
  static Metric deserialize(const Config& config);

  MetricBase* impl() const { return impl_.get(); }
  std::shared_ptr<Module> module() const;
  explicit operator bool() const { return impl_ || !identifier_.empty(); }

 protected:
  MetricBase& get() const;

  std::shared_ptr<MetricBase> impl_;
  std::string identifier_;
};

struct MetricOptions {
  std::string name = {};
  DType dtype = {};
};

/// The base of all metrics, for users to derive from: weights for the state,
/// `update_state` and `result`.
class MetricBase : public Module {
 public:
  using Face = Metric;
  using Options = MetricOptions;

  explicit MetricBase(MetricOptions options = {});

  virtual void update_state(const Tensor& y_true,
                            const Tensor& y_pred,
                            const Tensor& sample_weight) = 0;
  virtual Tensor result() = 0;
  /// The default sets all variables to zero.
  virtual void reset_state();
  virtual Config get_config() const;
  virtual std::string class_name() const;

  DType dtype() const { return dtype_; }
  void ensure_name();
  using Module::set_name;

 protected:
  /// A variable of the state, zeros unless an initializer is given.
  Variable add_weight(std::string name,
                      const Shape& shape = {},
                      WeightOptions options = {});

 private:
  DType dtype_;
};

namespace metrics {

using keras::Metric, keras::MetricBase, keras::MetricOptions;

/// The (weighted) mean of values.
class Mean : public Metric {
 public:
  explicit Mean(MetricOptions options = {});
};
/// The (weighted) sum of values.
class Sum : public Metric {
 public:
  explicit Sum(MetricOptions options = {});
};
/// The root of the mean of (y - p)².
class RootMeanSquaredError : public Metric {
 public:
  explicit RootMeanSquaredError(MetricOptions options = {});
};
/// How often y_pred equals y_true.
class Accuracy : public Metric {
 public:
  explicit Accuracy(MetricOptions options = {});
};
struct BinaryAccuracyOptions {
  std::string name = {};
  DType dtype = {};
  double threshold = 0.5;
};
/// How often y_pred > threshold agrees with y_true.
class BinaryAccuracy : public Metric {
 public:
  explicit BinaryAccuracy(BinaryAccuracyOptions options = {});
};
/// How often the largest prediction is where y_true (one-hot) is largest.
class CategoricalAccuracy : public Metric {
 public:
  explicit CategoricalAccuracy(MetricOptions options = {});
};
/// How often the largest prediction is number y_true.
class SparseCategoricalAccuracy : public Metric {
 public:
  explicit SparseCategoricalAccuracy(MetricOptions options = {});
};
struct TopKOptions {
  int k = 5;
  std::string name = {};
  DType dtype = {};
};
/// How often y_true (one-hot) is among the k largest predictions.
class TopKCategoricalAccuracy : public Metric {
 public:
  explicit TopKCategoricalAccuracy(TopKOptions options = {});
  explicit TopKCategoricalAccuracy(int k);
};
/// How often number y_true is among the k largest predictions.
class SparseTopKCategoricalAccuracy : public Metric {
 public:
  explicit SparseTopKCategoricalAccuracy(TopKOptions options = {});
  explicit SparseTopKCategoricalAccuracy(int k);
};
class MeanSquaredError : public Metric {
 public:
  explicit MeanSquaredError(MetricOptions options = {});
};
class MeanAbsoluteError : public Metric {
 public:
  explicit MeanAbsoluteError(MetricOptions options = {});
};
struct CrossentropyOptions {
  std::string name = {};
  DType dtype = {};
  bool from_logits = false;
  double label_smoothing = 0;
};
class BinaryCrossentropy : public Metric {
 public:
  explicit BinaryCrossentropy(CrossentropyOptions options = {});
};
class CategoricalCrossentropy : public Metric {
 public:
  explicit CategoricalCrossentropy(CrossentropyOptions options = {});
};
class SparseCategoricalCrossentropy : public Metric {
 public:
  explicit SparseCategoricalCrossentropy(CrossentropyOptions options = {});
};

struct ThresholdOptions {
  std::vector<double> thresholds = {};  ///< {0.5} unless given
  int top_k = 0;      ///< the k largest predictions are positive, others not
  int class_id = -1;  ///< one class alone counts
  std::string name = {};
  DType dtype = {};
};
/// Counts of examples above or not above each threshold: [thresholds], a
/// scalar for one.
class TruePositives : public Metric {
 public:
  explicit TruePositives(ThresholdOptions options = {});
};
class FalsePositives : public Metric {
 public:
  explicit FalsePositives(ThresholdOptions options = {});
};
class TrueNegatives : public Metric {
 public:
  explicit TrueNegatives(ThresholdOptions options = {});
};
class FalseNegatives : public Metric {
 public:
  explicit FalseNegatives(ThresholdOptions options = {});
};
/// The share of true ones among all positive predictions.
class Precision : public Metric {
 public:
  explicit Precision(ThresholdOptions options = {});
};
/// The share of the true examples that were predicted.
class Recall : public Metric {
 public:
  explicit Recall(ThresholdOptions options = {});
};

struct AUCOptions {
  int num_thresholds = 200;
  std::string curve = "ROC";                       // or "PR"
  std::string summation_method = "interpolation";  // "minoring", "majoring"
  std::string name = {};
  DType dtype = {};
  std::vector<double> thresholds = {};  ///< instead of even ones
  bool multi_label = false;  ///< an area for each label, then their mean
  int num_labels = 0;        ///< as many as there are unless given
  std::vector<double> label_weights = {};
  bool from_logits = false;
};
/// The area under the curve of true over false positives (ROC), or of
/// precision over recall (PR), by counts at evenly spaced thresholds.
class AUC : public Metric {
 public:
  /// Throws InvalidArgumentError for fewer than 2 thresholds or an unknown
  /// curve or method.
  explicit AUC(AUCOptions options = {});
};

}  // namespace metrics
}  // namespace tern::keras
