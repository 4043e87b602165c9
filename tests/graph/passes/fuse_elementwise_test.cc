#include <catch2/catch.hpp>

#include "graph/passes/optimize.h"
#include "graph/passes/pass_harness.h"
#include "ops/apply.h"
#include "tern/core/error.h"
#include "tern/graph/function.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"
#include "tern/ops/nn.h"
#include "tern/ops/random.h"

namespace tern::pass_test {
namespace {

OptionsScope fusion_alone() {
  config::optimizer::ExperimentalOptions options = all_off();
  options.elementwise_fusion = true;
  return OptionsScope(options);
}

const OpCounts kOneFusedOp = {{"_TernFusedElementwise", 1}};

TEST_CASE("A chain of elementwise ops is one op, and gives the same bits") {
  OptionsScope pass = fusion_alone();
  // Whole blocks, parts of blocks, more than one piece of work.
  for (std::int64_t size : {1, 5, 128, 129, 1000, 300'000})
    CHECK(ops_left({random::normal({size}), random::normal({size})},
                   [](const Tensors& in) {
                     Tensor y = exp(-in[0]) * 0.5f + in[1];
                     y = sqrt(abs(y)) / (1.0f + y * y);
                     return Tensors{math::maximum(tanh(y) - in[0] * in[1], y)};
                   }) == kOneFusedOp);
}

TEST_CASE("Scalars, rows, columns and planes broadcast inside of a fused op") {
  OptionsScope pass = fusion_alone();
  for (std::int64_t columns : {3, 128, 200, 5000})
    CHECK(ops_left({random::normal({2, 3, columns}),
                    random::normal({columns}),
                    random::normal({2, 3, 1}),
                    random::normal({3, columns}),
                    random::normal({2, 1, columns}),
                    random::normal({})},
                   [](const Tensors& in) {
                     Tensor y = (in[0] - in[2]) * in[1] + in[3];
                     return Tensors{(in[5] - y) * in[4]};
                   }) == kOneFusedOp);
}

TEST_CASE("Values of a fused group that are used elsewhere are its outputs") {
  OptionsScope pass = fusion_alone();
  CHECK(ops_left({random::normal({10, 20})}, [](const Tensors& in) {
          Tensor x = in[0] * 2.0f;
          Tensor y = sigmoid(x);
          return Tensors{
              y, raw<"MatMul">(x, y, {{"transpose_b", true}}), y * (1.0f - y)};
        }) == OpCounts{{"_TernFusedElementwise", 2}, {"MatMul", 1}});
}

TEST_CASE("Polynomials by Horner's rule fuse") {
  OptionsScope pass = fusion_alone();
  CHECK(ops_left({random::normal({333}), random::normal({333})},
                 [](const Tensors& in) {
                   const Tensor &x = in[0], &a = in[1];
                   Tensor y = (((x * 0.5f + 1.0f) * x - 2.0f) * x + 3.0f) * x;
                   Tensor z = ((a * x + 1.0f) * x + a) * 2.0f + 0.5f;
                   return Tensors{y + 0.25f, z * 1.5f + a};
                 }) == OpCounts{{"_TernFusedElementwise", 2}});
}

TEST_CASE("Comparisons, selections and casts fuse") {
  OptionsScope pass = fusion_alone();
  CHECK(ops_left({random::normal({40, 40}), random::normal({40, 40})},
                 [](const Tensors& in) {
                   Tensor larger = in[0] > in[1];
                   Tensor chosen = where(larger, in[0], 0.0f);
                   return Tensors{cast(chosen, int32) + cast(larger, int32),
                                  cast(chosen, float64)};
                 }) == kOneFusedOp);
}

TEST_CASE("Every float dtype fuses with the roundings of its ops") {
  OptionsScope pass = fusion_alone();
  for (DType dtype : {float32, float64, float16, bfloat16})
    CHECK(ops_left({cast(random::normal({777}), dtype),
                    cast(random::normal({777}), dtype)},
                   [](const Tensors& in) {
                     Tensor y = in[0] * in[1] + in[0];
                     return Tensors{in[1] - y * tanh(y)};
                   }) == kOneFusedOp);
}

TEST_CASE("A gradient's sums and activations fuse") {
  OptionsScope pass = fusion_alone();
  CHECK(ops_left({random::normal({8, 300}), random::normal({8, 300})},
                 [](const Tensors& in) {
                   Tensor dy = math::add_n({in[0], in[1], in[0]});
                   return Tensors{raw<"TanhGrad">(in[1], dy) +
                                  raw<"ReluGrad">(dy, in[0])};
                 }) == kOneFusedOp);
}

TEST_CASE("Values of different shapes do not run as one") {
  OptionsScope pass = fusion_alone();
  CHECK(ops_left({random::normal({100, 50}), random::normal({50})},
                 [](const Tensors& in) {
                   Tensor row = exp(in[1]) + 1.0f;
                   return Tensors{in[0] * row + in[0]};
                 }) == OpCounts{{"_TernFusedElementwise", 2}});
}

TEST_CASE("What is not known to fit is found out when it runs") {
  OptionsScope pass = fusion_alone();
  auto f = tern::function(
      [](const Tensor& x, const Tensor& y) { return (x * 2.0f + y) * y; },
      {.input_signature = {TensorSpec({-1}, float32),
                           TensorSpec({-1}, float32)}});
  // The product may be smaller than what it is added to.
  CHECK(f(constant({1.0f}, float32), constant({1.0f, 2.0f, 3.0f}, float32))
            .values<float>()[2] == 15);
  CHECK_THROWS_WITH(
      f(constant({1.0f, 2.0f}, float32), constant({1.0f, 2.0f, 3.0f}, float32)),
      Catch::Contains("{{node AddV2}}: AddV2: Incompatible shapes") &&
          Catch::Contains("[2] vs. [3]"));
}

TEST_CASE("Outputs of one fused op may turn out to have several shapes") {
  OptionsScope pass = fusion_alone();
  auto f = tern::function(
      [](const Tensor& x, const Tensor& y) {
        Tensor doubled = x * 2.0f;
        return Tensors{doubled, doubled - y};
      },
      {.input_signature = {TensorSpec({-1}, float32),
                           TensorSpec({-1}, float32)}});
  Tensors results =
      f(constant({4.0f}, float32), constant({1.0f, 2.0f}, float32));
  CHECK(results[0].shape() == Shape({1}));
  CHECK(results[0].item<float>() == 8);
  CHECK(results[1].values<float>()[1] == 6);
}

TEST_CASE("Groups end before an effect or a node outside needs them") {
  auto f = trace({TensorSpec({4}, float32)}, [](const Tensors& in) {
    Tensor x = in[0];
    for (int i = 0; i < 3000; ++i) x = x * 1.5f + 0.25f;
    return Tensors{x};
  });
  // Long chains run as several groups.
  int groups = ops_that_run(*optimize(*f))["_TernFusedElementwise"];
  CHECK(groups >= 2);
  CHECK(groups <= 4);
}

}  // namespace
}  // namespace tern::pass_test
