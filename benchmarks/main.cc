// tern_bench: what Tern costs, measured by Google Benchmark.
//
// A benchmark's name says the workload: group/operation/size.

#include <benchmark/benchmark.h>

#include <string>
#include <string_view>
#include <vector>

int main(int argc, char** argv) {
  // Google Benchmark up to 1.7 wants --benchmark_min_time=0.5, from 1.8 on it
  // wants 0.5s but still takes the other.
  constexpr std::string_view kMinTime = "--benchmark_min_time=";
  std::vector<std::string> words(argv, argv + argc);
  std::vector<char*> arguments;
  for (std::string& word : words) {
    if (word.starts_with(kMinTime) && word.ends_with('s')) word.pop_back();
    arguments.push_back(word.data());
  }
  arguments.push_back(nullptr);

  benchmark::Initialize(&argc, arguments.data());
  if (benchmark::ReportUnrecognizedArguments(argc, arguments.data())) return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
