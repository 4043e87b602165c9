#pragma once

#include <benchmark/benchmark.h>

#include <string>

namespace tern {

/// What one call of an operation must do at least.
struct Work {
  double flops = 0;
  double bytes_read = 0;
  double bytes_written = 0;
};

/// Registers a benchmark. `prepare()` makes the inputs and gives what is timed.
template <class Prepare>
void add_operation(const std::string& name, Work work, Prepare prepare) {
  benchmark::RegisterBenchmark(
      name.c_str(),
      [=](benchmark::State& state) {
        auto operation = prepare();
        for (auto _ : state) benchmark::DoNotOptimize(operation());
        constexpr auto kPerSecond =
            benchmark::Counter::kIsIterationInvariantRate;
        if (work.flops > 0) state.counters["flops"] = {work.flops, kPerSecond};
        if (work.bytes_read + work.bytes_written > 0) {
          state.counters["bytes_read"] = {work.bytes_read, kPerSecond};
          state.counters["bytes_written"] = {work.bytes_written, kPerSecond};
        }
      })
      ->UseRealTime()
      ->Unit(benchmark::kMicrosecond);
}

}  // namespace tern
