#include "tern/graph/loops.h"

#include <catch2/catch.hpp>

#include "tern/autodiff/gradient_tape.h"
#include "tern/core/error.h"
#include "tern/graph/function.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"

using namespace tern;

TEST_CASE("for_each runs its step for each slice, eager and traced") {
  Variable sum(zeros({2}));
  auto add_rows = [&](const Tensor& rows) {
    for_each(rows, [&](const Tensor& row) { sum.assign_add(row); });
  };
  add_rows({{1.0, 2.0}, {3.0, 4.0}});
  CHECK(reduce_all(sum == Tensor({4.0, 6.0})).item<bool>());
  auto traced =
      function(add_rows, {.input_signature = {TensorSpec({-1, 2}, float32)}});
  traced({{10.0, 10.0}});
  traced(zeros({0, 2}));
  CHECK(reduce_all(sum == Tensor({14.0, 16.0})).item<bool>());
  CHECK_THROWS_AS(for_each(3.0, [](const Tensor&) {}), InvalidArgumentError);
}

TEST_CASE("foldl folds from the first slice on, foldr from the last") {
  auto minus = [](const Tensor& state, const Tensor& x) { return state - x; };
  CHECK(foldl(minus, {10, 2, 3}).item<int>() == 5);
  CHECK(foldr(minus, {10, 2, 3}).item<int>() == -9);
  CHECK(foldl(minus, {10, 2, 3}, {.initializer = 100}).item<int>() == 85);
  // S2:4747
  CHECK(foldr([](const Tensor& p, const Tensor& n) { return p + n; }, range(10))
            .item<int>() == 45);
}

TEST_CASE("A gradient goes through a traced foldl to each slice") {
  auto product = function(
      [](const Tensor& x) {
        return foldl([](const Tensor& p, const Tensor& n) { return p * n; }, x);
      },
      {.input_signature = {TensorSpec({-1}, float32)}});
  Tensor x = {2.0, 3.0, 5.0};
  GradientTape tape;
  tape.watch(x);
  Tensor gradient = tape.gradient(product(x), x);
  CHECK(reduce_all(gradient == Tensor({15.0, 10.0, 6.0})).item<bool>());
}
