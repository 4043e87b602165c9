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
  std::int64_t features;
  int classes;  // of the labels; two of them are one float, 0 or 1
  std::int64_t batch, rows_of_epoch;

  Tensor inputs(std::int64_t rows) const {
    return random::normal({rows, features});
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
          .features = 15,
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
          .features = 784,
          .classes = 10,
          .batch = 128,
          .rows_of_epoch = 60 * 128};
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

}  // namespace
}  // namespace tern::keras
