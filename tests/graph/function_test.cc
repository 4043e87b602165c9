#include "tern/graph/function.h"

#include <catch2/catch.hpp>

#include "tern/autodiff/gradient_tape.h"
#include "tern/core/error.h"
#include "tern/graph/control_flow.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"
#include "tern/ops/variable.h"

using namespace tern;

TEST_CASE("A function is traced once for each signature") {
  int traces = 0;
  auto f = function([&](const Tensor& x) {
    ++traces;
    return x + 1;
  });
  CHECK(f(constant(1.0)).item<float>() == 2);
  CHECK(f(constant(5.0)).item<float>() == 6);
  CHECK(traces == 1);
  CHECK(f(constant({1.0, 2.0})).shape() == Shape({2}));
  CHECK(traces == 2);
  CHECK(f(constant(1)).item<int>() == 2);
  CHECK(traces == 3);
}

TEST_CASE("Plain arguments are part of the trace") {
  auto f = function([](const Tensor& x, int k) { return x * k; });
  CHECK(f(3.0, 2).item<float>() == 6);
  CHECK(f(3.0, 4).item<float>() == 12);
}

TEST_CASE("Functions take and give structures") {
  auto f = function([](const Dict& d, const Tensors& list) {
    return std::tuple(d["a"] + list[0], Dict{{"b", list[1]}});
  });
  auto [sum, dict] = f({{"a", constant(1.0)}}, {constant(2.0), constant(3.0)});
  CHECK(sum.item<float>() == 3);
  CHECK(dict["b"].item<float>() == 3);
}

TEST_CASE("An input signature keeps dimensions open and refuses other inputs") {
  int traces = 0;
  auto f = function(
      [&](const Tensor& x) {
        ++traces;
        return reduce_sum(x);
      },
      {.input_signature = {TensorSpec({-1}, float32)}});
  CHECK(f({1.0, 2.0}).item<float>() == 3);
  CHECK(f({1.0, 2.0, 3.0}).item<float>() == 6);
  CHECK(traces == 1);
  CHECK_THROWS_AS(f(constant(1)), InvalidArgumentError);
}

TEST_CASE("Variables are captured, read and written in order") {
  Variable v(1.0);
  auto f = function([&](const Tensor& x) {
    Tensor before = v.read();
    v.assign_add(x);
    Tensor middle = v.read();
    v.assign(middle * 10.0);
    return std::tuple(before, middle, v.read());
  });
  auto [a, b, c] = f(2.0);
  CHECK(a.item<float>() == 1);
  CHECK(b.item<float>() == 3);
  CHECK(c.item<float>() == 30);
  CHECK(v.read().item<float>() == 30);
}

TEST_CASE("Gradients flow through a call, first and second order") {
  Variable w(3.0);
  auto cube = function([&](const Tensor& x) { return x * x * x * w; });
  GradientTape outer;
  Tensor x = constant(2.0);
  outer.watch(x);
  GradientTape inner;
  inner.watch(x);
  Tensor y = cube(x);
  auto [dx, dw] = inner.gradient(y, x, w);
  CHECK(dx.item<float>() == 36);
  CHECK(dw.item<float>() == 8);
  CHECK(outer.gradient(dx, x).item<float>() == 36);
}

TEST_CASE("A tape inside of a function is traced") {
  Variable w(3.0);
  auto step = function([&](const Tensor& x) {
    GradientTape tape;
    Tensor loss = w * w * x;
    Tensor dw = tape.gradient(loss, w);
    w.assign_sub(0.1 * dw);
    return loss;
  });
  CHECK(step(1.0).item<float>() == 9);
  CHECK(w.read().item<float>() == Approx(2.4));
}

TEST_CASE("A gradient through a while loop does not need its trip count") {
  auto power = function(
      [](const Tensor& x, const Tensor& n) {
        return while_loop(
            [&](Tensor i, Tensor) { return i < n; },
            [&](Tensor i, Tensor y) { return std::tuple(i + 1, y * x); },
            0,
            1.0)[1];
      },
      {.input_signature = {TensorSpec({}, float32), TensorSpec({}, int32)}});
  for (int n : {0, 1, 5}) {
    GradientTape tape;
    Tensor x = constant(3.0);
    tape.watch(x);
    CHECK(tape.gradient(power(x, n), x).item<float>() ==
          Approx(n * std::pow(3.0, n - 1)));
  }
}

