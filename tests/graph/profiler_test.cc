#include "tern/graph/profiler.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <map>
#include <thread>

#include "keras/saving/json_parser.h"
#include "tern/core/cancellation.h"
#include "tern/core/error.h"
#include "tern/graph/control_flow.h"
#include "tern/graph/function.h"
#include "tern/io/file.h"
#include "tern/ops/array.h"
#include "tern/ops/linalg.h"
#include "tern/ops/math.h"
#include "tern/ops/variable.h"

namespace tern {
namespace {

std::string temporary(const std::string& name) {
  return (std::filesystem::temp_directory_path() / name).string();
}

TEST_CASE("A profile shows each node of a run, in the order they ran") {
  auto f = function([](const Tensor& x) {
    return reduce_sum(matmul(x, x)) + while_loop([](Tensor i) { return i < 3; },
                                                 [](Tensor i) { return i + 1; },
                                                 Tensor(0.0));
  });
  Tensor x = ones({8, 8});
  f(x);
  std::string path = temporary("tern_profile.json");
  profiler::start();
  CHECK_THROWS_AS(profiler::start(), AlreadyExistsError);
  f(x);
  profiler::stop(path);
  f(x);
  CHECK_THROWS_AS(profiler::stop(path), FailedPreconditionError);

  const keras::Config trace = keras::parse_json(io::read_bytes(path));
  std::map<std::string, int> nodes;
  double matmul_end = 0, sum_start = 0;
  int memory = 0;
  for (const keras::Config& event : trace["traceEvents"].items()) {
    std::string name = event["name"].get<std::string>();
    if (event["ph"].get<std::string>() == "C") {
      ++memory;
      CHECK(event["args"]["bytes in use"].get<double>() >= 0);
      continue;
    }
    ++nodes[name];
    CHECK(event["dur"].get<double>() >= 0);
    if (name == "MatMul")
      matmul_end = event["ts"].get<double>() + event["dur"].get<double>();
    if (name == "Sum") sum_start = event["ts"].get<double>();
  }
  CHECK(nodes["MatMul"] == 1);
  CHECK(nodes["Sum"] == 1);
  CHECK(nodes["Less"] == 4);
  CHECK(memory > 6);
  CHECK(sum_start >= matmul_end);
  std::filesystem::remove(path);
}

TEST_CASE("A profile that cannot be written has ended") {
  profiler::start({.memory_timeline = false});
  CHECK_THROWS_AS(profiler::stop("/no/such/folder/profile.json"),
                  NotFoundError);
  profiler::start();
  profiler::discard();
  profiler::discard();
}

TEST_CASE("A run stops at the node after it was asked to", "[threads]") {
  Variable steps(0.0);
  auto forever = function([&] {
    return while_loop([](Tensor x) { return x >= 0; },
                      [&](Tensor x) {
                        steps.assign_add(1.0);
                        return x + 1;
                      },
                      Tensor(0.0));
  });
  Cancellation stop;
  std::string said;
  std::thread runner([&, stop] {
    CancellationScope scope(stop);
    try {
      forever();
    } catch (const CancelledError& error) {
      said = error.what();
    }
  });
  while (steps.read().item<float>() < 10) std::this_thread::yield();
  stop.cancel();
  runner.join();
  CHECK(said.find("the run was cancelled") != std::string::npos);

  // Others, and later runs without a scope, go on.
  auto f = function([](const Tensor& x) { return x + 1; });
  CHECK(f(1.0).item<float>() == 2);
  CancellationScope scope(stop);
  CHECK_THROWS_AS(f(1.0), CancelledError);
}

}  // namespace
}  // namespace tern
