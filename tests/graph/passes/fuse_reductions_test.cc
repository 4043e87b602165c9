#include <catch2/catch.hpp>

#include "graph/passes/pass_harness.h"
#include "graph/program/program.h"
#include "ops/apply.h"
#include "tern/core/parallel.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"
#include "tern/ops/nn.h"
#include "tern/ops/random.h"

// Block programs that end with a reduction or begin with random numbers.

namespace tern::pass_test {
namespace {

OptionsScope fusion_alone() {
  config::optimizer::ExperimentalOptions options = all_off();
  options.elementwise_fusion = true;
  return OptionsScope(options);
}

const OpCounts kOneReduction = {{"_TernFusedReduction", 1}};

TEST_CASE("What is summed is computed while it is summed, to the same bits") {
  OptionsScope pass = fusion_alone();
  const std::vector<std::int64_t> all_axes[] = {
      {0, 1, 2}, {2}, {1, 2}, {0}, {0, 1}, {1}, {0, 2}};
  // Short and long rows, more columns than one task takes, many tasks.
  const Shape shapes[] = {{4, 5, 6}, {3, 70, 129}, {2, 3, 5000}, {64, 9, 700}};
  for (const auto& axes : all_axes)
    for (const Shape& shape : shapes) {
      INFO("axes " << axes.size() << " from " << axes[0] << ", " << shape);
      CHECK(ops_left({random::normal(shape), random::normal({shape[-1]})},
                     [&](const Tensors& in) {
                       Tensor error = square(in[0] - in[1]) * 0.5f;
                       return Tensors{reduce_sum(error, {.axis = axes})};
                     }) == kOneReduction);
    }
}

TEST_CASE("Every reduction takes the values of a block program") {
  OptionsScope pass = fusion_alone();
  for (DType dtype : {float32, float64, float16, bfloat16})
    for (const char* op : {"Sum", "Mean", "Max", "Min", "Prod"})
      for (bool keeps : {false, true})
        CHECK(ops_left({cast(random::normal({30, 333}), dtype)},
                       [&](const Tensors& in) {
                         Tensor x = tanh(in[0]) + in[0];
                         const OpDef& reduce = OpRegistry::global().get(op);
                         return Tensors{
                             apply(reduce,
                                   Tensors{x, constant({-1}, int32)},
                                   detail::attrs_by_name(
                                       reduce, {{"keep_dims", keeps}}))[0]};
                       }) == kOneReduction);
  CHECK(ops_left({random::normal({30, 333})}, [&](const Tensors& in) {
          return Tensors{
              math::reduce_all(in[0] < abs(in[0]) + 1.0f, {.axis = {1}})};
        }) == kOneReduction);
  CHECK(ops_left({random::normal({30, 333})}, [&](const Tensors& in) {
          return Tensors{nn::l2_loss(in[0] * 0.5f)};
        }) == kOneReduction);
}

TEST_CASE("What is reduced may be a result, too, beside others") {
  OptionsScope pass = fusion_alone();
  for (std::int64_t columns : {10, 700, 3000})
    CHECK(ops_left({random::normal({50, columns}), random::normal({50, 1})},
                   [](const Tensors& in) {
                     Tensor shifted = in[0] - in[1];
                     Tensor e = exp(shifted);
                     return Tensors{
                         e,
                         shifted,
                         reduce_sum(e, {.axis = {-1}, .keepdims = true})};
                   }) == kOneReduction);
}

TEST_CASE("A softmax by hand is two passes and its maximum") {
  OptionsScope pass = fusion_alone();
  CHECK(ops_left(
            {random::normal({64, 200})},
            [](const Tensors& in) {
              Tensor most =
                  math::reduce_max(in[0], {.axis = {-1}, .keepdims = true});
              Tensor e = exp(in[0] - most);
              return Tensors{
                  e / reduce_sum(e, {.axis = {-1}, .keepdims = true}) * 2.0f};
            }) == OpCounts{{"Max", 1},
                           {"_TernFusedElementwise", 1},
                           {"_TernFusedReduction", 1}});
}

TEST_CASE("A second reduction of a value reads it from memory") {
  OptionsScope pass = fusion_alone();
  CHECK(ops_left({random::normal({64, 200})}, [](const Tensors& in) {
          Tensor x = in[0] * in[0] + 1.0f;
          return Tensors{reduce_sum(x), math::reduce_max(x, {.axis = {0}})};
        }) == OpCounts{{"Max", 1}, {"_TernFusedReduction", 1}});
}

TEST_CASE("Nothing is reduced to what the reduction gives for nothing") {
  OptionsScope pass = fusion_alone();
  CHECK(ops_left({zeros({3, 0})}, [](const Tensors& in) {
          return Tensors{reduce_sum(in[0] * 2.0f + 1.0f, {.axis = {1}})};
        }) == kOneReduction);
}

Tensors dropped(const Tensor& x, const Tensor& numbers) {
  Tensor kept = numbers >= 0.2f;
  return {kept, where(kept, x * 1.25f, 0.0f)};
}

TEST_CASE("Dropout draws its numbers while it uses them") {
  OptionsScope pass = fusion_alone();
  const OpCounts one = {{"_TernFusedElementwise", 1},
                        {"_TernRandomGenerator", 1}};
  for (std::int64_t columns : {1, 7, 128, 40'000})
    for (DType dtype : {float32, float64}) {
      CHECK(ops_left({cast(random::normal({3, columns}), dtype)},
                     [&](const Tensors& in) {
                       Tensor numbers = random::uniform(
                           {3, columns}, {.dtype = dtype, .seed = 7});
                       return dropped(in[0], numbers);
                     }) == one);
      CHECK(ops_left({cast(random::normal({3, columns}), dtype),
                      constant({5, 6}, int64)},
                     [&](const Tensors& in) {
                       return dropped(
                           in[0],
                           random::stateless_uniform(
                               {3, columns}, in[1], {.dtype = dtype}));
                     }) == OpCounts{{"StatelessRandomGetKeyCounter", 1},
                                    {"_TernFusedElementwise", 1}});
    }
}

TEST_CASE("Runs of fused random numbers follow one another as those of the op",
          "[threads]") {
  auto numbers_of = [](int threads) {
    const int before = num_threads();
    set_num_threads(threads);
    GraphFunctionPtr f = trace({}, [](const Tensors&) {
      Tensor x = random::uniform({50'000}, {.seed = 3});
      return Tensors{x * 2.0f - 1.0f, reduce_sum(x * x)};
    });
    Tensors runs;
    for (int i = 0; i < 3; ++i)
      for (const Tensor& result : f->program().run({})) runs.push_back(result);
    set_num_threads(before);
    return runs;
  };
  Tensors wanted;
  {
    OptionsScope off(all_off());
    wanted = numbers_of(1);
  }
  CHECK_FALSE(same_bits({wanted[0]}, {wanted[2]}));
  for (int threads : {1, 4}) CHECK(same_bits(numbers_of(threads), wanted));
}

TEST_CASE("Activations with a slope fuse") {
  OptionsScope pass = fusion_alone();
  for (DType dtype : {float32, float64})
    CHECK(
        ops_left({cast(random::normal({300}), dtype),
                  cast(random::normal({300}), dtype)},
                 [](const Tensors& in) {
                   Tensor y = raw<"LeakyRelu">(in[0] * 2.0f, {{"alpha", 0.3f}});
                   return Tensors{y * raw<"LeakyReluGrad">(
                                          in[1], in[0], {{"alpha", 0.1f}})};
                 }) == OpCounts{{"_TernFusedElementwise", 1}});
}

TEST_CASE("Functions that are compiled once are steps, too") {
  OptionsScope pass = fusion_alone();
  CHECK(ops_left({random::normal({777})}, [](const Tensors& in) {
          Tensor gelu = in[0] * 0.5f * (1.0f + raw<"Erf">(in[0] * 0.70710678f));
          return Tensors{gelu, raw<"Sinh">(gelu) + raw<"Atan">(in[0])};
        }) == OpCounts{{"_TernFusedElementwise", 1}});
}

TEST_CASE("Tensors of one number again and again become that number") {
  config::optimizer::ExperimentalOptions options = all_off();
  options.arithmetic_optimization = true;
  options.disable_model_pruning = false;
  OptionsScope pass(options);
  CHECK(ops_left({random::normal({40, 50}), random::normal({40, 50})},
                 [](const Tensors& in) {
                   Tensor chosen =
                       where(in[0] > in[1], in[0], zeros_like(in[0]));
                   return Tensors{chosen * fill({40, 50}, 3.0f),
                                  chosen + ones_like(in[1])};
                 }) ==
        OpCounts{{"Greater", 1}, {"SelectV2", 1}, {"Mul", 1}, {"AddV2", 1}});
  // What gives the result its shape stays.
  CHECK(ops_left({random::normal({50}), random::normal({40, 50})},
                 [](const Tensors& in) {
                   return Tensors{in[0] + zeros_like(in[1])};
                 }) == OpCounts{{"ZerosLike", 1}, {"AddV2", 1}});
}

}  // namespace
}  // namespace tern::pass_test
