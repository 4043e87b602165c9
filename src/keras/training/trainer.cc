#include "keras/training/trainer.h"

#include "keras/functional/keras_tensor.h"
#include "keras/training/step_scope.h"
#include "ops/grad_context.h"
#include "tern/autodiff/gradient_tape.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"

namespace tern::keras {
namespace {

std::vector<std::string> numbered_outputs(std::size_t count) {
  std::vector<std::string> names;
  for (std::size_t i = 1; i <= count; ++i)
    names.push_back("output_" + std::to_string(i));
  return names;
}

/// Weights of examples for each output: one tensor is for all of them.
Tensors weights_of(const Nest& batch,
                   const std::vector<CompiledOutput>& outputs) {
  if (batch[2].is_tensor()) return Tensors(outputs.size(), batch[2].tensor());
  return for_outputs(batch[2], outputs, "sample weights");
}

/// How many examples a batch has; the last one may have fewer.
Tensor number_of_examples(const Tensor& prediction) {
  return cast(shape(prediction)[0], float32);
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
  if (auto names = model_.output_names(); !names.empty())
    outputs_ = compile_outputs(options_, names);

  auto train = [this](const Nest& batch) { return train_body(batch); };
  auto test = [this](const Nest& batch) { return test_body(batch); };
  train_function_ =
      function(train, {.reduce_retracing = true, .name = "train_step"});
  test_function_ =
      function(test, {.reduce_retracing = true, .name = "test_step"});
}

void Trainer::prepare(const Nest& batch) {
  if (prepared_) return;
  if (!model_.built()) model_.build_once(batch[0].flatten().at(0).shape());
  options_.optimizer.impl()->build(model_.trainable_variables());
  // Layers that run eagerly may look at values, which a trace has not.
  Nest outputs = options_.run_eagerly
                     ? model_.invoke(batch[0], {.training = false})
                     : infer_outputs(model_, batch[0]);
  Tensors predictions = outputs.flatten();
  if (outputs_.empty())
    outputs_ = compile_outputs(options_, numbered_outputs(predictions.size()));
  if (outputs_.size() != predictions.size())
    throw InvalidArgumentError("the model \"",
                               model_.name(),
                               "\" gives ",
                               predictions.size(),
                               " outputs, compiled were ",
                               outputs_.size());
  Tensors y = for_outputs(batch[1], outputs_, "targets");
  for (std::size_t i = 0; i < outputs_.size(); ++i) {
    auto resolve = [&](const std::vector<Metric>& given) {
      std::vector<Metric> resolved;
      for (const Metric& metric : given)
        resolved.push_back(
            y[i].defined()
                ? metric.resolve(y[i].shape(), predictions[i].shape())
                : metric);
      return resolved;
    };
    outputs_[i].metrics = resolve(outputs_[i].given_metrics);
    outputs_[i].weighted_metrics = resolve(outputs_[i].given_weighted_metrics);
  }
  prepared_ = true;
}

Tensor Trainer::loss_of(const Nest& batch, const Tensors& predictions) {
  Tensor total;
  auto add = [&](const Tensor& part) {
    total = total.defined() ? total + part : part;
  };
  Tensors y = for_outputs(batch[1], outputs_, "targets");
  Tensors weights = weights_of(batch, outputs_);
  for (std::size_t i = 0; i < outputs_.size(); ++i) {
    const CompiledOutput& output = outputs_[i];
    if (!output.loss) continue;
    if (!y[i].defined())
      throw InvalidArgumentError("no targets for output \"", output.name, "\"");
    Tensor value = output.loss(
        y[i], predictions[i], weights[i], StepScope::mask_of(predictions[i]));
    // A user's loss may leave one value an example.
    if (value.shape().rank() != 0) value = reduce_mean(value);
    if (output.loss_tracker)
      output.loss_tracker.update_state(value,
                                       number_of_examples(predictions[i]));
    add(output.loss_weight == 1 ? value : value * output.loss_weight);
  }
  for (const Tensor& penalty : StepScope::current()->losses()) add(penalty);
  for (const Tensor& penalty : model_.regularization_losses()) add(penalty);
  if (!total.defined())
    throw InvalidArgumentError(
        "No loss to compute. Provide a `loss` argument in `compile()`.");
  return total;
}

std::vector<Metric> Trainer::all_metrics() const {
  std::vector<Metric> all{loss_tracker_};
  for (const CompiledOutput& output : outputs_)
    if (output.loss_tracker) all.push_back(output.loss_tracker);
  for (const CompiledOutput& output : outputs_) {
    all.insert(all.end(), output.metrics.begin(), output.metrics.end());
    all.insert(all.end(),
               output.weighted_metrics.begin(),
               output.weighted_metrics.end());
  }
  return all;
}

Tensors Trainer::update_metrics(const Nest& batch,
                                const Tensors& predictions,
                                const Tensor& loss) {
  loss_tracker_.update_state(loss, number_of_examples(predictions.at(0)));
  Tensors y = for_outputs(batch[1], outputs_, "targets");
  Tensors weights = weights_of(batch, outputs_);
  for (std::size_t i = 0; i < outputs_.size(); ++i) {
    if (!y[i].defined()) continue;
    // As in Keras, sample weights are for the loss; `metrics` ignore them.
    for (const Metric& metric : outputs_[i].metrics)
      metric.update_state(y[i], predictions[i]);
    for (const Metric& metric : outputs_[i].weighted_metrics)
      metric.update_state(y[i], predictions[i], weights[i]);
  }
  Tensors results;
  for (const Metric& metric : all_metrics()) results.push_back(metric.result());
  return results;
}

Tensors Trainer::train_body(const Nest& batch) {
  StepScope step;
  GradientTape tape;
  Tensors predictions = model_.invoke(batch[0], {.training = true}).flatten();
  Tensor loss = loss_of(batch, predictions);
  Variables variables = model_.trainable_variables();
  Tensors sources;
  for (const Variable& variable : variables)
    sources.push_back(variable.handle());
  options_.optimizer.impl()->apply(tape.gradients({loss}, sources), variables);
  model_.apply_constraints();
  return update_metrics(batch, predictions, loss);
}

Tensors Trainer::test_body(const Nest& batch) {
  StepScope step;
  Tensors predictions = model_.invoke(batch[0], {.training = false}).flatten();
  Tensor loss = loss_of(batch, predictions);
  return update_metrics(batch, predictions, loss);
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
  if (!prepared_) return;
  for (const Metric& metric : all_metrics()) metric.reset_state();
}

std::vector<std::string> Trainer::metrics_names() const {
  std::vector<std::string> names{"loss"};
  for (const CompiledOutput& output : outputs_)
    if (output.loss_tracker) names.push_back(output.loss_tracker.name());
  for (const CompiledOutput& output : outputs_) {
    std::string prefix = outputs_.size() > 1 ? output.name + "_" : "";
    for (const Metric& metric : output.given_metrics)
      names.push_back(prefix + metric.name());
    for (const Metric& metric : output.given_weighted_metrics)
      names.push_back(prefix + metric.name());
  }
  return names;
}

Logs Trainer::logs_of(const Tensors& results) const {
  Logs logs;
  std::vector<std::string> names = metrics_names();
  for (std::size_t i = 0; i < names.size(); ++i)
    logs[names[i]] = results[i].item<double>();
  return logs;
}

}  // namespace tern::keras
