#include <cmath>
#include <iostream>
#include <sstream>

#include "keras/training/trainer.h"
#include "tern/core/error.h"
#include "tern/keras/layers.h"
#include "tern/keras/model.h"
#include "tern/ops/array.h"
#include "tools/golden/keras/case.h"

namespace tern::golden {
namespace {

using keras::Callback, keras::Config, keras::Logs, keras::Model;
namespace callbacks = keras::callbacks;

/// What goes to std::cout while it lives.
class Capture {
 public:
  Capture() : old_(std::cout.rdbuf(text_.rdbuf())) {}
  ~Capture() { std::cout.rdbuf(old_); }
  std::string text() const { return text_.str(); }

 private:
  std::ostringstream text_;
  std::streambuf* old_;
};

/// The vectors' clock: 0.1 s at the end of each batch, before the progress bar
/// prints.
class Clock {
 public:
  Clock() {
    keras::utils::set_progress_clock([this] { return now_; });
  }
  ~Clock() { keras::utils::set_progress_clock({}); }
  void tick() { now_ += 0.1; }
  /// Each call of fit, evaluate and predict starts at a whole second.
  void next_call() { now_ = std::floor(now_) + 1000; }

 private:
  double now_ = 1000;
};

class TickImpl : public keras::CallbackBase {
 public:
  explicit TickImpl(Clock* clock) : clock_(clock) {}
  void on_train_batch_end(std::int64_t, Logs&) override { clock_->tick(); }
  void on_test_batch_end(std::int64_t, Logs&) override { clock_->tick(); }
  void on_predict_batch_end(std::int64_t, Logs&) override { clock_->tick(); }

 private:
  Clock* clock_;
};
using Tick = keras::Handle<TickImpl>;

Callback callback_of(const Config& entry) {
  std::string name = entry.items()[0].get<std::string>();
  const Config& options = entry.items()[1];
  auto number = [&](const char* key, double otherwise) {
    return options.get(key, otherwise);
  };
  callbacks::MonitorOptions monitor{
      .monitor = options.get("monitor", std::string("val_loss")),
      .min_delta = number("min_delta", 0),
      .patience = options.get("patience", 0),
      .verbose = options.get("verbose", 0)};
  if (name == "EarlyStopping") {
    monitor.restore_best_weights = options.get("restore_best_weights", false);
    return callbacks::EarlyStopping(monitor);
  }
  if (name == "ReduceLROnPlateau")
    return callbacks::ReduceLROnPlateau({.monitor = monitor.monitor,
                                         .factor = number("factor", 0.1),
                                         .patience = monitor.patience,
                                         .verbose = monitor.verbose,
                                         .min_delta = monitor.min_delta,
                                         .cooldown = options.get("cooldown", 0),
                                         .min_lr = number("min_lr", 0)});
  if (name == "LearningRateScheduler" &&
      options["schedule"].get<std::string>() ==
          "lambda epoch, lr: lr * 0.5 if epoch else 0.01")
    return callbacks::LearningRateScheduler(
        [](int epoch, double rate) { return epoch ? rate * 0.5 : 0.01; },
        {.verbose = monitor.verbose});
  throw Missing{name};
}

/// A tensor, or a list of them by position.
Nest load_all(const KerasCase& c, const Config& files) {
  if (!files.is_list()) return c.load(files);
  Tensors tensors;
  for (const Config& file : files.items()) tensors.push_back(c.load(file));
  return tensors;
}

class TrainingCheck {
 public:
  TrainingCheck(const KerasCase& c, Findings& findings)
      : c_(c), findings_(findings), wanted_(generation(c)) {
    const Config& data = c.facts()["data"];
    x_ = load_all(c, data["x"]);
    y_ = load_all(c, data["y"]);
  }

  void run(int verbose) {
    findings_.at("verbose " + std::to_string(verbose));
    Model model = starting_model();
    Clock clock;
    keras::FitOptions options = fit_options(verbose, clock);
    keras::EvaluateOptions rest{.batch_size = options.batch_size,
                                .verbose = verbose,
                                .sample_weight = options.sample_weight,
                                .callbacks = {Tick(&clock)}};
    Capture output;
    keras::History history = model.fit(x_, y_, options);
    clock.next_call();
    std::cout << "-- evaluate\n";
    Logs result = model.evaluate(x_, y_, rest);
    clock.next_call();
    std::cout << "-- predict\n";
    Nest predictions = model.predict(x_, rest);
    if (&wanted_ == &c_.facts()["keras2"])
      findings_.compare_text(
          "text",
          output.text(),
          c_.text(wanted_["stdout_verbose" + std::to_string(verbose)]));
    check_history(history);
    check_result(result);
    check_tensors("weight", model.get_weights(), wanted_["weights_after"]);
    check_tensors("prediction", predictions.flatten(), wanted_["predict"]);
  }

