#include "tern/ops/tensor_array.h"

#include <catch2/catch.hpp>

#include "tern/autodiff/gradient_tape.h"
#include "tern/core/error.h"
#include "tern/graph/control_flow.h"
#include "tern/graph/function.h"
#include "tern/graph/loops.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"
#include "tern/ops/strings.h"

namespace tern {
namespace {

std::vector<float> floats(const Tensor& tensor) {
  auto values = tensor.values<float>();
  return {values.begin(), values.end()};
}
using Floats = std::vector<float>;

TEST_CASE("A TensorArray keeps what is written and leaves the one before") {
  TensorArray empty(float32, 3);
  TensorArray one = empty.write(1, 5.0);
  TensorArray two = one.write(0, 7.0).write(2, 9.0);
  CHECK(floats(two.stack()) == Floats{7, 5, 9});
  CHECK(one.read(1).item<float>() == 5);
  CHECK(floats(two.gather({2, 0})) == Floats{9, 7});
  CHECK(two.size().item<int>() == 3);
  CHECK(floats(two.scatter({0, 2}, constant({1.0, 3.0})).stack()) ==
        Floats{1, 5, 3});
  CHECK(floats(
            TensorArray::unstack(constant({{1.0, 2.0}, {3.0, 4.0}})).read(1)) ==
        Floats{3, 4});
}

TEST_CASE("A TensorArray grows where it may, and says so where it may not") {
  TensorArray grows(float32, 0, {.dynamic_size = true});
  CHECK(grows.write(0, 1.0).write(1, 2.0).stack().shape() == Shape{2});
  TensorArray fixed(float32, 1);
  CHECK_THROWS_AS(fixed.write(1, 1.0), InvalidArgumentError);
  CHECK_THROWS_AS(fixed.write(0, constant(1)), InvalidArgumentError);
  CHECK_THROWS_AS(TensorArray::from_flow(float32, constant(1.0)),
                  InvalidArgumentError);
  TensorArray parts(float32, 2);
  CHECK(floats(parts.write(0, constant({1.0, 2.0}))
                   .write(1, constant({3.0}))
                   .concat()) == Floats{1, 2, 3});
}

TEST_CASE(
    "A TensorArray gathers what a traced loop computes, and its gradient") {
  auto powers = [](const Tensor& x) {
    auto [i, y, flow] = while_loop(
        [](Tensor i, Tensor, Tensor) { return i < 4; },
        [&](Tensor i, Tensor y, Tensor flow) {
          TensorArray results = TensorArray::from_flow(float32, flow);
          return std::tuple(i + 1, y * x, results.write(i, y).flow());
        },
        Tensor(0),
        ones_like(x),
        TensorArray(float32, 4).flow());
    return TensorArray::from_flow(float32, flow).stack();
  };
  auto traced = function([&](const Tensor& x) { return powers(x); });
  for (bool eager : {true, false}) {
    GradientTape tape;
    Tensor x = constant(3.0);
    tape.watch(x);
    Tensor y = eager ? powers(x) : traced(x);
    CHECK(floats(y) == Floats{1, 3, 9, 27});
    // 0 + 1 + 2x + 3x^2
    CHECK(tape.gradient(y, x).item<float>() == 34);
  }
}

TEST_CASE("map_fn and scan stack what their steps give") {
  auto squares = [](const Tensor& x) {
    return map_fn([](const Tensor& e) { return e * e; }, x);
  };
  auto sums = [](const Tensor& x) {
    return scan([](const Tensor& s, const Tensor& e) { return s + e; }, x);
  };
  auto from_last = [](const Tensor& x) {
    return scan([](const Tensor& s, const Tensor& e) { return s + e; },
                x,
                {.initializer = 10.0, .reverse = true});
  };
  Tensor x = constant({1.0, 2.0, 3.0});
  auto traced = function([&](const Tensor& e) {
    return std::tuple(squares(e), sums(e), from_last(e));
  });
  auto [a, b, c] = traced(x);
  CHECK(floats(a) == Floats{1, 4, 9});
  CHECK(floats(b) == Floats{1, 3, 6});
  CHECK(floats(c) == Floats{16, 15, 13});
  CHECK(floats(squares(x)) == floats(a));
  CHECK(floats(sums(x)) == floats(b));
  CHECK(floats(from_last(x)) == floats(c));
  CHECK(squares(zeros({0})).shape() == Shape{0});

  GradientTape tape;
  tape.watch(x);
  CHECK(floats(tape.gradient(squares(x) * sums(x), x)) ==
        Floats{1 * 2 + 1 + 4 + 9, 2 * 2 * 3 + 4 + 9, 2 * 3 * 6 + 9});
}

TEST_CASE("map_fn may give another dtype, also where that is traced") {
  auto lengths = function([](const Tensor& words) {
    return map_fn([](const Tensor& word) { return strings::length(word); },
                  words);
  });
  Tensor found = lengths(constant({"one", "three", ""}));
  CHECK(found.dtype() == int32);
  CHECK(found[1].item<int>() == 5);
  CHECK_THROWS_AS(map_fn([](const Tensor& e) { return e; }, constant(1.0)),
                  InvalidArgumentError);
}

TEST_CASE("switch_case runs the branch of the index, the last one for others") {
  int calls = 0;
  auto choose = [&](const Tensor& i, const Tensor& x) -> Tensor {
    return switch_case(i,
                       {[&] { return ++calls, x; },
                        [&] { return x * x; },
                        [&] { return x * x * x; }});
  };
  auto traced =
      function([&](const Tensor& i, const Tensor& x) { return choose(i, x); });
  for (int i : {0, 1, 2, 3, -1}) {
    float want = i == 0 ? 2 : i == 1 ? 4 : 8;
    CHECK(traced(i, 2.0).item<float>() == want);
    CHECK(choose(i, 2.0).item<float>() == want);
  }
  CHECK(calls == 2);  // once traced, once run
  Tensor other = switch_case(7,
                             {[] { return Tensor(1.0); }},
                             {.default_branch = [] { return Tensor(5.0); }});
  CHECK(other.item<float>() == 5);
  CHECK_THROWS_AS(switch_case(0, {}), InvalidArgumentError);

  GradientTape tape;
  Tensor x = constant(3.0);
  tape.watch(x);
  CHECK(tape.gradient(traced(1, x), x).item<float>() == 6);
}

}  // namespace
}  // namespace tern
