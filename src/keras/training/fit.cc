#include <algorithm>
#include <iostream>
#include <limits>

#include "keras/training/batches.h"
#include "keras/training/progress_bar.h"
#include "keras/training/trainer.h"
#include "tern/core/error.h"
#include "tern/keras/model.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"

namespace tern::keras {
namespace {

Trainer& compiled(ModelBase& model) {
  if (!model.trainer())
    throw FailedPreconditionError(
        "You must call `compile()` before using the model.");
  return *model.trainer();
}

/// Tells each callback in turn; they have the model for the list's life.
class CallbackList {
 public:
  CallbackList(const std::vector<Callback>& callbacks, const Model& model)
      : callbacks_(callbacks) {
    for (const Callback& callback : callbacks_) {
      if (!callback.impl())
        throw InvalidArgumentError("an empty Callback handle was given");
      callback.impl()->set_model(model);
    }
  }
  ~CallbackList() {
    for (const Callback& callback : callbacks_)
      callback.impl()->set_model(Model());
  }
  CallbackList(const CallbackList&) = delete;

  template <class... P, class... A>
  void call(void (CallbackBase::*event)(P...), A&&... arguments) const {
    for (const Callback& callback : callbacks_)
      (callback.impl()->*event)(arguments...);
  }

 private:
  const std::vector<Callback>& callbacks_;
};

/// A weight for each example by its class: the number in y, or the place of
/// the largest entry of a one-hot row.
Tensor weights_of_classes(const std::map<int, double>& class_weight,
                          const Tensor& y) {
  Tensor classes = y;
  if (y.shape().rank() > 1 && y.shape()[-1] > 1)
    classes = argmax(y, {.axis = -1});
  classes = cast(reshape(classes, {-1}), int64);
  std::vector<float> weights;
  for (std::int64_t number : classes.values<std::int64_t>()) {
    auto found = class_weight.find(static_cast<int>(number));
    weights.push_back(
        found == class_weight.end() ? 1.0f : static_cast<float>(found->second));
  }
  return Tensor(weights);
}

/// All examples as one batch.
Nest whole_batch(const Examples& examples) {
  constexpr std::int64_t kAll = std::numeric_limits<std::int32_t>::max();
  return Batches(examples, kAll).at(0);
}

/// Calls step(i) for each i, in executions of `steps_per_execution` steps (the
/// last one may be shorter); begin(first) before and end(last, logs) after each
/// execution, with the logs of its last step. Goes on while `end` says so.
template <class Begin, class Step, class End>
Logs run_executions(std::int64_t steps,
                    int steps_per_execution,
                    Begin begin,
                    Step step,
                    End end) {
  Logs logs;
  for (std::int64_t first = 0; first < steps; first += steps_per_execution) {
    std::int64_t after =
        std::min<std::int64_t>(first + steps_per_execution, steps);
    begin(first);
    for (std::int64_t i = first; i < after; ++i) logs = step(i);
    if (!end(after - 1, logs)) break;
  }
  return logs;
}

Logs evaluate_batches(Trainer& trainer,
                      const Batches& batches,
                      const CallbackList& callbacks,
                      ProgressBar* bar) {
  Logs logs;
  trainer.reset_metrics();
  callbacks.call(&CallbackBase::on_test_begin, logs);
  logs = run_executions(
      batches.size(),
      trainer.options().steps_per_execution,
      [&](std::int64_t first) {
        Logs none;
        callbacks.call(&CallbackBase::on_test_batch_begin, first, none);
      },
      [&](std::int64_t i) { return trainer.test_step(batches.at(i)); },
      [&](std::int64_t last, Logs& results) {
        callbacks.call(&CallbackBase::on_test_batch_end, last, results);
        if (bar) bar->update(last + 1, results, false);
        return true;
      });
  callbacks.call(&CallbackBase::on_test_end, logs);
  if (bar) bar->update(batches.size(), logs, true);
  return logs;
}

/// One pass over the training data; the logs are those of its last step.
Logs train_epoch(const ModelBase& model,
                 Trainer& trainer,
                 const Batches& batches,
                 std::int64_t steps,
                 const CallbackList& callbacks,
                 ProgressBar& bar) {
  trainer.reset_metrics();
  return run_executions(
      steps,
      trainer.options().steps_per_execution,
      [&](std::int64_t first) {
        Logs none;
        callbacks.call(&CallbackBase::on_train_batch_begin, first, none);
      },
      [&](std::int64_t i) {
        return trainer.train_step(batches.at(i % batches.size()));
      },
      [&](std::int64_t last, Logs& logs) {
        callbacks.call(&CallbackBase::on_train_batch_end, last, logs);
        bar.update(last + 1, logs, false);
        return !model.stop_training;
      });
}

}  // namespace

History Model::fit(const Nest& x, const Nest& y, FitOptions options) const {
  ModelBase& model = get();
  Trainer& trainer = compiled(model);
  Nest weights = options.sample_weight;
  if (!options.class_weight.empty()) {
    Tensor by_class = weights_of_classes(options.class_weight, y.tensor());
    weights = weights.is_tensor()
                  ? Nest(cast(weights.tensor(), float32) * by_class)
                  : Nest(by_class);
  }
  Batches batches({x, y, weights}, options.batch_size);
  Examples validation = options.validation_data;
  if (!validation.is_given() && options.validation_split != 0)
    validation = batches.split_off(options.validation_split);
  std::optional<Batches> validation_batches;
  if (validation.is_given())
    validation_batches.emplace(validation, options.batch_size);

  if (options.validation_freq < 1)
    throw InvalidArgumentError("validation_freq must be positive, got ",
                               options.validation_freq);
  CallbackList callbacks(options.callbacks, *this);
  std::int64_t steps = options.steps_per_epoch.value_or(batches.size());
  History history;
  Logs none;
  model.stop_training = false;
  callbacks.call(&CallbackBase::on_train_begin, none);
  for (int epoch = options.initial_epoch;
       epoch < options.epochs && !model.stop_training;
       ++epoch) {
    if (options.shuffle) batches.shuffle();
    Logs begin;
    callbacks.call(&CallbackBase::on_epoch_begin, epoch, begin);
    if (options.verbose > 0)
      std::cout << "Epoch " << epoch + 1 << '/' << options.epochs << '\n';
    ProgressBar bar(steps, options.verbose);
    Logs logs = train_epoch(model, trainer, batches, steps, callbacks, bar);
    if (validation_batches && (epoch + 1) % options.validation_freq == 0)
      for (const auto& [name, value] :
           evaluate_batches(trainer, *validation_batches, callbacks, nullptr))
        logs["val_" + name] = value;
    callbacks.call(&CallbackBase::on_epoch_end, epoch, logs);
    bar.update(steps, logs, true);
    history.epoch.push_back(epoch);
    for (const auto& [name, value] : logs)
      history.history[name].push_back(value);
  }
  trainer.optimizer().impl()->finalize_variable_values(
      model.trainable_variables());
  callbacks.call(&CallbackBase::on_train_end, none);
  return history;
}

Logs Model::evaluate(const Nest& x,
                     const Nest& y,
                     EvaluateOptions options) const {
  Trainer& trainer = compiled(get());
  Batches batches({x, y, options.sample_weight}, options.batch_size);
  CallbackList callbacks(options.callbacks, *this);
  ProgressBar bar(batches.size(), options.verbose);
  return evaluate_batches(trainer, batches, callbacks, &bar);
}

Nest Model::predict(const Nest& x, EvaluateOptions options) const {
  ModelBase& model = get();
  Batches batches({x, Nest()}, options.batch_size);
  CallbackList callbacks(options.callbacks, *this);
  ProgressBar bar(batches.size(), options.verbose);
  std::vector<Tensors> parts;  // one list an output
  Nest structure;
  Logs none;
  callbacks.call(&CallbackBase::on_predict_begin, none);
  run_executions(
      batches.size(),
      model.trainer() ? model.trainer()->options().steps_per_execution : 1,
      [&](std::int64_t first) {
        Logs logs;
        callbacks.call(&CallbackBase::on_predict_batch_begin, first, logs);
      },
      [&](std::int64_t i) {
        structure = model.predict_step(batches.at(i)[0]);
        Tensors outputs = structure.flatten();
        parts.resize(outputs.size());
        for (std::size_t k = 0; k < outputs.size(); ++k)
          parts[k].push_back(outputs[k]);
        return Logs();
      },
      [&](std::int64_t last, Logs& logs) {
        callbacks.call(&CallbackBase::on_predict_batch_end, last, logs);
        bar.update(last + 1, logs, false);
        return true;
      });
  callbacks.call(&CallbackBase::on_predict_end, none);
  bar.update(batches.size(), none, true);
  Tensors whole;
  for (const Tensors& part : parts)
    whole.push_back(part.size() == 1 ? part[0] : concat(part, 0));
  return structure.pack(whole);
}

Tensor Model::predict_on_batch(const Nest& x) const {
  return get().predict_step(whole_batch({x, Nest()})[0]).tensor();
}

Logs Model::train_on_batch(const Nest& x, const Nest& y) const {
  Trainer& trainer = compiled(get());
  return trainer.train_step(whole_batch({x, y}));
}

Logs Model::test_on_batch(const Nest& x,
                          const Nest& y,
                          BatchOptions options) const {
  Trainer& trainer = compiled(get());
  Nest batch = whole_batch({x, y});
  if (options.reset_metrics) trainer.reset_metrics();
  return trainer.test_step(batch);
}

void Model::reset_metrics() const { compiled(get()).reset_metrics(); }

}  // namespace tern::keras