 private:
  /// Whose results count: Keras 2's, but for Nadam. There fit takes steps of
  /// its own, since part of the state is Python's and frozen in the trace.
  static const Config& generation(const KerasCase& c) {
    const Config& variables = c.facts()["keras2"]["optimizer_variables_after"];
    bool nadam =
        variables.items().size() > 1 &&
        variables.items()[1]["path"].get<std::string>().starts_with("Nadam");
    return c.facts()[nadam ? "keras3" : "keras2"];
  }

  /// The compiled model of before.h5 with the weights it starts from.
  Model starting_model() const {
    keras::backend::clear_session();
    Model model;
    try {
      model = keras::models::load_model(c_.path("before.h5"));
    } catch (const UnimplementedError& error) {
      throw Missing{error.what()};
    } catch (const NotFoundError& error) {
      throw Missing{error.what()};
    }
    Tensors weights;
    for (const Config& weight : c_.facts()["start_weights"].items())
      weights.push_back(c_.load(weight["file"]));
    model.set_weights(weights);
    compile_anew(model);
    return model;
  }

  /// Keras 2 settles in the file what "accuracy" means without having seen the
  /// labels; the runs come from a model that never was in a file.
  static void compile_anew(const Model& model) {
    const keras::Trainer& trainer = *model.impl()->trainer();
    std::vector<keras::PerOutput<keras::Metric>::Item> metrics;
    for (const keras::CompiledOutput& output : trainer.outputs()) {
      keras::PerOutput<keras::Metric>::Item item(output.name, {});
      for (const keras::Metric& metric : output.given_metrics)
        item.values.push_back(
            metric.name() == "accuracy" ? keras::Metric("accuracy") : metric);
      metrics.push_back(std::move(item));
    }
    keras::CompileOptions options = trainer.options();
    options.metrics = keras::PerOutput<keras::Metric>::of(std::move(metrics));
    model.compile(std::move(options));
  }

  keras::FitOptions fit_options(int verbose, Clock& clock) const {
    const Config& fit = c_.facts()["fit"];
    const Config& data = c_.facts()["data"];
    keras::FitOptions options;
    options.batch_size = fit["batch_size"].get<std::int64_t>();
    options.epochs = fit["epochs"].get<int>();
    options.verbose = verbose;
    options.shuffle = fit.get("shuffle", true);
    options.initial_epoch = fit.get("initial_epoch", 0);
    options.validation_freq = fit.get("validation_freq", 1);
    options.validation_split = fit.get("validation_split", 0.0);
    if (const Config* weights = fit.find("class_weight"))
      for (const auto& [number, weight] : weights->members())
        options.class_weight[std::stoi(number)] = weight.get<double>();
    if (data.contains("x_val"))
      options.validation_data = {load_all(c_, data["x_val"]),
                                 load_all(c_, data["y_val"])};
    if (data.contains("sample_weight"))
      options.sample_weight = c_.load(data["sample_weight"]);
    for (const Config& entry : c_.facts()["callbacks"].items())
      options.callbacks.push_back(callback_of(entry));
    options.callbacks.push_back(Tick(&clock));
    return options;
  }

  void check_history(const keras::History& history) const {
    Config wanted = Config::parse(c_.text(wanted_["history"]));
    for (const auto& [key, values] : wanted.members()) {
      // Keras 3 keeps the name given, Tern makes it Keras 2's.
      std::string name = key == "AUC" ? "auc" : key;
      if (key == "val_AUC") name = "val_auc";
      std::vector<double> expected;
      for (const Config& value : values.items())
        expected.push_back(value.get<double>());
      auto found = history.history.find(name);
      if (found == history.history.end())
        findings_.fail("no history of " + name);
      else
        findings_.compare("history of " + name,
                          Tensor(found->second),
                          Tensor(expected),
                          tolerance_of(c_.facts()));
    }
  }

  void check_result(const Logs& result) const {
    std::vector<double> got, expected;
    for (const auto& [name, value] : result) got.push_back(value);
    const Config& wanted = wanted_["evaluate"];
    for (const Config& value :
         wanted.is_list() ? wanted.items() : std::vector<Config>{wanted})
      expected.push_back(value.get<double>());
    findings_.compare(
        "evaluate", Tensor(got), Tensor(expected), tolerance_of(c_.facts()));
  }

  void check_tensors(const std::string& what,
                     const Tensors& got,
                     const Config& wanted) const {
    const auto& files = wanted.items();
    if (got.size() != files.size())
      return findings_.fail(std::to_string(got.size()) + " tensors of " + what +
                            ", wanted " + std::to_string(files.size()));
    for (std::size_t i = 0; i < got.size(); ++i)
      findings_.compare(
          what + " " + std::to_string(i),
          got[i],
          c_.load(files[i].is_object() ? files[i]["file"] : files[i]),
          tolerance_of(c_.facts()));
  }

  const KerasCase& c_;
  Findings& findings_;
  const Config& wanted_;
  Nest x_, y_;
};

}  // namespace

void check_training(const KerasCase& c, Findings& findings) {
  TrainingCheck check(c, findings);
  for (int verbose : {1, 2})
    if (c.facts()["keras2"].contains("stdout_verbose" +
                                     std::to_string(verbose)))
      check.run(verbose);
}

}  // namespace tern::golden
