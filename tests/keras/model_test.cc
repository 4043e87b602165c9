#include <catch2/catch.hpp>
#include <stdexcept>

#include "keras/vectors.h"
#include "tern/autodiff/gradient_tape.h"
#include "tern/core/error.h"
#include "tern/graph/function.h"
#include "tern/keras.h"
#include "tern/ops/array.h"
#include "tern/ops/linalg.h"
#include "tern/ops/math.h"
#include "tern/ops/random.h"

namespace tern::keras {
namespace {

Sequential two_layers() {
  return Sequential({layers::Dense(3, {.input_shape = {4}}), layers::Dense(1)});
}

class LinearImpl : public LayerBase {
 public:
  explicit LinearImpl(int units = 32, LayerOptions options = {})
      : LayerBase(options), units_(units) {}
  void build(const Shape& input) override {
    w_ = add_weight("w", {input[-1], units_}, {.initializer = "random_normal"});
    b_ = add_weight("b", {units_}, {.initializer = "zeros"});
  }
  Tensor call(const Tensor& x, const CallArgs&) override {
    return matmul(x, w_) + b_;
  }

 private:
  int units_;
  Variable w_, b_;
};
using Linear = Handle<LinearImpl>;

class ThrowImpl : public CallbackBase {
 public:
  void on_train_batch_end(std::int64_t batch, Logs&) override {
    if (batch == 1) throw std::runtime_error("stop it");
  }
};
using Throw = Handle<ThrowImpl>;

}  // namespace

TEST_CASE(
    "Layers are named after their class and counted until "
    "clear_session") {
  backend::clear_session();
  CHECK(layers::Dense(1).name() == "dense");
  CHECK(layers::Dense(1).name() == "dense_1");
  CHECK(Linear(2).name() == "linear");
  CHECK(Sequential().name() == "sequential");
  backend::clear_session();
  CHECK(layers::Dense(1).name() == "dense");
  CHECK(layers::Dense(1, {.name = "mine"}).name() == "mine");
}

TEST_CASE("A layer is built once its input's shape is known") {
  Linear linear(8);
  CHECK_FALSE(linear.built());
  linear.build({-1, 16});
  CHECK(linear.built());
  CHECK(linear.compute_output_shape({-1, 16}) == Shape({-1, 8}));
  CHECK(linear(random::uniform({5, 16})).shape() == Shape({5, 8}));
  CHECK(linear.count_params() == 16 * 8 + 8);

  Sequential late({layers::Dense(3), layers::Dense(2)});
  CHECK_FALSE(late.built());
  CHECK(late.variables().empty());
  late(zeros({2, 5}));
  CHECK(late.built());
  CHECK(late.input_shape() == Shape({-1, 5}));
  CHECK(late.output_shape() == Shape({-1, 2}));
  CHECK(late.variables().size() == 4);
}

TEST_CASE("Handles share one layer") {
  layers::Dense dense(2);
  Layer same = dense;
  same.build({-1, 3});
  CHECK(dense.built());
  CHECK(dense.variables()[0].same_as(same.variables()[0]));
}

TEST_CASE("A frozen layer has no trainable weights") {
  Sequential model = two_layers();
  CHECK(model.trainable_variables().size() == 4);
  model.layers()[0].set_trainable(false);
  CHECK(model.trainable_variables().size() == 2);
  CHECK(model.variables().size() == 4);
}

TEST_CASE(
    "Dropout drops a share of its inputs in training alone, anew each "
    "time") {
  layers::Dropout dropout(0.25, {.seed = 7});
  Tensor x = ones({100, 100});
  CHECK(difference(dropout(x), x, {}) == "");
  Tensor first = dropout(x, {.training = true});
  Tensor second = dropout(x, {.training = true});
  CHECK(reduce_mean(first).item<float>() == Approx(1).margin(0.05));
  CHECK(reduce_max(first).item<float>() == Approx(4.0 / 3));
  CHECK(difference(first, second, {}) != "");
}

TEST_CASE("Steps, test steps and predictions run eagerly as they run traced") {
  Tensor x = random::normal({20, 4}), y = random::normal({20, 1});
  Sequential traced = two_layers(), eager = two_layers();
  eager.set_weights(traced.get_weights());
  traced.compile({.optimizer = "adam", .loss = "mse", .metrics = {"mae"}});
  eager.compile({.optimizer = "adam",
                 .loss = "mse",
                 .metrics = {"mae"},
                 .run_eagerly = true});
  FitOptions options{
      .batch_size = 8, .epochs = 3, .verbose = 0, .shuffle = false};
  History a = traced.fit(x, y, options), b = eager.fit(x, y, options);
  for (const char* name : {"loss", "mae"})
    for (std::size_t i = 0; i < 3; ++i)
      CHECK(a.history[name][i] == Approx(b.history[name][i]).epsilon(1e-5));
  CHECK(difference(traced.predict(x, {.verbose = 0}),
                   eager.predict(x, {.verbose = 0}),
                   {1e-5, 1e-6}) == "");
}

/// Notes the numbers of the batches that callbacks hear of.
class BatchesHeardImpl : public CallbackBase {
 public:
  void on_train_batch_begin(std::int64_t batch, Logs&) override {
    begun.push_back(batch);
  }
  void on_train_batch_end(std::int64_t batch, Logs&) override {
    ended.push_back(batch);
  }
  std::vector<std::int64_t> begun, ended;
};

TEST_CASE("steps_per_execution steps run between two calls of the callbacks") {
  using Numbers = std::vector<std::int64_t>;
  Tensor x = random::normal({35, 4}), y = random::normal({35, 1});
  Sequential one = two_layers(), three = two_layers();
  three.set_weights(one.get_weights());
  one.compile({.optimizer = "adam", .loss = "mse"});
  three.compile({.optimizer = "adam", .loss = "mse", .steps_per_execution = 3});
  Handle<BatchesHeardImpl> heard;
  FitOptions options{.batch_size = 5, .verbose = 0, .shuffle = false};
  double loss = one.fit(x, y, options).history["loss"][0];
  options.callbacks = {heard};
  CHECK(three.fit(x, y, options).history["loss"][0] == loss);
  CHECK(heard->begun == Numbers{0, 3, 6});
  CHECK(heard->ended == Numbers{2, 5, 6});
  CHECK_THROWS_AS(one.compile({.loss = "mse", .steps_per_execution = 0}),
                  InvalidArgumentError);
}

TEST_CASE("\"accuracy\" means what the shapes say") {
  auto name_of = [](Shape y_true, Shape y_pred) {
    return Metric("accuracy").resolve(y_true, y_pred).impl()->class_name();
  };
  CHECK(name_of({-1}, {-1, 1}) == "BinaryAccuracy");
  CHECK(name_of({-1}, {-1, 10}) == "SparseCategoricalAccuracy");
  CHECK(name_of({-1, 1}, {-1, 10}) == "SparseCategoricalAccuracy");
  CHECK(name_of({-1, 10}, {-1, 10}) == "CategoricalAccuracy");
}

TEST_CASE(
    "A callback that throws ends the training and leaves the model "
    "usable") {
  Sequential model = two_layers();
  model.compile({.optimizer = "sgd", .loss = "mse"});
  Tensor x = random::normal({40, 4}), y = random::normal({40, 1});
  CHECK_THROWS_WITH(
      model.fit(x, y, {.batch_size = 10, .verbose = 0, .callbacks = {Throw()}}),
      "stop it");
  History history = model.fit(x, y, {.epochs = 2, .verbose = 0});
  CHECK(history.epoch == std::vector<int>{0, 1});
  CHECK(model.predict(x, {.verbose = 0}).tensor().shape() == Shape({40, 1}));
}

TEST_CASE("The learning rate is a variable that the next step heeds") {
  Sequential model({layers::Dense(
      1,
      {.use_bias = false, .kernel_initializer = "ones", .input_shape = {1}})});
  model.compile(
      {.optimizer = optimizers::SGD({.learning_rate = 0.5}), .loss = "mse"});
  Tensor x = ones({1, 1}), y = zeros({1, 1});
  model.train_on_batch(x, y);  // w = 1 - 0.5 · 2w
  CHECK(model.get_weights()[0].item<float>() == Approx(0).margin(1e-7));
  model.set_weights({ones({1, 1})});
  model.optimizer().learning_rate().assign(0.25);
  model.train_on_batch(x, y);
  CHECK(model.get_weights()[0].item<float>() == Approx(0.5));
}

TEST_CASE("What does not fit gives a typed error with the facts") {
  using Catch::Contains;
  CHECK_THROWS_AS(layers::Dense(0), InvalidArgumentError);
  CHECK_THROWS_AS(layers::Dropout(1.5), InvalidArgumentError);
  CHECK_THROWS_WITH(layers::Dense(2, {.activation = "no_such"}),
                    Contains("no_such"));
  CHECK_THROWS_AS(Loss("no_such"), InvalidArgumentError);
  CHECK_THROWS_AS(Metric("no_such"), InvalidArgumentError);
  CHECK_THROWS_AS(Optimizer("no_such"), InvalidArgumentError);

  Sequential model = two_layers();
  Tensor x = zeros({6, 4}), y = zeros({6, 1});
  CHECK_THROWS_AS(model.fit(x, y), FailedPreconditionError);
  model.compile({.optimizer = "sgd", .loss = "mse"});
  CHECK_THROWS_WITH(model.fit(x, zeros({5, 1}), {.verbose = 0}),
                    Contains("'x' sizes: 6") && Contains("'y' sizes: 5"));
  CHECK_THROWS_WITH(model.fit(zeros({6, 5}), y, {.verbose = 0}),
                    Contains("expected axis -1") && Contains("(6, 5)"));
  CHECK_THROWS_AS(model.fit(zeros({0, 4}), zeros({0, 1})),
                  InvalidArgumentError);
  CHECK_THROWS_AS(model.fit(x, y, {.batch_size = 0}), InvalidArgumentError);
  CHECK_THROWS_AS(model.fit(x, y, {.validation_split = 1.5}),
                  InvalidArgumentError);
  CHECK_THROWS_WITH(model.get_layer("no_such"), Contains("'dense"));
  CHECK_THROWS_AS(model.set_weights({}), InvalidArgumentError);
  CHECK_THROWS_AS(Sequential({layers::Dense(1, {.name = "d"}),
                              layers::Dense(1, {.name = "d"})}),
                  InvalidArgumentError);
  CHECK_THROWS_AS(Sequential({layers::Dense(1)}).summary(),
                  FailedPreconditionError);
  CHECK_THROWS_AS(models::model_from_json("{\"class_name\": "),
                  InvalidArgumentError);
}

TEST_CASE("NaN in the data passes through training without an error") {
  Sequential model = two_layers();
  model.compile({.optimizer = "adam", .loss = "mse"});
  Tensor x = fill({8, 4}, constant(NAN, float32));
  History history = model.fit(x, zeros({8, 1}), {.verbose = 0});
  CHECK(std::isnan(history.history["loss"][0]));
}

TEST_CASE("Weights and slots are made while the first step is traced") {
  layers::Dense dense(300);
  optimizers::Adam adam;
  auto step = function([&](const Tensor& x) {
    GradientTape tape;
    Tensor loss = reduce_sum(square(dense(x)));
    Variables weights = dense.trainable_variables();
    adam.apply_gradients(tape.gradient(loss, weights), weights);
    return loss;
  });
  Tensor x = ones({2, 200});
  float first = step(x).item<float>();
  CHECK(step(x).item<float>() < first);
  CHECK(adam.iterations().read().item<int>() == 2);
}

}  // namespace tern::keras
