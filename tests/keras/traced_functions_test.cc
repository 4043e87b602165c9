// Training loops of one's own as traced functions.
#include <catch2/catch.hpp>
#include <cmath>

#include "tern/tern.h"

namespace tern::keras {
namespace {

/// y = 2 a - 3 b + 3, in eight rows.
struct Line {
  Tensor x = constant(
      {{1, 0}, {0, 1}, {1, 1}, {2, 1}, {-1, 1}, {0, -2}, {3, 1}, {1, -1}},
      float32);
  Tensor y = matmul(x, {{2.0}, {-3.0}}) + 3.0;
};

/// What one step needs, apart from how it is run.
struct Training {
  Sequential model;
  optimizers::Nadam optimizer{{.learning_rate = 0.1}};
  losses::MeanSquaredError loss_function;
  metrics::Mean loss_metric{{.name = "loss"}};
  metrics::MeanAbsoluteError error_metric;

  Training() {
    utils::set_random_seed(7);
    model = Sequential(
        {layers::Dense(4, {.activation = "tanh"}), layers::Dense(1)});
    model.build({-1, 2});
  }

  void step(const Tensor& features, const Tensor& labels) {
    GradientTape tape;
    Tensor predictions = model(features, {.training = true});
    Tensor loss = loss_function(labels, predictions);
    Variables variables = model.trainable_variables();
    optimizer.apply_gradients(tape.gradient(loss, variables), variables);
    loss_metric.update_state(loss);
    error_metric.update_state(labels, predictions);
  }
};

TEST_CASE(
    "A traced step of model, optimizer and metrics trains as an eager one") {
  Line line;
  Training eager, graph;
  // The optimizer makes its slots while the step is traced.
  auto step = function([&](const Tensor& features, const Tensor& labels) {
    graph.step(features, labels);
  });
  for (int i = 0; i < 5; ++i) {
    eager.step(line.x, line.y);
    step(line.x, line.y);
  }
  auto number = [](const Tensor& t) { return t.item<float>(); };
  CHECK(number(graph.loss_metric.result()) ==
        Approx(number(eager.loss_metric.result())));
  CHECK(number(graph.error_metric.result()) ==
        Approx(number(eager.error_metric.result())));
  CHECK(number(cast(graph.optimizer.iterations().read(), float32)) == 5);
  Variables a = eager.model.trainable_variables(),
            b = graph.model.trainable_variables();
  REQUIRE(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i)
    CHECK(reduce_max(abs(a[i].read() - b[i].read())).item<float>() < 1e-5);
}

TEST_CASE("Traced functions may call traced functions and member functions") {
  struct Scaler {
    Variable factor{constant(3.0)};
    Function<Tensor(Tensor)> call =
        function([this](const Tensor& x) -> Tensor { return x * factor; },
                 {.input_signature = {TensorSpec({-1}, float32)}});
  } scaler;
  int traces = 0;
  auto twice = function([&](const Tensor& x) {
    ++traces;
    return scaler.call(scaler.call(x));
  });
  CHECK(reduce_sum(twice(constant({1.0, 2.0}))).item<float>() == 27);
  scaler.factor.assign(2.0);
  CHECK(reduce_sum(twice(constant({1.0, 2.0}))).item<float>() == 12);
  CHECK(traces == 1);
}

TEST_CASE("A metric's result may be asked for inside of a traced function") {
  metrics::Mean mean;
  auto update = function([&](const Tensor& x) {
    mean.update_state(x);
    return mean.result();
  });
  CHECK(update(constant({1.0, 3.0})).item<float>() == 2);
  CHECK(update(constant({8.0, 8.0})).item<float>() == 5);
  CHECK(mean.result().item<float>() == 5);
}

}  // namespace
}  // namespace tern::keras
