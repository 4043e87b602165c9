#include "tern/autodiff/gradient_tape.h"

#include <catch2/catch.hpp>

#include "tern/core/error.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"
#include "tern/ops/variable.h"

using namespace tern;

TEST_CASE("A tape gives the gradient of a watched tensor") {
  Tensor x = constant(3.0);
  GradientTape tape;
  tape.watch(x);
  CHECK(tape.gradient(x * x, x).item<float>() == 6);
}

TEST_CASE("A tape watches trainable variables by itself") {
  Variable x(3.0), frozen(2.0, {.trainable = false});
  GradientTape tape;
  Tensor y = x * x * frozen;
  auto [dx, df] = tape.gradient(y, x, frozen);
  CHECK(dx.item<float>() == 12);
  CHECK(!df.defined());
}

TEST_CASE("Two tapes side by side give the second derivative") {
  Variable x(2.0);
  GradientTape outer;
  GradientTape inner;
  Tensor y = x * x * x;
  Tensor dy_dx = inner.gradient(y, x);
  CHECK(dy_dx.item<float>() == 12);
  CHECK(outer.gradient(dy_dx, x).item<float>() == 12);
}

TEST_CASE("A tape that is not persistent serves once") {
  Variable x(2.0);
  GradientTape tape;
  Tensor y = x * x;
  tape.gradient(y, x);
  CHECK_THROWS_AS(tape.gradient(y, x), FailedPreconditionError);
}

TEST_CASE("A persistent tape serves several times") {
  Variable x(3.0);
  GradientTape tape({.persistent = true});
  Tensor y = x * x;
  Tensor z = y * y;
  CHECK(tape.gradient(z, x).item<float>() == 108);
  CHECK(tape.gradient(y, x).item<float>() == 6);
}

TEST_CASE("The gradient of an unconnected source is none, or zero on request") {
  Variable x(3.0), y({1.0, 2.0});
  GradientTape tape({.persistent = true});
  Tensor z = x * 2;
  CHECK(!tape.gradient(z, y).defined());
  Tensors zero = tape.gradient(
      z, Variables{y}, {.unconnected_gradients = UnconnectedGradients::kZero});
  CHECK(zero[0].shape() == Shape({2}));
  CHECK(zero[0].values<float>()[0] == 0);
}

TEST_CASE("Ops under stop_recording are constants to the tape") {
  Variable x(3.0);
  GradientTape tape;
  Tensor y = x * x;
  {
    auto stopped = tape.stop_recording();
    y = y * x;
  }
  CHECK(!tape.gradient(y, x).defined());
}

TEST_CASE("Output gradients weigh the targets") {
  Variable x({1.0, 2.0});
  GradientTape tape;
  Tensor y = x * x;
  Tensors dx = tape.gradient(Tensors{y},
                             Tensors{x.handle()},
                             {.output_gradients = {Tensor({10.0, 100.0})}});
  CHECK(dx[0].values<float>()[0] == 20);
  CHECK(dx[0].values<float>()[1] == 400);
}

TEST_CASE("A source used several times gets the sum of its gradients") {
  Tensor x = constant(2.0);
  GradientTape tape;
  tape.watch(x);
  Tensor y = x + x * x + x;
  CHECK(tape.gradient(y, x).item<float>() == 6);
}

TEST_CASE("Integers are not watched") {
  GradientTape tape;
  Tensor x = constant(2);
  CHECK_THROWS_AS(tape.watch(x), InvalidArgumentError);
}

TEST_CASE("A custom gradient replaces the recorded one") {
  auto scaled = custom_gradient([](const Tensors& x) {
    return CustomGradient{
        {x[0] * 1.0}, [](const Tensors& dy) { return Tensors{dy[0] * 10.0}; }};
  });
  Variable x(3.0);
  GradientTape tape;
  Tensor y = scaled({x})[0] * 2;
  CHECK(tape.gradient(y, x).item<float>() == 20);
}

TEST_CASE("A gathered variable gets a sparse gradient") {
  Variable table(zeros({1000, 4}));
  GradientTape tape;
  Tensor y = reduce_sum(gather(table, {1, 5, 1}));
  Tensor dy = tape.gradient(y, table);
  CHECK(dy.shape() == Shape({1000, 4}));
  CHECK(dy[{1, 0}].item<float>() == 2);
  CHECK(dy[{5, 3}].item<float>() == 1);
  CHECK(dy[{0, 0}].item<float>() == 0);
}
