// Optimizer steps: forward, loss, backward and update on data in memory. The
// plain name is a step written by hand and traced; `/fit` is a step of
// Model::fit, metrics included.

#include <benchmark/benchmark.h>

#include <chrono>
#include <cmath>
#include <memory>
#include <string>

#include "tern/tern.h"

namespace tern::keras {
namespace {

struct Workload {
  Sequential model;
  Loss loss;
  std::string metric;
  Shape example;
  int classes;  // of the labels; two of them are one float, 0 or 1
  std::int64_t batch, rows_of_epoch;

  Tensor inputs(std::int64_t rows) const {
    Shape shape = example;
    shape.insert(0, rows);
    return random::normal(shape);
  }
  Tensor labels(std::int64_t rows) const {
    Tensor numbers = random::uniform(
        {rows, 1},
        {.minval = 0, .maxval = static_cast<double>(classes), .dtype = int32});
    return classes == 2 ? cast(numbers, float32) : numbers;
  }
};

Workload titanic() {
  return {.model = Sequential(
              {layers::Dense(20, {.activation = "relu", .input_shape = {15}}),
               layers::Dense(10, {.activation = "relu"}),
               layers::Dense(1, {.activation = "sigmoid"})}),
          .loss = losses::BinaryCrossentropy(),
          .metric = "AUC",
          .example = {15},
          .classes = 2,
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
          .loss = losses::SparseCategoricalCrossentropy(),
          .metric = "accuracy",
          .example = {784},
          .classes = 10,
          .batch = 128,
          .rows_of_epoch = 60 * 128};
}

Workload mnist_cnn() {
  return {.model = Sequential(
              {layers::Conv2D(
                   32, 3, {.activation = "relu", .input_shape = {28, 28, 1}}),
               layers::MaxPooling2D(2),
               layers::Conv2D(64, 3, {.activation = "relu"}),
               layers::MaxPooling2D(2),
               layers::Flatten(),
               layers::Dropout(0.5),
               layers::Dense(10, {.activation = "softmax"})}),
          .loss = losses::SparseCategoricalCrossentropy(),
          .metric = "accuracy",
          .example = {28, 28, 1},
          .classes = 10,
          .batch = 128,
          .rows_of_epoch = 20 * 128};
}

Workload cifar2() {
  return {
      .model = Sequential({layers::Conv2D(32, 3, {.input_shape = {32, 32, 3}}),
                           layers::MaxPool2D(),
                           layers::Conv2D(64, 5),
                           layers::MaxPool2D(),
                           layers::Dropout(0.1),
                           layers::Flatten(),
                           layers::Dense(32, {.activation = "relu"}),
                           layers::Dense(1, {.activation = "sigmoid"})}),
      .loss = losses::BinaryCrossentropy(),
      .metric = "accuracy",
      .example = {32, 32, 3},
      .classes = 2,
      .batch = 100,
      .rows_of_epoch = 20 * 100};
}

void traced_step(benchmark::State& state, Workload (*make)()) {
  Workload workload = make();
  const Sequential& model = workload.model;
  optimizers::Adam optimizer;
  Variables weights = model.trainable_variables();
  auto step = function([&](const Tensor& x, const Tensor& y) {
    GradientTape tape;
    Tensor loss = workload.loss(y, model(x, {.training = true}));
    optimizer.apply_gradients(tape.gradient(loss, weights), weights);
    return loss;
  });
  Tensor x = workload.inputs(workload.batch);
  Tensor y = workload.labels(workload.batch);
  step(x, y);  // traces
  for (auto _ : state) benchmark::DoNotOptimize(step(x, y));
}
BENCHMARK_CAPTURE(traced_step, titanic, titanic)
    ->Name("train/titanic/b64")
    ->UseRealTime()
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(traced_step, mnist_mlp, mnist_mlp)
    ->Name("train/mnist_mlp/b128")
    ->UseRealTime()
    ->Unit(benchmark::kMicrosecond);

BENCHMARK_CAPTURE(traced_step, mnist_cnn, mnist_cnn)
    ->Name("train/mnist_cnn/b128")
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(traced_step, cifar2, cifar2)
    ->Name("train/cifar2/b100")
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

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
  Tensor y = workload.labels(workload.rows_of_epoch);
  workload.model.compile({.optimizer = "adam",
                          .loss = workload.loss,
                          .metrics = {workload.metric}});
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
BENCHMARK_CAPTURE(fit_step, titanic, titanic)
    ->Name("train/titanic/b64/fit")
    ->UseManualTime()
    ->MinTime(0.05)
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(fit_step, mnist_mlp, mnist_mlp)
    ->Name("train/mnist_mlp/b128/fit")
    ->UseManualTime()
    ->MinTime(0.05)
    ->Unit(benchmark::kMicrosecond);

BENCHMARK_CAPTURE(fit_step, mnist_cnn, mnist_cnn)
    ->Name("train/mnist_cnn/b128/fit")
    ->UseManualTime()
    ->MinTime(0.05)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(fit_step, cifar2, cifar2)
    ->Name("train/cifar2/b100/fit")
    ->UseManualTime()
    ->MinTime(0.05)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tern::keras
