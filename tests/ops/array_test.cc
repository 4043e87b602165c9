#include "tern/ops/array.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <numeric>

#include "ops/apply.h"
#include "ops/grad_context.h"
#include "tern/autodiff/gradient_tape.h"
#include "tern/core/error.h"
#include "tern/graph/function.h"
#include "tern/ops/math.h"

namespace tern {
namespace {

template <class T>
std::vector<T> elements(const Tensor& tensor) {
  auto values = tensor.values<T>();
  return {values.begin(), values.end()};
}

std::vector<int> ints(const Tensor& tensor) {
  return elements<std::int32_t>(tensor);
}

/// 0, 1, 2, ... in that shape.
Tensor counted(const Shape& shape) {
  return reshape(range(constant(shape.num_elements(), int32)), shape);
}

using Numbers = std::vector<int>;

TEST_CASE("Integers, slices, ellipsis and newaxis index as in Python") {
  Tensor t = counted({2, 3, 4});
  CHECK(ints(t[{1, 2}]) == Numbers{20, 21, 22, 23});
  CHECK(t[-1].shape() == Shape{3, 4});
  CHECK(ints(t[{0, -1, -1}]) == Numbers{11});
  CHECK(t[{0, 0, 0}].shape() == Shape{});
  CHECK(ints(t[{0, Slice{.step = 2}, Slice{1, 3}}]) == Numbers{1, 2, 9, 10});
  CHECK(ints(t[{ellipsis, 1}]) == Numbers{1, 5, 9, 13, 17, 21});
  CHECK(t[{newaxis, 0}].shape() == Shape{1, 3, 4});
  CHECK(t[{ellipsis, newaxis}].shape() == Shape{2, 3, 4, 1});
  CHECK(ints(t[{0, 0, Slice{.step = -1}}]) == Numbers{3, 2, 1, 0});
  CHECK(t[Slice{5, 9}].shape() == Shape{0, 3, 4});
  CHECK_THROWS_AS(t[2], InvalidArgumentError);
  CHECK_THROWS_AS((t[{0, 0, 0, 0}]), InvalidArgumentError);
}

TEST_CASE("A scalar tensor indexes, a bool tensor masks") {
  Tensor t = counted({3, 2});
  Tensor two = constant(2, int64);
  CHECK(ints(t[two]) == Numbers{4, 5});
  CHECK(ints(t[{two, 0}]) == Numbers{4});
  CHECK(ints(t[constant({true, false, true})]) == Numbers{0, 1, 4, 5});
  CHECK(ints(t[t > 2]) == Numbers{3, 4, 5});
  CHECK_THROWS_AS(t[constant({0, 1})], InvalidArgumentError);
}

TEST_CASE("A reshape by a partly known value keeps the static shape") {
  Shape seen;
  auto flatten = function(
      [&](const Tensor& x) {
        Tensor rows = shape(x)[0];
        Tensor flat = reshape(x, stack({rows, constant(12, int32)}));
        seen = flat.shape();
        return flat;
      },
      {.input_signature = {TensorSpec({-1, 3, 4}, float32)}});
  CHECK(flatten(zeros({5, 3, 4})).shape() == Shape{5, 12});
  CHECK(seen == Shape{-1, 12});
}

TEST_CASE("A reshape to -1 and 0 divides by the other dimensions alone") {
  CHECK(reshape(zeros({0, 3}), {-1, 0}).shape() == Shape{3, 0});
  CHECK(reshape(zeros({0}), {-1, 5}).shape() == Shape{0, 5});
  CHECK_THROWS_AS(reshape(zeros({6}), {4, -1}), InvalidArgumentError);
  CHECK_THROWS_AS(reshape(zeros({6}), {-1, -1}), InvalidArgumentError);
}

TEST_CASE("Transposes of any permutation find every element") {
  // 40 x 33 x 35 crosses the blocks a transposition is cut into.
  Tensor x = counted({40, 33, 35});
  Tensor y = transpose(x, {.perm = {2, 0, 1}});
  CHECK(y.shape() == Shape{35, 40, 33});
  bool equal = true;
  for (int i = 0; i < 40; ++i)
    for (int j = 0; j < 33; ++j)
      for (int k = 0; k < 35; ++k)
        equal = equal && y.values<std::int32_t>()[(k * 40 + i) * 33 + j] ==
                             (i * 33 + j) * 35 + k;
  CHECK(equal);
  CHECK(ints(transpose(counted({2, 3}))) == Numbers{0, 3, 1, 4, 2, 5});
  CHECK_THROWS_AS(transpose(x, {.perm = {0, 0, 1}}), InvalidArgumentError);
}

TEST_CASE("A large transposition is the same for threads and pieces") {
  const std::int64_t n = 1031, m = 517;
  Tensor x = counted({n, m});
  Tensor y = transpose(x);
  auto from = x.values<std::int32_t>();
  auto to = y.values<std::int32_t>();
  bool equal = true;
  for (std::int64_t i = 0; i < n; ++i)
    for (std::int64_t j = 0; j < m; ++j)
      equal = equal && to[static_cast<std::size_t>(j * n + i)] ==
                           from[static_cast<std::size_t>(i * m + j)];
  CHECK(equal);
}

TEST_CASE("Strings are joined, cut, gathered and unique as other elements") {
  Tensor words = {"a", "bb", "a", "ccc"};
  CHECK(elements<std::string>(concat({words, words[Slice{0, 1}]}, 0)) ==
        std::vector<std::string>{"a", "bb", "a", "ccc", "a"});
  CHECK(elements<std::string>(gather(words, {3, 1})) ==
        std::vector<std::string>{"ccc", "bb"});
  UniqueResult distinct = unique(words);
  CHECK(elements<std::string>(distinct.y) ==
        std::vector<std::string>{"a", "bb", "ccc"});
  CHECK(ints(distinct.idx) == Numbers{0, 1, 0, 2});
  CHECK(elements<std::string>(zeros({2}, string)) ==
        std::vector<std::string>{"", ""});
}

TEST_CASE("Splitting undoes joining") {
  Tensor a = counted({2, 2}), b = counted({2, 3});
  Tensors parts = split(concat({a, b}, 1), {2, -1}, {.axis = 1});
  CHECK(ints(parts[0]) == ints(a));
  CHECK(ints(parts[1]) == ints(b));
  Tensors rows = unstack(stack({a, a + 4}, {.axis = 2}), {.axis = 2});
  CHECK(ints(rows[1]) == Numbers{4, 5, 6, 7});
  CHECK(split(counted({6}), 3)[2].shape() == Shape{2});
  CHECK_THROWS_AS(split(counted({5}), 2), InvalidArgumentError);
  CHECK_THROWS_AS(concat({a, b}, 0), InvalidArgumentError);
  CHECK_THROWS_AS(stack({a, b}), InvalidArgumentError);
}

TEST_CASE("Sizes of a split may be 8-bit integers") {
  Tensors parts = raw<"SplitV">.outputs(
      {counted({5}), cast(constant({2, 3}), int8), constant(0)},
      {{"num_split", 2}});
  CHECK(ints(parts[1]) == Numbers{2, 3, 4});
}

TEST_CASE("Pads fill or mirror the borders") {
  Tensor x = counted({2, 3});
  CHECK(ints(pad(x, {{1, 0}, {0, 1}}, {.constant_values = 9})) ==
        Numbers{9, 9, 9, 9, 0, 1, 2, 9, 3, 4, 5, 9});
  CHECK(ints(pad(x, {{1, 0}, {0, 2}}, {.mode = "REFLECT"})) ==
        Numbers{3, 4, 5, 4, 3, 0, 1, 2, 1, 0, 3, 4, 5, 4, 3});
  CHECK(ints(pad(x, {{0, 0}, {2, 0}}, {.mode = "SYMMETRIC"})) ==
        Numbers{1, 0, 0, 1, 2, 4, 3, 3, 4, 5});
  CHECK_THROWS_AS(pad(x, {{2, 0}, {0, 0}}, {.mode = "REFLECT"}),
                  InvalidArgumentError);
}

TEST_CASE("Ranges count their elements in double and end before the limit") {
  CHECK(ints(range(1, 10, {.delta = 2})) == Numbers{1, 3, 5, 7, 9});
  CHECK(range(constant(1.5), constant(2.1), {.delta = constant(0.1)})
            .num_elements() == 6);
  CHECK(range(5).dtype() == int32);
  CHECK(range(0, constant(3, int64)).dtype() == int64);
  CHECK(ints(range(3, 0, {.delta = -1})) == Numbers{3, 2, 1});
  CHECK_THROWS_AS(range(0, 5, {.delta = 0}), InvalidArgumentError);
  CHECK_THROWS_AS(range(5, 0), InvalidArgumentError);
  auto line = elements<float>(linspace(0.0, 2 * 3.14, 100));
  CHECK(line.size() == 100);
  CHECK(line[1] == Approx(0.0634343475f));
  CHECK(line[99] == 6.28f);
}

TEST_CASE(
    "top_k orders rows of any length, k and dtype as a stable sort does") {
  constexpr std::int64_t kColumns = 3000;
  for (DType dtype : {float32, float64, float16, int8, int64, uint32})
    for (std::int64_t k : {1, 5, 100, 2000, 3000}) {
      // Many equals, in no order.
      std::vector<double> numbers(kColumns);
      for (std::size_t i = 0; i < numbers.size(); ++i)
        numbers[i] = static_cast<double>((i * 7919) % 101);
      std::vector<std::int32_t> expected(kColumns);
      std::iota(expected.begin(), expected.end(), 0);
      std::stable_sort(expected.begin(), expected.end(), [&](int a, int b) {
        return numbers[static_cast<std::size_t>(a)] >
               numbers[static_cast<std::size_t>(b)];
      });
      INFO(dtype.name() << ", k = " << k);
      Tensor found = math::top_k(cast(Tensor(numbers), dtype), k).indices;
      CHECK(std::equal(
          expected.begin(), expected.begin() + k, found.data<std::int32_t>()));
    }
}

TEST_CASE(
    "Sorting puts infinities at the ends, NaN last and keeps zeros equal") {
  const float inf = std::numeric_limits<float>::infinity(), nan = NAN;
  Tensor x = {0.0f, nan, -inf, 1.0f, -0.0f, inf, -1.0f};
  Tensor rising = argsort(x), falling = argsort(x, {.direction = "DESCENDING"});
  auto ints = [](const Tensor& t) {
    auto values = t.values<std::int32_t>();
    return std::vector<std::int32_t>(values.begin(), values.end());
  };
  CHECK(ints(rising) == std::vector{2, 6, 0, 4, 3, 5, 1});
  CHECK(ints(falling) == std::vector{5, 3, 0, 4, 6, 2, 1});
  CHECK(ints(math::top_k(Tensor{nan, nan, 1.0f, nan, 2.0f}, 3).indices) ==
        std::vector{4, 2, 0});
}

TEST_CASE("top_k puts the lower index first among equals") {
  auto [values, indices] = math::top_k({{3, 1, 3, 2}, {0, 0, 0, 0}}, 3);
  CHECK(ints(values) == Numbers{3, 3, 2, 0, 0, 0});
  CHECK(ints(indices) == Numbers{0, 2, 3, 0, 1, 2});
}

TEST_CASE("Masks, positions and scatters fit together") {
  Tensor c = constant({{-1, 1, -1}, {2, 2, -2}, {3, -3, 3}}, float32);
  Tensor where_negative = where(c < 0);
  CHECK(elements<std::int64_t>(where_negative) ==
        std::vector<std::int64_t>{0, 0, 0, 2, 1, 2, 2, 1});
  Tensor negative =
      scatter_nd(where_negative, gather_nd(c, where_negative), c.shape());
  CHECK(elements<float>(negative) ==
        std::vector<float>{-1, 0, -1, 0, 0, -2, 0, -3, 0});
  CHECK(boolean_mask(zeros({4, 10, 7}),
                     constant({true, false, false, true}),
                     {.axis = 0})
            .shape() == Shape{2, 10, 7});
  CHECK(ints(boolean_mask(counted({2, 2, 2}),
                          constant({{true, false}, {false, true}}),
                          {.axis = 1})) == Numbers{0, 3, 4, 7});
  CHECK(elements<float>(eye(2, 3)) == std::vector<float>{1, 0, 0, 0, 1, 0});
}

TEST_CASE(
    "Updates of one place add up in scatter_nd, the last one stays in "
    "tensor_scatter_nd_update") {
  Tensor indices = constant({{1}, {1}, {0}});
  Tensor updates = constant({10, 20, 30});
  CHECK(ints(scatter_nd(indices, updates, {3})) == Numbers{30, 30, 0});
  CHECK(ints(tensor_scatter_nd_update(constant({1, 2, 3}), indices, updates)) ==
        Numbers{30, 20, 3});
  CHECK_THROWS_AS(scatter_nd({{3}}, {1}, {3}), InvalidArgumentError);
}

TEST_CASE("The gradient of rows gathered from a table is sparse") {
  Tensor table = zeros({5, 2});
  GradientTape tape;
  tape.watch(table);
  Tensor rows = gather(table, {{3, 1}, {3, 0}});
  Gradient gradient = tape.gradients({rows * 2}, {table})[0];
  REQUIRE(gradient.is_sparse());
  CHECK(ints(gradient.slices().indices) == Numbers{3, 1, 3, 0});
  CHECK(gradient.slices().values.shape() == Shape{4, 2});
  CHECK(elements<float>(gradient.to_tensor()) ==
        std::vector<float>{2, 2, 2, 2, 0, 0, 4, 4, 0, 0});
}

TEST_CASE("Gathers along an inner axis add up what was picked twice") {
  Tensor x = constant({{1, 2, 3}, {4, 5, 6}}, float32);
  GradientTape tape;
  tape.watch(x);
  Tensor y = gather(x, {2, 0, 2}, {.axis = 1}) *
             constant({{1, 10, 100}, {2, 20, 200}}, float32);
  CHECK(elements<float>(tape.gradient(y, x)) ==
        std::vector<float>{10, 0, 101, 20, 0, 202});
}

TEST_CASE("A batched gather has the gradient of each batch") {
  Tensor x = constant({{1, 2, 3}, {4, 5, 6}}, float32);
  GradientTape tape;
  tape.watch(x);
  Tensor y = gather(x, {{0, 0}, {2, 1}}, {.batch_dims = 1});
  CHECK(elements<float>(y) == std::vector<float>{1, 1, 6, 5});
  CHECK(elements<float>(tape.gradient(y, x)) ==
        std::vector<float>{2, 0, 0, 0, 1, 1});
}

TEST_CASE("A strided slice differentiates twice") {
  Tensor x = constant({1, 2, 3, 4, 5}, float32);
  GradientTape outer, inner;
  outer.watch(x);
  inner.watch(x);
  Tensor y = x[Slice{.start = 1, .step = 2}];
  Tensor first = inner.gradient(y * y * y, x);
  CHECK(elements<float>(first) == std::vector<float>{0, 12, 0, 48, 0});
  CHECK(elements<float>(outer.gradient(first, x)) ==
        std::vector<float>{0, 12, 0, 24, 0});
}

TEST_CASE(
    "Gradients of joins, pads and tiles hold for shapes unknown while "
    "tracing") {
  auto run = function(
      [](const Tensor& x) {
        GradientTape tape;
        tape.watch(x);
        Tensor joined = concat({x, pad(x, {{1, 1}, {0, 0}})}, 0);
        Tensor y = tile(joined, {2, 1}) * 3;
        return tape.gradient(y, x);
      },
      {.input_signature = {TensorSpec({-1, -1}, float32)}});
  CHECK(elements<float>(run(ones({2, 2}))) == std::vector<float>(4, 12.f));
}

TEST_CASE("Identity gives a tensor of its own, stop_gradient a constant") {
  Tensor x = constant(3.0);
  GradientTape tape({.persistent = true});
  tape.watch(x);
  CHECK_FALSE(identity(x).same_as(x));
  CHECK(tape.gradient(identity(x) * 2, x).item<float>() == 2);
  CHECK_FALSE(tape.gradient(stop_gradient(x) * 2, x).defined());
  CHECK(tape.gradient(stop_gradient(x) * x, x).item<float>() == 3);
}

TEST_CASE("Tensors without elements pass through every rearrangement") {
  Tensor none = zeros({0, 3});
  CHECK(transpose(none).shape() == Shape{3, 0});
  CHECK(none[{ellipsis, Slice{1, 3}}].shape() == Shape{0, 2});
  CHECK(slice(none, {0, 1}, {0, 2}).shape() == Shape{0, 2});
  CHECK(concat({none, ones({1, 3})}, 0).shape() == Shape{1, 3});
  CHECK(stack({none, none}).shape() == Shape{2, 0, 3});
  CHECK(pad(none, {{0, 0}, {2, 1}}).shape() == Shape{0, 6});
  CHECK(pad(none, {{1, 0}, {0, 0}}).shape() == Shape{1, 3});
  CHECK(reverse(none, {0, 1}).shape() == Shape{0, 3});
  CHECK(tile(none, {2, 2}).shape() == Shape{0, 6});
  CHECK(gather(none, zeros({0}, int32)).shape() == Shape{0, 3});
  CHECK(where(none).shape() == Shape{0, 2});
  CHECK(unique(zeros({0})).y.shape() == Shape{0});
  CHECK(one_hot(zeros({0}, int32), 3).shape() == Shape{0, 3});
  CHECK_THROWS_AS(gather(none, {0}), InvalidArgumentError);
}

TEST_CASE("Errors name what was asked and what was found") {
  CHECK_THROWS_WITH(gather(zeros({3}), {-1}),
                    Catch::Contains("indices[0] = -1 is not in [0, 3)"));
  CHECK_THROWS_WITH(slice(zeros({3}), {2}, {2}),
                    Catch::Contains("Expected size[0] in [0, 1], but got 2"));
  CHECK_THROWS_WITH(
      reshape(zeros({6}), {8}),
      Catch::Contains("Input to reshape is a tensor with 6 values, but the "
                      "requested shape has 8"));
}

}  // namespace
}  // namespace tern
