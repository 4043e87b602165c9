// What a call costs beside its arithmetic: ops on a few elements.

#include <benchmark/benchmark.h>

#include "tern/tern.h"

namespace tern {
namespace {

void eager_op(benchmark::State& state) {
  Tensor a = constant({1., 2., 3., 4.}, float32);
  Tensor b = constant({1., 2., 3., 4.}, float32);
  for (auto _ : state) benchmark::DoNotOptimize(a + b);
}
BENCHMARK(eager_op)->Name("overhead/eager_op")->UseRealTime();

void tape_10op_chain(benchmark::State& state) {
  Variable v(constant(1.5, float32));
  Tensor c = constant(1.01, float32);
  for (auto _ : state) {
    GradientTape tape;
    Tensor x = v;
    for (int i = 0; i < 5; ++i) {
      x = x * c;
      x = x + c;
    }
    benchmark::DoNotOptimize(tape.gradient(x, v));
  }
}
BENCHMARK(tape_10op_chain)->Name("overhead/tape_10op_chain")->UseRealTime();

void function_call(benchmark::State& state) {
  Tensor a = constant({1., 2., 3., 4.}, float32);
  auto add_one = function([](const Tensor& x) { return x + 1.0; });
  add_one(a);  // traces
  for (auto _ : state) benchmark::DoNotOptimize(add_one(a));
}
BENCHMARK(function_call)->Name("overhead/function_call")->UseRealTime();

/// The operands are arguments, so that nothing can be folded.
void graph_1000_ops(benchmark::State& state) {
  Tensor a = random::normal({4});
  Tensor b = random::normal({4}) * 0.01 + 1.0;
  Tensor c = random::normal({4});
  auto chain = function([](Tensor x, const Tensor& y, const Tensor& z) {
    for (int i = 0; i < 500; ++i) {
      x = x * y;
      x = x + z;
    }
    return x;
  });
  chain(a, b, c);
  for (auto _ : state) benchmark::DoNotOptimize(chain(a, b, c));
}
BENCHMARK(graph_1000_ops)
    ->Name("overhead/graph_1000_ops")
    ->UseRealTime()
    ->Unit(benchmark::kMicrosecond);

void while_1000(benchmark::State& state) {
  Tensor a = random::normal({4});
  auto decay = function([](const Tensor& x) {
    auto [i, y] = while_loop([](Tensor i, Tensor) { return i < 1000; },
                             [](Tensor i, Tensor x) {
                               return std::tuple{i + 1, x * 0.999};
                             },
                             Tensor(0),
                             x);
    return y;
  });
  decay(a);
  for (auto _ : state) benchmark::DoNotOptimize(decay(a));
}
BENCHMARK(while_1000)
    ->Name("overhead/while_1000")
    ->UseRealTime()
    ->Unit(benchmark::kMicrosecond);

/// One step of a linear regression on batches of 10 rows, op by op or as a
/// graph: what a traced function is for.
void regression(benchmark::State& state, bool traced) {
  Tensor x = random::uniform({10, 2}, {.minval = -10, .maxval = 10});
  Tensor y = matmul(x, {{2.0}, {-3.0}}) + 3.0;
  Variable w(random::normal({2, 1})), b(zeros({1}));
  auto step = [&](const Tensor& features, const Tensor& labels) -> Tensor {
    GradientTape tape;
    Tensor loss = reduce_mean(square(matmul(features, w) + b - labels) / 2);
    Tensors gradients = tape.gradient(loss, Variables{w, b});
    w.assign_sub(0.001 * gradients[0]);
    b.assign_sub(0.001 * gradients[1]);
    return loss;
  };
  auto graph = function(step);
  for (auto _ : state)
    benchmark::DoNotOptimize(traced ? graph(x, y) : step(x, y));
}
BENCHMARK_CAPTURE(regression, eager, false)
    ->Name("overhead/regression/eager")
    ->UseRealTime();
BENCHMARK_CAPTURE(regression, function, true)
    ->Name("overhead/regression/function")
    ->UseRealTime();

void assign_add(benchmark::State& state) {
  Variable v(constant(0., float32));
  Tensor one = constant(1., float32);
  for (auto _ : state) v.assign_add(one);
}
BENCHMARK(assign_add)->Name("overhead/assign_add")->UseRealTime();

}  // namespace
}  // namespace tern