TEST_CASE("A while loop differentiates twice") {
  auto power = function([](const Tensor& x, const Tensor& n) {
    return while_loop(
        [&](Tensor i, Tensor) { return i < n; },
        [&](Tensor i, Tensor y) { return std::tuple(i + 1, y * x); },
        0,
        1.0)[1];
  });
  Tensor x = constant(3.0);
  GradientTape outer;
  outer.watch(x);
  GradientTape inner;
  inner.watch(x);
  Tensor dx = inner.gradient(power(x, 4), x);
  CHECK(dx.item<float>() == 108);
  CHECK(outer.gradient(dx, x).item<float>() == 108);
}

TEST_CASE("An eager while loop is differentiated step by step") {
  Tensor x = constant(3.0);
  GradientTape tape;
  tape.watch(x);
  auto [i, y] =
      while_loop([](Tensor k, Tensor) { return k < 3; },
                 [&](Tensor k, Tensor p) { return std::tuple(k + 1, p * x); },
                 0,
                 1.0);
  CHECK(tape.gradient(y, x).item<float>() == 27);
}

TEST_CASE("The taken branch of a cond gets the gradient") {
  Variable w(5.0);
  auto f = function([&](const Tensor& x) {
    return cond(
        x > 0, [&] { return x * x * w; }, [&] { return -x; });
  });
  for (float value : {2.f, -2.f}) {
    Tensor x = constant(value);
    GradientTape tape;
    tape.watch(x);
    Tensor y = f(x);
    auto [dx, dw] = tape.gradient(y, x, w);
    CHECK(y.item<float>() == (value > 0 ? 20 : 2));
    CHECK(dx.item<float>() == (value > 0 ? 20 : -1));
    CHECK(dw.item<float>() == (value > 0 ? 4 : 0));
  }
}

TEST_CASE("Branches with different results are refused") {
  auto f = function([](const Tensor& x) {
    return cond(
        x > 0, [&] { return x; }, [&] { return cast(x, int32); });
  });
  CHECK_THROWS_AS(f(1.0), InvalidArgumentError);
}

TEST_CASE("A symbolic tensor has no truth value and names cond") {
  auto f = function([](const Tensor& x) {
    if (x > 0) return x;
    return -x;
  });
  CHECK_THROWS_WITH(f(1.0), Catch::Contains("cond"));
}

TEST_CASE("A symbolic tensor cannot leave its function") {
  Tensor leaked;
  auto f = function([&](const Tensor& x) {
    leaked = x;
    return x;
  });
  f(1.0);
  CHECK_THROWS_AS(leaked + 1, InvalidArgumentError);
}

TEST_CASE("A reshape by a partly known value keeps the static shape") {
  Shape seen = Shape::unknown();
  auto f = function(
      [&](const Tensor& x) {
        Tensor y = reshape(x, stack({shape(x)[0], 6}));
        seen = y.shape();
        return y;
      },
      {.input_signature = {TensorSpec({-1, 2, 3}, float32)}});
  CHECK(f(zeros({4, 2, 3})).shape() == Shape({4, 6}));
  CHECK(seen == Shape({-1, 6}));
}

TEST_CASE("Variables may be made in the first call alone") {
  std::vector<Variable> made;
  auto f = function([&](const Tensor& x) {
    made.emplace_back(Tensor(1.0));
    return x + made.back();
  });
  CHECK(f(1.0).item<float>() == 2);
  CHECK_THROWS_WITH(f(constant({1.0, 2.0})), Catch::Contains("first call"));
}

TEST_CASE("A custom gradient holds through a function") {
  auto scaled = custom_gradient([](const Tensors& x) {
    Tensor kept = x[0];
    return CustomGradient{{x[0] * 1.0}, [kept](const Tensors& dy) {
                            return Tensors{dy[0] * kept * 10.0};
                          }};
  });
  auto f = function([&](const Tensor& x) { return scaled({x})[0] * 2; });
  Tensor x = constant(3.0);
  GradientTape tape;
  tape.watch(x);
  CHECK(tape.gradient(f(x), x).item<float>() == 60);
}

TEST_CASE("An error in a function names the node") {
  auto f =
      function([](const Tensor& x, const Tensor& i) { return gather(x, i); });
  CHECK_THROWS_WITH(f({1.0, 2.0}, constant(7)), Catch::Contains("node"));
}
