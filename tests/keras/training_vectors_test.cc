#include <catch2/catch.hpp>
#include <cmath>
#include <iostream>
#include <sstream>

#include "keras/vectors.h"
#include "tern/core/error.h"
#include "tern/keras/layers.h"
#include "tern/keras/model.h"

namespace tern::keras {
namespace {

/// What a callable prints to std::cout.
template <class F>
std::string printed_by(F callable) {
  std::ostringstream text;
  std::streambuf* old = std::cout.rdbuf(text.rdbuf());
  try {
    callable();
  } catch (...) {
    std::cout.rdbuf(old);
    throw;
  }
  std::cout.rdbuf(old);
  return text.str();
}

/// Advances a fake clock by 0.1 s at the end of each batch, before the
/// progress bar prints, as the vectors were made.
class TickImpl : public CallbackBase {
 public:
  explicit TickImpl(double* now) : now_(now) {}
  void on_train_batch_end(std::int64_t, Logs&) override { *now_ += 0.1; }
  void on_test_batch_end(std::int64_t, Logs&) override { *now_ += 0.1; }
  void on_predict_batch_end(std::int64_t, Logs&) override { *now_ += 0.1; }

 private:
  double* now_;
};
using Tick = Handle<TickImpl>;

/// The model of a case, compiled, with the weights it starts from; nothing
/// where it is beyond what Tern has.
std::optional<Model> starting_model(const VectorCase& vectors) {
  std::optional<Model> model;
  try {
    backend::clear_session();
    model = models::load_model(vectors.path("before.h5"));
  } catch (const UnimplementedError&) {
    return std::nullopt;
  } catch (const NotFoundError&) {
    return std::nullopt;
  }
  Tensors weights;
  for (const Config& weight : vectors.facts()["start_weights"].items())
    weights.push_back(vectors.load(weight["file"]));
  model->set_weights(weights);
  return model;
}

FitOptions fit_options(const Config& fit) {
  FitOptions options;
  options.batch_size = fit["batch_size"].get<std::int64_t>();
  options.epochs = fit["epochs"].get<int>();
  options.shuffle = fit.get("shuffle", true);
  options.validation_split = fit.get("validation_split", 0.0);
  if (const Config* weights = fit.find("class_weight"))
    for (const auto& [number, weight] : weights->members())
      options.class_weight[std::stoi(number)] = weight.get<double>();
  return options;
}

void check_training(const VectorCase& vectors, bool run_eagerly) {
  std::optional<Model> model = starting_model(vectors);
  REQUIRE(model);
  if (run_eagerly)
    model->compile({.optimizer = model->optimizer(),
                    .loss = "mse",
                    .metrics = {"mae"},
                    .run_eagerly = true});
  const Config& facts = vectors.facts();
  FitOptions options = fit_options(facts["fit"]);
  options.verbose = 0;
  if (const Config* weights = facts["data"].find("sample_weight"))
    options.sample_weight = vectors.load(*weights);
  for (const Config& callback : facts["callbacks"].items())
    options.callbacks.push_back(callbacks::EarlyStopping(
        {.monitor = callback.items()[1]["monitor"].get<std::string>(),
         .min_delta = callback.items()[1]["min_delta"].get<double>(),
         .patience = callback.items()[1]["patience"].get<int>(),
         .restore_best_weights = true}));
  Tensor x = vectors.load(facts["data"]["x"]);
  History history = model->fit(x, vectors.load(facts["data"]["y"]), options);

  const Config& wanted = facts["keras2"];
  Tolerance allowed = Tolerance::of(facts);
  Config histories =
      Config::parse(vectors.text(wanted["history"].get<std::string>()));
  for (const char* name : {"loss", "val_loss"})
    if (const Config* values = histories.find(name)) {
      std::vector<double> expected;
      for (const Config& value : values->items())
        expected.push_back(value.get<double>());
      CHECK(difference(Tensor(history.history[name]),
                       Tensor(expected),
                       allowed) == "");
    }
  Variables variables = model->variables();
  const auto& after = wanted["weights_after"].items();
  REQUIRE(variables.size() == after.size());
  for (std::size_t i = 0; i < after.size(); ++i)
    CHECK(difference(variables[i], vectors.load(after[i]["file"]), allowed) ==
          "");
  CHECK(difference(model->predict(x, {.verbose = 0}),
                   vectors.load(wanted["predict"].items()[0]),
                   allowed) == "");
}

}  // namespace

TEST_CASE("fit ends at Keras' weights, losses and predictions") {
  for (const char* name : {"train_mlp_adam",
                           "train_mlp_sgd_weights",
                           "train_class_weight",
                           "train_early_stopping",
                           "train_regularized"})
    for_each_case(name, [](const VectorCase& vectors) {
      check_training(vectors, false);
    });
}

TEST_CASE("fit ends at the same weights when it runs eagerly") {
  for_each_case("train_mlp_adam", [](const VectorCase& vectors) {
    check_training(vectors, true);
  });
}

TEST_CASE("Progress text equals Keras 2's to the character") {
  for (int verbose : {1, 2})
    for_each_case("train_mlp_adam", [&](const VectorCase& vectors) {
      Model model = *starting_model(vectors);
      double now = 1000;
      utils::set_progress_clock([&] { return now; });
      const Config& facts = vectors.facts();
      Tensor x = vectors.load(facts["data"]["x"]);
      Tensor y = vectors.load(facts["data"]["y"]);
      FitOptions options = fit_options(facts["fit"]);
      options.verbose = verbose;
      options.callbacks = {Tick(&now)};
      EvaluateOptions rest{.batch_size = options.batch_size,
                           .verbose = verbose,
                           .callbacks = {Tick(&now)}};
      std::string text = printed_by([&] {
        model.fit(x, y, options);
        // The vectors' clock starts each call at a whole number of seconds.
        now = std::floor(now) + 1000;
        std::cout << "-- evaluate\n";
        model.evaluate(x, y, rest);
        now = std::floor(now) + 1000;
        std::cout << "-- predict\n";
        model.predict(x, rest);
      });
      utils::set_progress_clock({});
      std::string key = "stdout_verbose" + std::to_string(verbose);
      CHECK(text == vectors.text(facts["keras2"][key].get<std::string>()));
    });
}

TEST_CASE("summary() prints Keras 2's table") {
  for_each_case("train_mlp_adam", [](const VectorCase& vectors) {
    Model model = *starting_model(vectors);
    CHECK(printed_by([&] { model.summary(); }) ==
          vectors.text("keras2_summary.txt"));
  });
  for_each_case("config_mlp", [](const VectorCase& vectors) {
    Model model = models::load_model(vectors.path("model.h5"));
    CHECK(printed_by([&] { model.summary(); }) ==
          vectors.text("keras2_summary_0.txt"));
  });
}

}  // namespace tern::keras
