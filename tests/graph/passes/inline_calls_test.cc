#include <catch2/catch.hpp>

#include "graph/passes/pass_harness.h"
#include "ops/apply.h"
#include "tern/autodiff/gradient_tape.h"
#include "tern/core/error.h"
#include "tern/graph/function.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"
#include "tern/ops/random.h"
#include "tern/ops/variable.h"

namespace tern::pass_test {
namespace {

OptionsScope inlining_alone() {
  config::optimizer::ExperimentalOptions options = all_off();
  options.function_optimization = true;
  return OptionsScope(options);
}

TEST_CASE("The nodes of called functions stand in the place of the calls") {
  OptionsScope pass = inlining_alone();
  auto twice = function([](const Tensor& x) { return x * 2.0f; });
  auto both = function([&](const Tensor& x, const Tensor& y) {
    return std::tuple(tanh(twice(x)), y, twice(y));
  });
  CHECK(ops_left({random::normal({3, 4}), random::normal({4})},
                 [&](const Tensors& in) {
                   auto [a, b, c] = both(in[0], in[1]);
                   return Tensors{a + b, c};
                 }) == OpCounts{{"Mul", 2}, {"Tanh", 1}, {"AddV2", 1}});
}

TEST_CASE("Effects of inlined functions keep their place") {
  auto run = [] {
    Variable v(1.0);
    auto triple = function([&](const Tensor& x) {
      v.assign(v * 3.0);
      return x + v;
    });
    auto f = function([&](const Tensor& x) {
      v.assign_add(2.0);
      Tensor before = v.read();
      Tensor y = triple(x);
      v.assign_sub(1.0);
      Tensor sum = y + triple(x);
      return std::tuple(before, sum, v.read());
    });
    std::vector<float> seen;
    for (int i = 0; i < 2; ++i) {
      auto [before, sum, after] = f(Tensor(10.0));
      for (const Tensor& t : {before, sum, after})
        seen.push_back(t.item<float>());
    }
    return seen;
  };
  // 1 + 2 = 3, · 3 = 9, - 1 = 8, · 3 = 24; then 26, 78, 77, 231.
  const std::vector<float> wanted = {3, 19 + 34, 24, 26, 88 + 241, 231};
  CHECK(run() == wanted);
  OptionsScope off(all_off());
  CHECK(run() == wanted);
}

TEST_CASE("An error names the node by way of the call") {
  auto f = function([&](const Tensor& x, const Tensor& y) {
    return raw<"FloorDiv">(x, y) + x;
  });
  auto g = function([&](const Tensor& x, const Tensor& y) { return f(x, y); });
  CHECK_THROWS_WITH(g(constant({1, 2}, int32), constant({1, 0}, int32)),
                    Catch::Contains("PartitionedCall/FloorDiv}}"));
}

TEST_CASE("A function whose nodes remember something stays a function") {
  OptionsScope pass = inlining_alone();
  // Each call goes on where the one before it ended.
  OpCounts left = ops_left({random::normal({4})}, [](const Tensors& in) {
    auto draw = function([] { return random::uniform({4}, {.seed = 11}); });
    return Tensors{in[0] + draw(), in[0] - draw()};
  });
  CHECK(left["RandomUniform"] == 0);
  CHECK(left["StatefulPartitionedCall"] == 2);
}

TEST_CASE("Functions are differentiated as they were traced, then inlined") {
  auto cube = function([](const Tensor& x) { return x * x * x; });
  auto slope = function([&](const Tensor& x) {
    GradientTape tape;
    tape.watch(x);
    Tensor y = cube(x) + cube(x * 2.0f);
    return tape.gradient(y, x);
  });
  CHECK(slope(Tensor(2.0)).item<float>() == 3 * 4 * 9);
}

}  // namespace
}  // namespace tern::pass_test
