#include <catch2/catch.hpp>
#include <limits>

#include "graph/passes/optimize.h"
#include "graph/passes/pass_harness.h"
#include "graph/program/program.h"
#include "ops/apply.h"
#include "tern/core/error.h"
#include "tern/graph/function.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"
#include "tern/ops/nn.h"
#include "tern/ops/random.h"
#include "tern/ops/variable.h"

namespace tern::pass_test {
namespace {

Tensor specials() {
  constexpr float kInf = std::numeric_limits<float>::infinity();
  constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
  return constant({-1.5f, -0.0f, 0.0f, 2.5f, kInf, -kInf, kNaN, 1e-42f},
                  float32);
}

/// Turns on one pass alone.
OptionsScope only(
    std::optional<bool> config::optimizer::ExperimentalOptions::*pass) {
  config::optimizer::ExperimentalOptions options = all_off();
  options.*pass =
      pass != &config::optimizer::ExperimentalOptions::disable_model_pruning;
  return OptionsScope(options);
}

using Options = config::optimizer::ExperimentalOptions;

TEST_CASE("What nothing needs is taken out, arguments and effects stay") {
  Variable counter(1.0f);
  OptionsScope pass = only(&Options::disable_model_pruning);
  auto function = trace({TensorSpec({2}, float32), TensorSpec({2}, float32)},
                        [&](const Tensors& in) {
                          Tensor unused = exp(in[1]);
                          return Tensors{in[0] + 1.0f};
                        });
  GraphFunctionPtr optimized = optimize(*function);
  CHECK(optimized->arguments().size() == 2);
  CHECK(optimized->graph().find("Exp") == nullptr);
  CHECK(ops_that_run(*optimized) == OpCounts{{"AddV2", 1}});

  auto count = tern::function([&](const Tensor& x) {
    counter.assign_add(2.0f);
    return x;
  });
  count(Tensor(0.0f));
  CHECK(counter.read().item<float>() == 3);
}

TEST_CASE("What is known before running is computed once") {
  OptionsScope pass = only(&Options::constant_folding);
  Tensor x = random::normal({3, 4});
  CHECK(ops_left({x}, [](const Tensors& in) {
          Tensor size = cast(math::reduce_prod(shape(in[0])), float32);
          return Tensors{
              in[0] / size, zeros_like(in[0]), rank(in[0]), tern::size(in[0])};
        }) == OpCounts{{"RealDiv", 1}});
}

TEST_CASE("Random numbers and large values are not folded") {
  OptionsScope pass = only(&Options::constant_folding);
  auto function = trace({}, [](const Tensors&) {
    return Tensors{random::uniform({2}),
                   raw<"Fill">(constant({1000, 1000}, int32), 1.0f)};
  });
  OpCounts counts = ops_that_run(*optimize(*function));
  CHECK(counts["RandomUniform"] == 1);
  CHECK(counts["Fill"] == 1);
}

TEST_CASE("What fails when folded fails where it runs, under its name") {
  CHECK_THROWS_WITH(tern::function([](const Tensor& x) {
                      return x + raw<"FloorDiv">(constant({1}, int32),
                                                 constant({0}, int32));
                    })(constant({1}, int32)),
                    Catch::Contains("{{node FloorDiv}}") &&
                        Catch::Contains("Integer division by zero"));
}

TEST_CASE("What is asked for twice is computed once") {
  OptionsScope pass = only(&Options::common_subgraph_elimination);
  Tensor x = specials();
  CHECK(ops_left({x, x}, [](const Tensors& in) {
          return Tensors{exp(in[0] * 2.0f) + exp(in[0] * 2.0f),
                         exp(in[0] * 3.0f),
                         exp(in[1] * 2.0f)};
        }) == OpCounts{{"AddV2", 1}, {"Exp", 3}, {"Mul", 3}});
  auto draws = trace({}, [](const Tensors&) {
    return Tensors{random::uniform({2}, {.seed = 7}),
                   random::uniform({2}, {.seed = 7})};
  });
  CHECK(ops_that_run(*optimize(*draws))["RandomUniform"] == 2);
}

TEST_CASE("Operations that change nothing are left out") {
  OptionsScope pass = only(&Options::arithmetic_optimization);
  CHECK(ops_left({specials()}, [](const Tensors& in) {
          Tensor x = in[0] * 3.0f;
          return Tensors{x * 1.0f,
                         1.0f * x,
                         x / 1.0f,
                         x - 0.0f,
                         x + -0.0f,
                         -(-in[0]),
                         raw<"Identity">(raw<"StopGradient">(in[0])),
                         math::maximum(in[0], in[0]),
                         nn::relu(nn::relu(in[0])),
                         abs(-in[0])};
        }) == OpCounts{{"Mul", 1}, {"Relu", 1}, {"Abs", 1}});
}

TEST_CASE("Operations that change some number stay") {
  OptionsScope pass = only(&Options::arithmetic_optimization);
  // -0 + 0 is 0, and the argument may hold numbers that arithmetic flushes.
  CHECK(ops_left({specials()}, [](const Tensors& in) {
          Tensor x = in[0] * 3.0f;
          return Tensors{x + 0.0f, in[0] * 1.0f, in[0] - in[0], x * 0.0f};
        }) == OpCounts{{"AddV2", 1}, {"Mul", 3}, {"Sub", 1}});
  // A wider operand widens the result.
  CHECK(ops_left({constant({1, 2}, int32)}, [](const Tensors& in) {
          return Tensors{in[0] + zeros({3, 2}, int32), in[0] + 0};
        }) == OpCounts{{"AddV2", 1}});
}

TEST_CASE("Reshapes of reshapes and casts there and back are left out") {
  OptionsScope pass = only(&Options::arithmetic_optimization);
  CHECK(ops_left({random::normal({2, 6})}, [](const Tensors& in) {
          Tensor x = reshape(reshape(in[0], {3, 4}), {12});
          return Tensors{x, reshape(x, {2, 6}), squeeze(expand_dims(in[0], 0))};
        }) == OpCounts{{"Reshape", 1}});
  CHECK(ops_left({constant({1, -2}, int32)}, [](const Tensors& in) {
          return Tensors{cast(cast(in[0], int64), int32),
                         cast(cast(in[0], float32), int32)};
        }) == OpCounts{{"Cast", 2}});
}

TEST_CASE("x^2 is a product, and a sum of two an addition") {
  OptionsScope pass = only(&Options::arithmetic_optimization);
  CHECK(ops_left({specials()}, [](const Tensors& in) {
          return Tensors{pow(in[0], 2.0f), math::add_n({in[0], in[0]})};
        }) == OpCounts{{"AddV2", 1}, {"Square", 1}});
}

TEST_CASE("All passes can be turned off at once") {
  OptionsScope off({.disable_meta_optimizer = true});
  auto function = trace({TensorSpec({2}, float32)}, [](const Tensors& in) {
    return Tensors{raw<"Identity">(in[0])};
  });
  CHECK(optimize(*function) == nullptr);
  CHECK(*config::optimizer::get_experimental_options().disable_meta_optimizer);
}

}  // namespace
}  // namespace tern::pass_test
