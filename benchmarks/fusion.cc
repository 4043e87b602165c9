// What fusion wins: chains of elementwise ops against one pass over memory
// with the same reads and writes.

#include <benchmark/benchmark.h>

#include "tern/tern.h"

namespace tern {
namespace {

using Unary = Function<Tensor(Tensor)>;

void run(benchmark::State& state, const Unary& f) {
  Tensor x = random::normal({1 << 24});
  f(x);  // traces
  for (auto _ : state) benchmark::DoNotOptimize(f(x));
  state.SetBytesProcessed(state.iterations() *
                          static_cast<std::int64_t>(2 * x.num_bytes()));
}

void one_op(benchmark::State& state) {
  run(state, function([](const Tensor& x) { return x * 1.01f; }));
}
BENCHMARK(one_op)
    ->Name("fusion/1_op_16M")
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

void ten_ops(benchmark::State& state) {
  run(state, function([](const Tensor& x) {
        Tensor y = x;
        for (int i = 0; i < 5; ++i) y = y * 1.01f + 0.5f;
        return y;
      }));
}
BENCHMARK(ten_ops)
    ->Name("fusion/10_ops_16M")
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

void ten_kinds_of_ops(benchmark::State& state) {
  run(state, function([](const Tensor& x) {
        Tensor y = math::maximum(x, -1.5f) - 0.25f;
        y = nn::relu(y * 0.9f) + abs(x);
        return square(math::minimum(y, 4.0f)) / 3.0f - x;
      }));
}
BENCHMARK(ten_kinds_of_ops)
    ->Name("fusion/10_kinds_16M")
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tern
