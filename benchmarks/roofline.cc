#include "roofline.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <functional>
#include <iomanip>
#include <iostream>
#include <limits>
#include <vector>

#include "tern/core/parallel.h"

namespace tern {
namespace {

// One function a set: its loops use the set's registers and multiply-adds.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define TERN_EVERY_ISA                                                         \
  __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default"), \
                 optimize("fp-contract=fast", "O3")))
#else
#define TERN_EVERY_ISA
#endif

/// As many independent sums as hide the latency of a multiply-add and leave
/// the 16 registers of AVX two.
constexpr int kSums = 7, kLanes = 16;
typedef float Lanes __attribute__((vector_size(kLanes * sizeof(float))));

TERN_EVERY_ISA void multiply_add(float* result, std::int64_t steps) {
  Lanes sums[kSums], factor = Lanes{} + 0.999f, addend = Lanes{} + 0.001f;
  for (int i = 0; i < kSums; ++i)
    sums[i] = Lanes{} + (*result + static_cast<float>(i));
  for (std::int64_t step = 0; step < steps; ++step)
#pragma GCC unroll 7
    for (Lanes& sum : sums) sum = sum * factor + addend;
  for (const Lanes& sum : sums) *result += sum[0];
}

TERN_EVERY_ISA void add(const float* a,
                        const float* b,
                        float* c,
                        std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) c[i] = a[i] + b[i];
}

TERN_EVERY_ISA std::int32_t any_bit(const std::int32_t* a, std::int64_t n) {
  std::int32_t bits = 0;
  for (std::int64_t i = 0; i < n; ++i) bits |= a[i];
  return bits;
}

/// The best of several runs, in seconds.
double fastest(const std::function<void()>& run) {
  using Clock = std::chrono::steady_clock;
  double best = std::numeric_limits<double>::infinity();
  for (int i = 0; i < 20; ++i) {
    auto begin = Clock::now();
    run();
    std::chrono::duration<double> took = Clock::now() - begin;
    best = std::min(best, took.count());
  }
  return best;
}

/// Calls body(begin, end) for equal parts of [0, size), one a thread.
template <class Body>
void on_every_thread(std::int64_t size, const Body& body) {
  std::int64_t threads = num_threads();
  parallel_for(size, (size + threads - 1) / threads, body);
}

double measure_flops() {
  constexpr std::int64_t kSteps = 1 << 22;
  const std::int64_t threads = num_threads();
  double seconds = fastest([&] {
    parallel_for(threads, 1, [](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        float result = 0;
        multiply_add(&result, kSteps);
        benchmark::DoNotOptimize(result);
      }
    });
  });
  return 2. * kSums * kLanes * kSteps * static_cast<double>(threads) / seconds;
}

std::array<Roofline::Stream, 4> measure_streams() {
  constexpr std::int64_t kElements = 1 << 24;  // as the largest ops have
  std::vector<float> a(kElements, 1), b(kElements, 2), c(kElements, 3);
  auto bandwidth = [&](double arrays, const auto& body) {
    double seconds = fastest([&] { on_every_thread(kElements, body); });
    return arrays * kElements * sizeof(float) / seconds;
  };
  auto bytes = [](std::int64_t begin, std::int64_t end) {
    return static_cast<std::size_t>(end - begin) * sizeof(float);
  };
  return {
      {{"read",
        0,
        bandwidth(1,
                  [&](std::int64_t begin, std::int64_t end) {
                    benchmark::DoNotOptimize(any_bit(
                        reinterpret_cast<std::int32_t*>(a.data()) + begin,
                        end - begin));
                  })},
       {"2 read, 1 written",
        1. / 3,
        bandwidth(3,
                  [&](std::int64_t begin, std::int64_t end) {
                    add(a.data() + begin,
                        b.data() + begin,
                        c.data() + begin,
                        end - begin);
                  })},
       {"copy",
        1. / 2,
        bandwidth(2,
                  [&](std::int64_t begin, std::int64_t end) {
                    std::memcpy(
                        c.data() + begin, a.data() + begin, bytes(begin, end));
                  })},
       {"written", 1, bandwidth(1, [&](std::int64_t begin, std::int64_t end) {
          std::memset(c.data() + begin, 0, bytes(begin, end));
        })}}};
}

class Reporter : public benchmark::ConsoleReporter {
 public:
  Reporter() : benchmark::ConsoleReporter(OO_None) {}

  bool ReportContext(const Context&) override {
    std::ostream& out = GetOutputStream();
    out << std::fixed << std::setprecision(1) << "peak: " << limits_.flops / 1e9
        << " GFLOP/s (float32), " << num_threads() << " threads\n";
    for (const Roofline::Stream& stream : limits_.streams)
      out << stream.name << ": " << stream.bandwidth / 1e9 << " GB/s\n";
    out << '\n';
    return true;
  }

  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      auto rate = [&](const char* name) {
        auto counter = run.counters.find(name);
        return counter == run.counters.end() ? 0. : counter->second.value;
      };
      // Rates are work a second: the limit's seconds for a second of it.
      double share = limits_.seconds(
          rate("flops"), rate("bytes_read"), rate("bytes_written"));
      GetOutputStream() << std::left << std::setw(48) << run.benchmark_name()
                        << std::right << std::setw(14)
                        << run.GetAdjustedRealTime() << " us " << std::setw(7);
      if (share > 0)
        GetOutputStream() << 100 * share << " %\n";
      else
        GetOutputStream() << "-\n";
    }
  }

 private:
  const Roofline limits_ = Roofline::measure();
};

}  // namespace

Roofline Roofline::measure() { return {measure_flops(), measure_streams()}; }

double Roofline::seconds(double operations, double read, double written) const {
  const double moved = read + written;
  double seconds = operations / flops;
  if (moved == 0) return seconds;
  const double share = written / moved;
  auto above = std::find_if(
      streams.begin() + 1, streams.end() - 1, [&](const Stream& stream) {
        return stream.write_share >= share;
      });
  const Stream &low = above[-1], &high = *above;
  double weight =
      (share - low.write_share) / (high.write_share - low.write_share);
  return std::max(
      seconds,
      moved * ((1 - weight) / low.bandwidth + weight / high.bandwidth));
}

std::unique_ptr<benchmark::BenchmarkReporter> roofline_reporter() {
  return std::make_unique<Reporter>();
}

}  // namespace tern
