// Results that the tutorials print, on their data.
#include <catch2/catch.hpp>

#include "keras/vectors.h"
#include "tern/tern.h"

using namespace tern;
using namespace tern::keras;

namespace {

Tensor preprocess(const Dict& raw) {
  auto flag = [](const Tensor& condition) { return cast(condition, float32); };
  Tensors columns;
  for (int pclass : {1, 2, 3}) columns.push_back(flag(raw["Pclass"] == pclass));
  for (auto sex : {"female", "male"})
    columns.push_back(flag(raw["Sex"] == sex));
  Tensor no_age = math::is_nan(raw["Age"]);
  columns.push_back(where(no_age, 0, raw["Age"]));
  columns.push_back(flag(no_age));
  for (auto name : {"SibSp", "Parch", "Fare"}) columns.push_back(raw[name]);
  columns.push_back(flag(raw["Cabin"] == ""));
  for (auto port : {"C", "Q", "S", ""})
    columns.push_back(flag(raw["Embarked"] == port));
  return stack(columns, {.axis = 1});
}

/// The Kolmogorov-Smirnov statistic: how far the distributions of the scores
/// of positive and negative examples lie apart.
Tensor ks(const Tensor& y_true, const Tensor& y_pred) {
  Tensor scores = reshape(y_pred, {-1});
  Tensor indices = math::top_k(scores, size(scores), {.sorted = false}).indices;
  Tensor y = gather(reshape(y_true, {-1}), indices);
  return reduce_max(
      abs(cumsum(y) / reduce_sum(y) - cumsum(1 - y) / reduce_sum(1 - y)));
}

/// The same from counts by percent, kept between batches.
class KsImpl : public MetricBase {
 public:
  explicit KsImpl(MetricOptions options = {.name = "ks"})
      : MetricBase(options) {}
  void update_state(const Tensor& y_true,
                    const Tensor& y_pred,
                    const Tensor&) override {
    Tensor truth = cast(reshape(y_true, {-1}), bool_);
    Tensor bin = cast(100 * reshape(y_pred, {-1}), int32);
    for_each(range(size(truth)), [&](const Tensor& i) {
      cond(
          truth[i],
          [&] { positives_[bin[i]].assign(positives_[bin[i]] + 1.0); },
          [&] { negatives_[bin[i]].assign_add(1.0); });
    });
  }
  Tensor result() override {
    return reduce_max(abs(cumsum(positives_) / reduce_sum(positives_) -
                          cumsum(negatives_) / reduce_sum(negatives_)));
  }

 private:
  Variable positives_ =
      add_weight("positives", {101}, {.initializer = "zeros"});
  Variable negatives_ =
      add_weight("negatives", {101}, {.initializer = "zeros"});
};
using Ks = Handle<KsImpl>;

// S2:7549
const Tensor kTruth = constant(
    {{1}, {1}, {1}, {0}, {1}, {1}, {1}, {0}, {0}, {0}, {1}, {0}, {1}, {0}},
    float32);
const Tensor kScores = constant({{0.6},
                                 {0.1},
                                 {0.4},
                                 {0.5},
                                 {0.7},
                                 {0.7},
                                 {0.7},
                                 {0.4},
                                 {0.4},
                                 {0.5},
                                 {0.8},
                                 {0.3},
                                 {0.5},
                                 {0.3}});

}  // namespace

TEST_CASE(
    "The tutorial's Titanic weights give the tutorial's test loss and AUC") {
  auto shared = shared_folder();
  if (!shared) return;
  Dict test = io::read_csv(*shared + "/data/titanic/test.csv");
  Sequential model;
  model.add(layers::Dense(20, {.activation = "relu", .input_shape = {15}}));
  model.add(layers::Dense(10, {.activation = "relu"}));
  model.add(layers::Dense(1, {.activation = "sigmoid"}));
  model.compile(
      {.optimizer = "adam", .loss = "binary_crossentropy", .metrics = {"AUC"}});
  model.load_weights(*shared + "/models/tutorial/keras_model_weight.h5");
  Logs result =
      model.evaluate(preprocess(test), test["Survived"], {.verbose = 0});
  // S2:652
  CHECK(result["loss"] == Approx(0.51914).epsilon(1e-4));
  CHECK(result["AUC"] == Approx(0.81226).epsilon(1e-4));
}

TEST_CASE(
    "The tutorial's metric KS gives 0.625, as a function and as a class") {
  // S2:7555 and 7634
  CHECK(ks(kTruth, kScores).item<float>() == Approx(0.625));
  Ks metric;
  metric.update_state(kTruth, kScores);
  CHECK(metric.result().item<float>() == Approx(0.625));
}

TEST_CASE("A metric of the user's with a loop in it is traced with the model") {
  Sequential model({layers::Activation("linear", {.input_shape = {1}})});
  model.compile({.optimizer = "sgd", .loss = "mse", .metrics = {ks, Ks()}});
  Logs result =
      model.evaluate(kScores, kTruth, {.batch_size = 5, .verbose = 0});
  // It counts over all batches.
  CHECK(result["ks"] == Approx(0.625));
}
