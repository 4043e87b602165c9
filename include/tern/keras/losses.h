#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "tern/core/tensor.h"
#include "tern/keras/config.h"
#include "tern/keras/handle.h"

namespace tern::keras {

class LossBase;

/// A loss: a name ("mse"), a function of (y_true, y_pred) that gives one value
/// an example, or one of `losses`; shared by its copies.
class Loss {
 public:
  using Function = Tensor (*)(const Tensor&, const Tensor&);
  using Callable = std::function<Tensor(const Tensor&, const Tensor&)>;

  Loss() = default;
  /// Throws InvalidArgumentError for a name Keras does not know.
  Loss(const char* name) : Loss(std::string(name)) {}
  Loss(std::string name);
  Loss(Function function) : Loss(Callable(function)) {}
  template <class F>
  requires(std::is_invocable_r_v<Tensor, F, const Tensor&, const Tensor&> &&
           !std::derived_from<F, Loss> && !std::same_as<F, Callable>)
      Loss(F function)
      : Loss(Callable(std::move(function))) {}
  Loss(Callable function);
  Loss(std::shared_ptr<LossBase> impl) : impl_(std::move(impl)) {}

  /// The loss of predictions: a scalar, unless the reduction is "none". With
  /// weights, each value counts that much; they broadcast to the values. Where
  /// the mask is false, nothing counts.
  Tensor operator()(const Tensor& y_true,
                    const Tensor& y_pred,
                    const Tensor& sample_weight = {},
                    const Tensor& mask = {}) const;
  std::string name() const;
  /// As in a file: a name, or {"class_name": …, "config": …}.
  Config serialize() const;
  static Loss deserialize(const Config& config);

  LossBase* impl() const { return impl_.get(); }
  explicit operator bool() const { return impl_ != nullptr; }

 private:
  std::shared_ptr<LossBase> impl_;
  std::string identifier_;
};

struct LossOptions {
  std::string reduction = "sum_over_batch_size";
  std::string name = {};
};

/// The base of all losses, for users to derive from: override `call`.
class LossBase {
 public:
  using Face = Loss;
  using Options = LossOptions;

  /// Reductions: "sum_over_batch_size" ("mean"), "sum", "none",
  /// "mean_with_sample_weight". Throws InvalidArgumentError for others.
  explicit LossBase(LossOptions options = {});
  virtual ~LossBase();

  /// The values before the reduction: [batch, …].
  virtual Tensor call(const Tensor& y_true, const Tensor& y_pred) = 0;
  /// Which of those values count at all, by the labels; undefined: all.
  virtual Tensor mask_of_labels(const Tensor& /*y_true*/) { return {}; }
  virtual Config get_config() const;
  virtual std::string class_name() const;

  /// The reduced loss.
  Tensor evaluate(const Tensor& y_true,
                  const Tensor& y_pred,
                  const Tensor& sample_weight,
                  const Tensor& mask = {});
  const std::string& name() const { return name_; }
  const std::string& reduction() const { return reduction_; }

 private:
  Tensor weights_with_mask(const Tensor& weights,
                           const Tensor& mask,
                           const Tensor& values) const;

