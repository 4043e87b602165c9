#pragma once

#include <string>
#include <vector>

#include "keras/training/compiled_outputs.h"
#include "tern/graph/function.h"
#include "tern/keras/model.h"

namespace tern::keras {

/// What `compile` makes of a model: the training and test steps, traced once
/// for each shape of batch, and the metrics they update.
class Trainer {
 public:
  Trainer(ModelBase& model, CompileOptions options);

  /// One step on a batch [x, y, weights]. The results are those of the metrics
  /// since their last reset, the loss first.
  Logs train_step(const Nest& batch);
  Logs test_step(const Nest& batch);

  /// Loss and metrics start anew.
  void reset_metrics();
  /// "loss", the losses of the outputs if there are several, the metrics. Of a
  /// model that does not say what outputs it has, "loss" until the first batch.
  std::vector<std::string> metrics_names() const;

  const Optimizer& optimizer() const { return options_.optimizer; }
  const CompileOptions& options() const { return options_; }
  const std::vector<CompiledOutput>& outputs() const { return outputs_; }

 private:
  /// Makes what a traced step may not: weights, slots, the metrics that
  /// "accuracy" stands for.
  void prepare(const Nest& batch);
  /// The loss of all outputs, with penalties.
  Tensor loss_of(const Nest& batch, const Tensors& predictions);
  Tensors update_metrics(const Nest& batch,
                         const Tensors& predictions,
                         const Tensor& loss);
  Tensors train_body(const Nest& batch);
  Tensors test_body(const Nest& batch);
  Logs logs_of(const Tensors& results) const;
  /// Metrics that update_metrics updates, in the order of the logs.
  std::vector<Metric> all_metrics() const;

  ModelBase& model_;
  CompileOptions options_;
  std::vector<CompiledOutput> outputs_;
  Metric loss_tracker_;
  bool prepared_ = false;
  Function<Tensors(Nest)> train_function_;
  Function<Tensors(Nest)> test_function_;
};

}  // namespace tern::keras
