// Predictions asked for by several threads at once: as many of them in all,
// however many threads ask.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <iterator>
#include <thread>
#include <vector>

#include "tern/tern.h"

namespace tern {
namespace {

/// Threads of this process, by Linux' count.
std::ptrdiff_t threads_of_process() {
  std::filesystem::directory_iterator tasks("/proc/self/task"), none;
  return std::distance(tasks, none);
}

keras::Sequential mnist_mlp() {
  using namespace keras;
  return Sequential(
      {layers::Dense(512, {.activation = "relu", .input_shape = {784}}),
       layers::Dense(512, {.activation = "relu"}),
       layers::Dense(10, {.activation = "softmax"})});
}

void predict(benchmark::State& state) {
  const auto callers = static_cast<std::size_t>(state.range(0));
  const auto predictions = state.range(1);
  keras::Sequential model = mnist_mlp();
  auto classify = function([&](const Tensor& x) { return model(x); });
  classify(random::normal({1, 784}));  // traces
  std::ptrdiff_t most_threads = 0;
  for (auto _ : state) {
    std::atomic<std::size_t> at_work{callers};
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < callers; ++i)
      threads.emplace_back([&] {
        Tensor x = random::normal({1, 784});
        for (std::int64_t k = 0; k < predictions; ++k)
          benchmark::DoNotOptimize(classify(x));
        --at_work;
      });
    while (at_work > 0) {
      most_threads = std::max(most_threads, threads_of_process());
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }
  state.counters["threads"] = static_cast<double>(most_threads);
  state.SetItemsProcessed(state.iterations() * state.range(0) * predictions);
}
BENCHMARK(predict)
    ->Name("serving/mnist_mlp")
    ->ArgNames({"threads", "each"})
    ->Args({2, 4000})
    ->Args({8, 1000})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tern
