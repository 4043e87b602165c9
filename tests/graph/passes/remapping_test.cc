#include <catch2/catch.hpp>

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

OptionsScope with(
    std::optional<bool> config::optimizer::ExperimentalOptions::*pass) {
  config::optimizer::ExperimentalOptions options = all_off();
  options.*pass = true;
  return OptionsScope(options);
}

using Options = config::optimizer::ExperimentalOptions;
const OpCounts kOneProduct = {{"_TernFusedMatMul", 1}};

TEST_CASE("A product takes its bias and activation along") {
  OptionsScope pass = with(&Options::remapping);
  auto dense = [](Tensor (*activation)(const Tensor&)) {
    return [=](const Tensors& in) {
      return Tensors{
          activation(nn::bias_add(raw<"MatMul">(in[0], in[1]), in[2]))};
    };
  };
  auto relu = [](const Tensor& x) { return nn::relu(x); };
  auto same = [](const Tensor& x) { return x; };
  auto squash = [](const Tensor& x) { return tanh(x); };
  // One row, less than a block of columns, several tiles.
  for (auto [m, k, n] : {std::tuple{1, 3, 5}, {40, 30, 200}, {500, 90, 700}}) {
    Tensors inputs = {
        random::normal({m, k}), random::normal({k, n}), random::normal({n})};
    CHECK(ops_left(inputs, dense(relu)) == kOneProduct);
    CHECK(ops_left(inputs, dense(same)) == kOneProduct);
    for (DType dtype : {float64, float16, bfloat16})
      CHECK(ops_left({cast(inputs[0], dtype),
                      cast(inputs[1], dtype),
                      cast(inputs[2], dtype)},
                     dense(squash)) == kOneProduct);
  }
}

TEST_CASE("A product takes one activation along, not the next") {
  OptionsScope pass = with(&Options::remapping);
  CHECK(
      ops_left(
          {random::normal({2, 3}), random::normal({3, 5}), random::normal({5})},
          [](const Tensors& in) {
            Tensor y = nn::bias_add(raw<"MatMul">(in[0], in[1]), in[2]);
            return Tensors{tanh(nn::relu(y))};
          }) == OpCounts{{"Tanh", 1}, {"_TernFusedMatMul", 1}});
}

TEST_CASE("A product of nothing is its bias") {
  OptionsScope pass = with(&Options::remapping);
  CHECK(ops_left({zeros({2, 0}), zeros({0, 3}), random::normal({3})},
                 [](const Tensors& in) {
                   return Tensors{
                       nn::relu(raw<"MatMul">(in[0], in[1]) + in[2])};
                 }) == kOneProduct);
}

TEST_CASE("A product whose value is used elsewhere stays by itself") {
  OptionsScope pass = with(&Options::remapping);
  CHECK(
      ops_left(
          {random::normal({2, 4}), random::normal({4, 3}), random::normal({3})},
          [](const Tensors& in) {
            Tensor product = raw<"MatMul">(in[0], in[1]);
            Tensor sum = nn::bias_add(product, in[2]);
            return Tensors{nn::relu(sum), exp(product)};
          }) ==
      OpCounts{{"BiasAdd", 1}, {"Exp", 1}, {"MatMul", 1}, {"Relu", 1}});
  // What is added to a product is a bias only if it is a row.
  CHECK(ops_left({random::normal({3, 4}),
                  random::normal({4, 3}),
                  random::normal({3, 3})},
                 [](const Tensors& in) {
                   return Tensors{raw<"MatMul">(in[0], in[1]) + in[2]};
                 }) == OpCounts{{"AddV2", 1}, {"MatMul", 1}});
}

TEST_CASE("A fused product refuses what the single ops refuse") {
  auto f = tern::function(
      [](const Tensor& x, const Tensor& w, const Tensor& b) {
        return nn::bias_add(raw<"MatMul">(x, w), b);
      },
      {.input_signature = {TensorSpec({-1, -1}, float32),
                           TensorSpec({-1, -1}, float32),
                           TensorSpec({-1}, float32)}});
  CHECK_THROWS_WITH(f(zeros({2, 3}), zeros({4, 5}), zeros({5})),
                    Catch::Contains("Matrix size-incompatible: In[0]: [2,3], "
                                    "In[1]: [4,5]"));
  CHECK_THROWS_WITH(f(zeros({2, 3}), zeros({3, 5}), zeros({4})),
                    Catch::Contains("Must provide as many biases as the last "
                                    "dimension of the input tensor: [4] vs. "
                                    "[2,5]"));
}

TEST_CASE("Normalization by fixed moments fuses with what is around it") {
  Options options = all_off();
  options.remapping = true;
  options.elementwise_fusion = true;
  OptionsScope passes(options);
  OpCounts left =
      ops_left({random::normal({2, 5, 5, 7}),
                random::normal({7}),
                random::normal({7}),
                random::normal({7}),
                abs(random::normal({7}))},
               [](const Tensors& in) {
                 Tensor y = raw<"FusedBatchNormV3">.outputs(
                     in, {{"is_training", false}, {"epsilon", 1e-3f}})[0];
                 return Tensors{nn::relu(y)};
               });
  // One op for the channels' factors, one for the elements.
  CHECK(left == OpCounts{{"_TernFusedElementwise", 2}});
}

TEST_CASE("Normalization that learns, or whose moments are used, stays") {
  OptionsScope pass = with(&Options::remapping);
  for (bool training : {true, false})
    CHECK(ops_left({random::normal({2, 2, 2, 3}),
                    random::normal({3}),
                    random::normal({3}),
                    random::normal({3}),
                    abs(random::normal({3}))},
                   [&](const Tensors& in) {
                     Tensors y = raw<"FusedBatchNormV3">.outputs(
                         in, {{"is_training", training}});
                     return Tensors{y[0], y[1]};
                   }) == OpCounts{{"FusedBatchNormV3", 1}});
}

TEST_CASE("Transposes undo each other, with elementwise work between them") {
  OptionsScope pass = with(&Options::layout_optimizer);
  Tensor x = random::normal({2, 3, 4, 5});
  CHECK(ops_left({x, x}, [](const Tensors& in) {
          Tensor a = transpose(in[0], {.perm = {0, 3, 1, 2}});
          Tensor b = transpose(in[1], {.perm = {0, 3, 1, 2}});
          Tensor sum = nn::relu(a * 2.0f) + b;
          return Tensors{transpose(sum, {.perm = {0, 2, 3, 1}})};
        }) == OpCounts{{"AddV2", 1}, {"Mul", 1}, {"Relu", 1}});
  CHECK(ops_left({x}, [](const Tensors& in) {
          Tensor y = transpose(in[0], {.perm = {3, 2, 1, 0}});
          return Tensors{transpose(y, {.perm = {1, 0, 2, 3}}),
                         transpose(in[0], {.perm = {0, 1, 2, 3}})};
        }) == OpCounts{{"Transpose", 1}});
}

TEST_CASE("Work on tensors that were transposed differently stays") {
  OptionsScope pass = with(&Options::layout_optimizer);
  Tensor x = random::normal({3, 3, 3});
  CHECK(ops_left({x}, [](const Tensors& in) {
          Tensor sum = transpose(in[0], {.perm = {1, 0, 2}}) +
                       transpose(in[0], {.perm = {0, 2, 1}});
          return Tensors{transpose(sum, {.perm = {1, 0, 2}})};
        }) == OpCounts{{"AddV2", 1}, {"Transpose", 3}});
}

}  // namespace
}  // namespace tern::pass_test
