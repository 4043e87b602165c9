// tern_bench: what Tern costs, measured by Google Benchmark.
//
// A benchmark's name says the workload: group/operation/size. With --roofline,
// the machine's limits are measured first, and each benchmark's share of them
// is printed; without a filter, for ops alone.

#include <benchmark/benchmark.h>

#include <string>
#include <string_view>
#include <vector>

#include "roofline.h"

int main(int argc, char** argv) {
  // Google Benchmark up to 1.7 wants --benchmark_min_time=0.5, from 1.8 on it
  // wants 0.5s but still takes the other.
  constexpr std::string_view kMinTime = "--benchmark_min_time=";
  std::vector<std::string> words(argv, argv + argc);
  bool roofline = std::erase(words, "--roofline") > 0;
  if (roofline) words.insert(words.begin() + 1, "--benchmark_filter=^op/");
  std::vector<char*> arguments;
  for (std::string& word : words) {
    if (word.starts_with(kMinTime) && word.ends_with('s')) word.pop_back();
    arguments.push_back(word.data());
  }
  arguments.push_back(nullptr);

  argc = static_cast<int>(words.size());
  benchmark::Initialize(&argc, arguments.data());
  if (benchmark::ReportUnrecognizedArguments(argc, arguments.data())) return 1;
  if (roofline) {
    auto reporter = tern::roofline_reporter();
    benchmark::RunSpecifiedBenchmarks(reporter.get());
  } else {
    benchmark::RunSpecifiedBenchmarks();
  }
  benchmark::Shutdown();
}
