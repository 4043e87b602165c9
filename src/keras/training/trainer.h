#pragma once

#include <map>
#include <string>
#include <vector>

#include "keras/training/batches.h"
#include "tern/graph/function.h"
#include "tern/keras/model.h"

namespace tern::keras {

/// What `compile` makes of a model: the training, test and prediction steps,
/// traced once for each shape of batch, and the metrics they update.
class Trainer {
 public:
  Trainer(ModelBase& model, CompileOptions options);

  /// One step on a batch [x, y, weights]. The results are those of the metrics
  /// since their last reset, the loss first.
  Logs train_step(const Nest& batch);
  Logs test_step(const Nest& batch);

  /// Loss and metrics start anew.
  void reset_metrics();
  /// "loss" and the metrics; before the first batch, as they were given.
  std::vector<std::string> metrics_names() const;

  const Optimizer& optimizer() const { return options_.optimizer; }
  const CompileOptions& options() const { return options_; }
  const Loss& loss() const { return loss_; }
  /// The metrics as given, "accuracy" by that name.
  const std::vector<Metric>& metrics() const { return given_metrics_; }

 private:
  /// Makes what a traced step may not: weights, slots, the metrics that
  /// "accuracy" stands for.
  void prepare(const Nest& batch);
  Tensor loss_of(const Tensor& y, const Tensor& y_pred, const Tensor& weights);
  Tensors update_metrics(const Nest& batch,
                         const Tensor& y_pred,
                         const Tensor& loss);
  Tensors train_body(const Nest& batch);
  Tensors test_body(const Nest& batch);
  Logs logs_of(const Tensors& results) const;

  ModelBase& model_;
  CompileOptions options_;
  Loss loss_;
  double loss_weight_ = 1;
  std::vector<Metric> given_metrics_;
  std::vector<Metric> metrics_;  // resolved at the first batch
  Metric loss_tracker_;
  bool prepared_ = false;
  Function<Tensors(Nest)> train_function_;
  Function<Tensors(Nest)> test_function_;
};

}  // namespace tern::keras
