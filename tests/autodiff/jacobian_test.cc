#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "tern/autodiff/forward_accumulator.h"
#include "tern/core/error.h"
#include "tern/graph/function.h"
#include "tern/ops/array.h"
#include "tern/ops/linalg.h"
#include "tern/ops/math.h"
#include "tern/ops/variable.h"

namespace tern {
namespace {

std::vector<float> numbers(const Tensor& x) {
  auto values = x.values<float>();
  return {values.begin(), values.end()};
}

}  // namespace

TEST_CASE(
    "A Jacobian has the shapes of target and source, one row an element") {
  Tensor x = constant({1.0, 2.0, 3.0});
  GradientTape tape;
  tape.watch(x);
  Tensor y = stack({reduce_sum(x), reduce_prod(x)});
  Tensor jacobian = tape.jacobian(y, x);
  CHECK(jacobian.shape() == Shape({2, 3}));
  CHECK(numbers(jacobian) == std::vector<float>{1, 1, 1, 6, 3, 2});
}

TEST_CASE("The Jacobian by a variable is that by its value") {
  Variable w(Tensor{{1.0, 2.0}, {3.0, 4.0}});
  GradientTape tape;
  Tensor y = reduce_sum(w * w, {.axis = 1});
  Tensor jacobian = tape.jacobian(y, w);
  CHECK(jacobian.shape() == Shape({2, 2, 2}));
  CHECK(numbers(jacobian) == std::vector<float>{2, 4, 0, 0, 0, 0, 6, 8});
}

TEST_CASE("A Jacobian uses a tape up, and is undefined where nothing depends") {
  Tensor x = constant({1.0, 2.0}), z = constant({1.0});
  GradientTape tape({.persistent = true});
  tape.watch(x, z);
  Tensor y = x * x;
  CHECK_FALSE(tape.jacobian(y, z).defined());
  CHECK(numbers(tape.jacobian(y, z, UnconnectedGradients::kZero)) ==
        std::vector<float>{0, 0});
  CHECK(numbers(tape.jacobian(y, x)) == std::vector<float>{2, 0, 0, 4});
  GradientTape once;
  once.watch(x);
  Tensor y2 = x * x;
  once.jacobian(y2, x);
  CHECK_THROWS_AS(once.jacobian(y2, x), FailedPreconditionError);
}

TEST_CASE("A batch Jacobian takes each example alone") {
  Tensor x = Tensor{{1.0, 2.0}, {3.0, 4.0}} * 1.0;
  GradientTape tape;
  tape.watch(x);
  Tensor y = stack({x[{Slice{}, 0}] * x[{Slice{}, 1}],
                    square(x[{Slice{}, 1}]),
                    x[{Slice{}, 0}]},
                   {.axis = 1});
  Tensor jacobian = tape.batch_jacobian(y, x);
  CHECK(jacobian.shape() == Shape({2, 3, 2}));
  CHECK(numbers(jacobian) ==
        std::vector<float>{2, 1, 0, 4, 1, 0, 4, 3, 0, 8, 1, 0});
  GradientTape other;
  other.watch(x);
  CHECK_THROWS_AS(other.batch_jacobian(reduce_sum(x), x), InvalidArgumentError);
}

TEST_CASE("A forward accumulator gives the product of Jacobian and tangent") {
  Tensor x = constant({1.0, 2.0}), tangent = constant({3.0, -1.0});
  ForwardAccumulator accumulator(x, tangent);
  Tensor y = x * x;
  CHECK(numbers(accumulator.jvp(y)) == std::vector<float>{6, -4});
  Tensor z = reduce_prod(y);  // 2 x0 x1² dx0 + 2 x0² x1 dx1
  CHECK(accumulator.jvp(z).item<float>() == 20);
  CHECK_FALSE(accumulator.jvp(constant({1.0})).defined());
}

TEST_CASE("A forward accumulator follows variables and functions") {
  Variable w(Tensor{{2.0, 0.0}, {0.0, 3.0}});
  Tensor x = constant({1.0, 2.0}, float32, {2, 1});
  auto f = function([&](const Tensor& v) { return matmul(w, v); });
  ForwardAccumulator accumulator(w, ones({2, 2}));
  Tensor y = f(x);
  CHECK(numbers(accumulator.jvp(y)) == std::vector<float>{3, 3});
}

TEST_CASE("A tape around a forward accumulator multiplies by the Hessian") {
  Tensor x = constant({1.0, 2.0}), direction = constant({1.0, 1.0});
  GradientTape tape;
  tape.watch(x);
  Tensor slope;
  {
    ForwardAccumulator accumulator(x, direction);
    slope = accumulator.jvp(reduce_sum(x * x * x));
  }
  CHECK(slope.item<float>() == 15);
  CHECK(numbers(tape.gradient(slope, x)) == std::vector<float>{6, 12});
}

TEST_CASE("Tangents must fit their primals") {
  Tensor x = constant({1.0, 2.0});
  CHECK_THROWS_AS(ForwardAccumulator(x, constant({1.0, 2.0, 3.0})),
                  InvalidArgumentError);
}

}  // namespace tern
