#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "ops/apply.h"
#include "tern/core/error.h"
#include "tern/ops/variable.h"

namespace tern {
namespace {

using Floats = std::vector<float>;

Floats values_of(const Variable& variable) {
  Tensor value = variable.read();
  return {value.values<float>().begin(), value.values<float>().end()};
}

Variable variable(Floats values) { return Variable(Tensor(values)); }

Tensor scalar(float value) { return Tensor(Floats{value}, Shape()); }

TEST_CASE("Adam moves by its bias-corrected moments") {
  Variable var = variable({1, -2}), m = variable({0, 0}), v = variable({0, 0});
  double mean = 0, square = 0, expected = 1;
  for (int step = 1; step <= 3; ++step) {
    double gradient = 0.5 * step;
    raw<"ResourceApplyAdam">(
        Tensors{var.handle(),
                m.handle(),
                v.handle(),
                scalar(static_cast<float>(std::pow(0.9, step))),
                scalar(static_cast<float>(std::pow(0.999, step))),
                scalar(0.1f),
                scalar(0.9f),
                scalar(0.999f),
                scalar(1e-7f),
                Tensor(Floats{static_cast<float>(gradient), 0})});
    mean = 0.9 * mean + 0.1 * gradient;
    square = 0.999 * square + 0.001 * gradient * gradient;
    expected -= 0.1 * (mean / (1 - std::pow(0.9, step))) /
                (std::sqrt(square / (1 - std::pow(0.999, step))) + 1e-6);
  }
  CHECK(values_of(var)[0] == Approx(expected).epsilon(1e-4));
  CHECK(values_of(var)[1] == -2);
  CHECK(values_of(m)[0] == Approx(mean));
  CHECK(values_of(v)[0] == Approx(square).epsilon(1e-3));
}

TEST_CASE("A value read before an update keeps its elements") {
  Variable var = variable({1, 2});
  Tensor before = var.read();
  raw<"ResourceApplyGradientDescent">(
      var.handle(), scalar(1), Tensor(Floats{1, 1}));
  CHECK(before.values<float>()[0] == 1);
  CHECK(values_of(var) == Floats{0, 1});
}

TEST_CASE("A refused update has changed nothing") {
  Variable var = variable({1, 2}), accum = variable({3, 4});
  CHECK_THROWS_AS(raw<"ResourceApplyMomentum">(Tensors{var.handle(),
                                                       accum.handle(),
                                                       scalar(1),
                                                       Tensor(Floats{1, 2, 3}),
                                                       scalar(0.9f)}),
                  InvalidArgumentError);
  CHECK_THROWS_AS(raw<"ResourceApplyMomentum">(Tensors{var.handle(),
                                                       var.handle(),
                                                       scalar(1),
                                                       Tensor(Floats{1, 2}),
                                                       scalar(0.9f)}),
                  InvalidArgumentError);
  CHECK(values_of(var) == Floats{1, 2});
  CHECK(values_of(accum) == Floats{3, 4});
}

TEST_CASE("An update of a variable without a value is refused") {
  Tensor handle =
      raw<"VarHandleOp">(Tensors{}, {{"dtype", float32}, {"shape", Shape{2}}});
  CHECK_THROWS_AS(raw<"ResourceApplyGradientDescent">(
                      handle, scalar(1), Tensor(Floats{1, 1})),
                  FailedPreconditionError);
}

}  // namespace
}  // namespace tern