  std::string name_;
  std::string reduction_;
};

namespace losses {

using keras::Loss, keras::LossBase, keras::LossOptions;

struct CrossentropyOptions {
  bool from_logits = false;
  double label_smoothing = 0;
  int axis = -1;                                  ///< of the classes
  std::optional<std::int64_t> ignore_class = {};  ///< sparse labels only
  std::string reduction = "sum_over_batch_size";
  std::string name = {};
};

/// -(y · log(p) + (1 - y) · log(1 - p)), the mean over the last axis.
class BinaryCrossentropy : public Loss {
 public:
  explicit BinaryCrossentropy(CrossentropyOptions options = {});
};
/// -sum(y · log(p)) over the last axis; y is one-hot or a distribution.
class CategoricalCrossentropy : public Loss {
 public:
  explicit CategoricalCrossentropy(CrossentropyOptions options = {});
};
/// -log(p[y]); y holds class numbers. There is no label smoothing.
class SparseCategoricalCrossentropy : public Loss {
 public:
  explicit SparseCategoricalCrossentropy(CrossentropyOptions options = {});
};
/// mean((y - p)²) over the last axis.
class MeanSquaredError : public Loss {
 public:
  explicit MeanSquaredError(LossOptions options = {});
};
/// mean(|y - p|) over the last axis.
class MeanAbsoluteError : public Loss {
 public:
  explicit MeanAbsoluteError(LossOptions options = {});
};

/// 100 · mean(|y - p| / |y|) over the last axis.
class MeanAbsolutePercentageError : public Loss {
 public:
  explicit MeanAbsolutePercentageError(LossOptions options = {});
};
/// mean((log(y + 1) - log(p + 1))²) over the last axis.
class MeanSquaredLogarithmicError : public Loss {
 public:
  explicit MeanSquaredLogarithmicError(LossOptions options = {});
};
/// mean(max(1 - y · p, 0)); y is -1 or 1, or 0 or 1.
class Hinge : public Loss {
 public:
  explicit Hinge(LossOptions options = {});
};
/// mean(max(1 - y · p, 0)²); y is -1 or 1, or 0 or 1.
class SquaredHinge : public Loss {
 public:
  explicit SquaredHinge(LossOptions options = {});
};
/// max(1 + max((1 - y) · p) - sum(y · p), 0); y is one-hot.
class CategoricalHinge : public Loss {
 public:
  explicit CategoricalHinge(LossOptions options = {});
};
/// sum(y · log(y / p)) over the last axis.
class KLDivergence : public Loss {
 public:
  explicit KLDivergence(LossOptions options = {});
};
/// mean(p - y · log(p)) over the last axis.
class Poisson : public Loss {
 public:
  explicit Poisson(LossOptions options = {});
};
/// mean(log(cosh(p - y))) over the last axis.
class LogCosh : public Loss {
 public:
  explicit LogCosh(LossOptions options = {});
};

struct HuberOptions {
  double delta = 1;  ///< where squares become lines
  std::string reduction = "sum_over_batch_size";
  std::string name = {};
};
/// The mean over the last axis of (y - p)² / 2, and of lines of slope delta
/// where |y - p| > delta.
class Huber : public Loss {
 public:
  explicit Huber(HuberOptions options = {});
};
struct CosineSimilarityOptions {
  int axis = -1;
  std::string reduction = "sum_over_batch_size";
  std::string name = {};
};
/// Less the cosine of the angle between y and p along an axis.
class CosineSimilarity : public Loss {
 public:
  explicit CosineSimilarity(CosineSimilarityOptions options = {});
};

/// The values before the reduction, [batch, …], without the last axis.
Tensor binary_crossentropy(const Tensor& y_true, const Tensor& y_pred);
Tensor binary_crossentropy(const Tensor& y_true,
                           const Tensor& y_pred,
                           CrossentropyOptions options);
Tensor categorical_crossentropy(const Tensor& y_true, const Tensor& y_pred);
Tensor categorical_crossentropy(const Tensor& y_true,
                                const Tensor& y_pred,
                                CrossentropyOptions options);
Tensor sparse_categorical_crossentropy(const Tensor& y_true,
                                       const Tensor& y_pred);
Tensor sparse_categorical_crossentropy(const Tensor& y_true,
                                       const Tensor& y_pred,
                                       CrossentropyOptions options);
Tensor mean_squared_error(const Tensor& y_true, const Tensor& y_pred);
Tensor mean_absolute_error(const Tensor& y_true, const Tensor& y_pred);
Tensor mean_absolute_percentage_error(const Tensor& y_true,
                                      const Tensor& y_pred);
Tensor mean_squared_logarithmic_error(const Tensor& y_true,
                                      const Tensor& y_pred);
Tensor hinge(const Tensor& y_true, const Tensor& y_pred);
Tensor squared_hinge(const Tensor& y_true, const Tensor& y_pred);
Tensor categorical_hinge(const Tensor& y_true, const Tensor& y_pred);
Tensor kl_divergence(const Tensor& y_true, const Tensor& y_pred);
Tensor poisson(const Tensor& y_true, const Tensor& y_pred);
Tensor log_cosh(const Tensor& y_true, const Tensor& y_pred);
Tensor huber(const Tensor& y_true, const Tensor& y_pred, double delta = 1);
Tensor cosine_similarity(const Tensor& y_true,
                         const Tensor& y_pred,
                         int axis = -1);
inline Tensor mse(const Tensor& y_true, const Tensor& y_pred) {
  return mean_squared_error(y_true, y_pred);
}
inline Tensor mae(const Tensor& y_true, const Tensor& y_pred) {
  return mean_absolute_error(y_true, y_pred);
}

}  // namespace losses
}  // namespace tern::keras
