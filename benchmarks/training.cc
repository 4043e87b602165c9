// Optimizer steps: forward, loss, backward and update on data in memory. The
// plain name is a step written by hand and traced; `/fit` is a step of
// Model::fit, metrics included.

#include <benchmark/benchmark.h>

#include <chrono>
#include <cmath>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tern/tern.h"

namespace tern::keras {
namespace {

struct Workload {
  Model model;
  std::vector<Loss> losses;  // one an output
  std::vector<Metric> metrics;
  Shape features;
  std::function<Nest(std::int64_t rows)> labels;
  std::int64_t batch, rows_of_epoch;

  Tensor inputs(std::int64_t rows) const {
    return random::normal(Shape{rows}.concatenate(features));
  }
};

Tensor integers(const Shape& shape, int end) {
  return random::uniform(
      shape, {.minval = 0, .maxval = static_cast<double>(end), .dtype = int32});
}

Nest bits(std::int64_t rows) { return cast(integers({rows, 1}, 2), float32); }

std::function<Nest(std::int64_t)> numbers_below(int classes) {
  return [=](std::int64_t rows) { return integers({rows, 1}, classes); };
}

Workload titanic() {
  return {.model = Sequential(
              {layers::Dense(20, {.activation = "relu", .input_shape = {15}}),
               layers::Dense(10, {.activation = "relu"}),
               layers::Dense(1, {.activation = "sigmoid"})}),
          .losses = {losses::BinaryCrossentropy()},
          .metrics = {"AUC"},
          .features = {15},
          .labels = bits,
          .batch = 64,
          .rows_of_epoch = 712};
}

Workload mnist_mlp() {
  return {.model = Sequential(
              {layers::Dense(512, {.activation = "relu", .input_shape = {784}}),
               layers::Dropout(0.2),
               layers::Dense(512, {.activation = "relu"}),
               layers::Dropout(0.2),
               layers::Dense(10, {.activation = "softmax"})}),
          .losses = {losses::SparseCategoricalCrossentropy()},
          .metrics = {"accuracy"},
          .features = {784},
          .labels = numbers_below(10),
          .batch = 128,
          .rows_of_epoch = 60 * 128};
}

Workload mnist_cnn() {
  return {.model = Sequential({layers::InputLayer({28, 28, 1}),
                               layers::Conv2D(32, 3, {.activation = "relu"}),
                               layers::MaxPool2D(),
                               layers::Conv2D(64, 3, {.activation = "relu"}),
                               layers::MaxPool2D(),
                               layers::Flatten(),
                               layers::Dropout(0.5),
                               layers::Dense(10, {.activation = "softmax"})}),
          .losses = {losses::SparseCategoricalCrossentropy()},
          .metrics = {"accuracy"},
          .features = {28, 28, 1},
          .labels = numbers_below(10),
          .batch = 128,
          .rows_of_epoch = 20 * 128};
}

Workload cifar2() {
  return {.model = Sequential({layers::InputLayer({32, 32, 3}),
                               layers::Conv2D(32, 3),
                               layers::MaxPool2D(),
                               layers::Conv2D(64, 5),
                               layers::MaxPool2D(),
                               layers::Dropout(0.1),
                               layers::Flatten(),
                               layers::Dense(32, {.activation = "relu"}),
                               layers::Dense(1, {.activation = "sigmoid"})}),
          .losses = {losses::BinaryCrossentropy()},
          .metrics = {"accuracy"},
          .features = {32, 32, 3},
          .labels = bits,
          .batch = 100,
          .rows_of_epoch = 20 * 100};
}

/// The photographs from satellites of S4: weather and ground.
Workload planet() {
  Tensor image = Input({128, 128, 3}), x = image;
  for (int i = 0; i < 2; ++i) {
    x = layers::Conv2D(32, 3, {.padding = "same", .activation = "relu"})(x);
    x = layers::MaxPooling2D({.padding = "same"})(x);
  }
  x = layers::Flatten()(x);
  for (int i = 0; i < 2; ++i) {
    x = layers::Dense(128, {.activation = "relu"})(x);
    x = layers::Dropout(0.2)(x);
  }
  Tensor weather =
      layers::Dense(4, {.activation = "softmax", .name = "weather"})(x);
  Tensor ground =
      layers::Dense(13, {.activation = "sigmoid", .name = "ground"})(x);
  return {.model = Model(image, {weather, ground}),
          .losses = {losses::CategoricalCrossentropy(),
                     losses::BinaryCrossentropy()},
          .metrics = {},
          .features = {128, 128, 3},
          .labels = [](std::int64_t rows) -> Nest {
            return {one_hot(integers({rows}, 4), 4),
                    cast(integers({rows, 13}, 2), float32)};
          },
          .batch = 64,
          .rows_of_epoch = 3 * 64};
}

Workload resnet50() {
  return {.model = applications::ResNet50({.classes = 5}),
          .losses = {losses::SparseCategoricalCrossentropy()},
          .metrics = {"accuracy"},
          .features = {224, 224, 3},
          .labels = numbers_below(5),
          .batch = 8,
          .rows_of_epoch = 2 * 8};
}

void traced_step(benchmark::State& state, Workload (*make)()) {
  Workload workload = make();
  const Model& model = workload.model;
  optimizers::Adam optimizer;
  Variables weights = model.trainable_variables();
  auto step = function([&](const Nest& x, const Nest& y) {
    GradientTape tape;
    Tensors labels = y.flatten();
    Tensors outputs = model.apply(x, {.training = true}).flatten();
    Tensors losses;
    for (std::size_t i = 0; i < outputs.size(); ++i)
      losses.push_back(workload.losses[i](labels[i], outputs[i]));
    Tensor loss = add_n(losses);
    optimizer.apply_gradients(tape.gradient(loss, weights), weights);
    return loss;
  });
  Nest x = workload.inputs(workload.batch);
  Nest y = workload.labels(workload.batch);
  step(x, y);  // traces
  for (auto _ : state) benchmark::DoNotOptimize(step(x, y));
}

/// Seconds from the first step's begin to the last one's end.
class EpochTimer : public CallbackBase {
 public:
  void on_epoch_begin(int, Logs&) override { start_ = Clock::now(); }
  void on_epoch_end(int, Logs&) override {
    seconds = std::chrono::duration<double>(Clock::now() - start_).count();
  }
  double seconds = 0;

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point start_;
};

/// An iteration is an epoch; its time is that of one of its steps.
void fit_step(benchmark::State& state, Workload (*make)()) {
  Workload workload = make();
  Tensor x = workload.inputs(workload.rows_of_epoch);
  Nest y = workload.labels(workload.rows_of_epoch);
  workload.model.compile({.optimizer = "adam",
                          .loss = PerOutput<Loss>(workload.losses),
                          .metrics = PerOutput<Metric>(workload.metrics)});
  auto timer = std::make_shared<EpochTimer>();
  FitOptions options{.batch_size = workload.batch,
                     .verbose = 0,
                     .callbacks = {Callback(timer)}};
  workload.model.fit(x, y, options);  // traces
  double steps = std::ceil(static_cast<double>(workload.rows_of_epoch) /
                           static_cast<double>(workload.batch));
  for (auto _ : state) {
    workload.model.fit(x, y, options);
    state.SetIterationTime(timer->seconds / steps);
  }
}
struct Named {
  const char* name;
  Workload (*make)();
};

[[maybe_unused]] const bool registered = [] {
  for (const Named& workload : {Named{"titanic/b64", titanic},
                                Named{"mnist_mlp/b128", mnist_mlp},
                                Named{"mnist_cnn/b128", mnist_cnn},
                                Named{"cifar2/b100", cifar2},
                                Named{"planet/b64", planet},
                                Named{"resnet50/b8", resnet50}}) {
    std::string name = std::string("train/") + workload.name;
    auto make = workload.make;
    benchmark::RegisterBenchmark(
        name.c_str(),
        [make](benchmark::State& state) { traced_step(state, make); })
        ->UseRealTime()
        ->Unit(benchmark::kMicrosecond);
    benchmark::RegisterBenchmark(
        (name + "/fit").c_str(),
        [make](benchmark::State& state) { fit_step(state, make); })
        ->UseManualTime()
        ->MinTime(0.05)
        ->Unit(benchmark::kMicrosecond);
  }
  return true;
}();

}  // namespace
}  // namespace tern::keras
