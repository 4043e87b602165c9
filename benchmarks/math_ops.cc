// Single ops on normal random numbers; each call makes a fresh result.

#include <benchmark/benchmark.h>

#include "tern/tern.h"

namespace tern {
namespace {

void add(benchmark::State& state, const Shape& shape) {
  Tensor a = random::normal(shape), b = random::normal(shape);
  for (auto _ : state) benchmark::DoNotOptimize(a + b);
  state.SetBytesProcessed(state.iterations() *
                          static_cast<std::int64_t>(3 * a.num_bytes()));
}
BENCHMARK_CAPTURE(add, scalar, Shape{})->Name("op/add/scalar")->UseRealTime();
BENCHMARK_CAPTURE(add, small, Shape{4, 4})->Name("op/add/4x4")->UseRealTime();
BENCHMARK_CAPTURE(add, row, Shape{1024})->Name("op/add/1k")->UseRealTime();
BENCHMARK_CAPTURE(add, large, Shape{1 << 24})
    ->Name("op/add/16M")
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

void multiply(benchmark::State& state, const Shape& left, const Shape& right) {
  Tensor a = random::normal(left), b = random::normal(right);
  for (auto _ : state) benchmark::DoNotOptimize(matmul(a, b));
  double operations = 2. * static_cast<double>(a.num_elements() * right[-1] *
                                               state.iterations());
  state.counters["flops"] =
      benchmark::Counter(operations, benchmark::Counter::kIsRate);
}

void matmul_benchmark(const char* name, const Shape& a, const Shape& b) {
  benchmark::RegisterBenchmark(name, multiply, a, b)
      ->UseRealTime()
      ->Unit(benchmark::kMicrosecond);
}

[[maybe_unused]] const bool registered = [] {
  matmul_benchmark("op/matmul/64", {64, 64}, {64, 64});
  matmul_benchmark("op/matmul/256", {256, 256}, {256, 256});
  matmul_benchmark("op/matmul/1024", {1024, 1024}, {1024, 1024});
  matmul_benchmark("op/matmul/2048", {2048, 2048}, {2048, 2048});
  matmul_benchmark("op/matmul/b64_784x512", {64, 784}, {784, 512});
  matmul_benchmark(
      "op/matmul/batched_32x128x128", {32, 128, 128}, {32, 128, 128});
  return true;
}();

}  // namespace
}  // namespace tern
