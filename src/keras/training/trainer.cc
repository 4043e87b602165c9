#include "keras/training/trainer.h"

#include "keras/training/step_scope.h"
#include "ops/grad_context.h"
#include "tern/autodiff/gradient_tape.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"

namespace tern::keras {
namespace {

/// The one loss or the metrics of the one output.
template <class T>
std::vector<T> values_for_output(const PerOutput<T>& per_output,
                                 const char* what) {
  std::vector<T> values;
  for (const auto& item : per_output.items()) {
    if (!item.name.empty() && per_output.items().size() > 1)
      throw UnimplementedError(
          what,
          ": models with several outputs are not supported; got one for "
          "output \"",
          item.name,
          "\"");
    values.insert(values.end(), item.values.begin(), item.values.end());
  }
  return values;
}

}  // namespace

Trainer::Trainer(ModelBase& model, CompileOptions options)
    : model_(model),
      options_(std::move(options)),
      loss_tracker_(metrics::Mean({.name = "loss"})) {
  if (options_.steps_per_execution < 1)
    throw InvalidArgumentError(
        "Argument `steps_per_execution` must be a positive integer, got ",
        options_.steps_per_execution);
  auto losses = values_for_output(options_.loss, "loss");
  if (losses.size() > 1)
    throw UnimplementedError("got ",
                             losses.size(),
                             " losses: models with several outputs are not "
                             "supported");
  if (!losses.empty()) loss_ = losses[0];
  auto weights = values_for_output(options_.loss_weights, "loss_weights");
  if (!weights.empty()) loss_weight_ = weights[0];
  given_metrics_ = values_for_output(options_.metrics, "metrics");

  auto train = [this](const Nest& batch) { return train_body(batch); };
  auto test = [this](const Nest& batch) { return test_body(batch); };
  train_function_ =
      function(train, {.reduce_retracing = true, .name = "train_step"});
  test_function_ =
      function(test, {.reduce_retracing = true, .name = "test_step"});
}

void Trainer::prepare(const Nest& batch) {
  if (prepared_) return;
  Shape input = batch[0].flatten().at(0).shape();
  if (!model_.built()) model_.build_once(input);
  options_.optimizer.impl()->build(model_.trainable_variables());
  if (!given_metrics_.empty()) {
    Shape output = model_.compute_output_shape(input);
    std::vector<Metric> resolved;
    for (const Metric& metric : given_metrics_)
      resolved.push_back(metric.resolve(batch[1].tensor().shape(), output));
    metrics_ = std::move(resolved);
  }
  prepared_ = true;
}

Tensor Trainer::loss_of(const Tensor& y,
                        const Tensor& y_pred,
                        const Tensor& weights) {
  Tensor total;
  auto add = [&](const Tensor& part) {
    total = total.defined() ? total + part : part;
  };
  if (loss_) {
    Tensor value = loss_(y, y_pred, weights);
    // A user's loss may leave one value an example.
    if (value.shape().rank() != 0) value = reduce_mean(value);
    add(loss_weight_ == 1 ? value : value * loss_weight_);
  }
  for (const Tensor& penalty : StepScope::current()->losses()) add(penalty);
  for (const Tensor& penalty : model_.regularization_losses()) add(penalty);
  if (!total.defined())
    throw InvalidArgumentError(
        "No loss to compute. Provide a `loss` argument in `compile()`.");
  return total;
}

Tensors Trainer::update_metrics(const Nest& batch,
                                const Tensor& y_pred,
                                const Tensor& loss) {
  Tensor y = batch[1].tensor();
  Tensor weights = batch[2].is_tensor() ? batch[2].tensor() : Tensor();
  // Batches count by their size: the last one may be smaller.
  Tensor examples = cast(shape(y_pred)[0], float32);
  loss_tracker_.update_state(loss, examples);
  Tensors results{loss_tracker_.result()};
  for (const Metric& metric : metrics_) {
    // As in Keras, sample weights are for the loss; `metrics` ignore them.
    metric.update_state(y, y_pred);
    results.push_back(metric.result());
  }
  return results;
}

Tensors Trainer::train_body(const Nest& batch) {
  StepScope step;
  Tensor weights = batch[2].is_tensor() ? batch[2].tensor() : Tensor();
  GradientTape tape;
  Tensor y_pred = model_.invoke(batch[0], {.training = true}).tensor();
  Tensor loss = loss_of(batch[1].tensor(), y_pred, weights);
  Variables variables = model_.trainable_variables();
  Tensors sources;
  for (const Variable& variable : variables)
    sources.push_back(variable.handle());
  options_.optimizer.impl()->apply(tape.gradients({loss}, sources), variables);
  model_.apply_constraints();
  return update_metrics(batch, y_pred, loss);
}

Tensors Trainer::test_body(const Nest& batch) {
  StepScope step;
  Tensor weights = batch[2].is_tensor() ? batch[2].tensor() : Tensor();
  Tensor y_pred = model_.invoke(batch[0], {.training = false}).tensor();
  Tensor loss = loss_of(batch[1].tensor(), y_pred, weights);
  return update_metrics(batch, y_pred, loss);
}

Logs Trainer::train_step(const Nest& batch) {
  prepare(batch);
  return logs_of(options_.run_eagerly ? train_body(batch)
                                      : train_function_(batch));
}

Logs Trainer::test_step(const Nest& batch) {
  prepare(batch);
  return logs_of(options_.run_eagerly ? test_body(batch)
                                      : test_function_(batch));
}

void Trainer::reset_metrics() {
  loss_tracker_.reset_state();
  for (const Metric& metric : metrics_) metric.reset_state();
}

std::vector<std::string> Trainer::metrics_names() const {
  std::vector<std::string> names{"loss"};
  for (const Metric& metric : given_metrics_) names.push_back(metric.name());
  return names;
}

Logs Trainer::logs_of(const Tensors& results) const {
  Logs logs;
  logs["loss"] = results[0].item<double>();
  for (std::size_t i = 0; i < metrics_.size(); ++i)
    logs[metrics_[i].name()] = results[i + 1].item<double>();
  return logs;
}

}  // namespace tern::keras
