#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <limits>

#include "tern/autodiff/gradient_tape.h"
#include "tern/core/error.h"
#include "tern/core/parallel.h"
#include "tern/graph/function.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"

namespace tern {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

template <class T>
std::vector<T> elements(const Tensor& tensor) {
  auto values = tensor.values<T>();
  return {values.begin(), values.end()};
}

using Floats = std::vector<float>;
using Indices = std::vector<std::int64_t>;

Floats floats(const Tensor& tensor) { return elements<float>(tensor); }

/// Small whole numbers, so that float sums are exact.
Tensor whole_numbers(const Shape& shape) {
  Tensor count = range(constant(shape.num_elements(), int32));
  return cast(reshape(count * 37 % 101 - 50, shape), float32);
}

/// Sums over the axes of a mask, element by element.
std::vector<double> slow_sum(const Tensor& x, unsigned reduced) {
  const Shape& shape = x.shape();
  std::int64_t results = 1;
  for (int d = 0; d < shape.rank(); ++d)
    if (!(reduced >> d & 1)) results *= shape[d];
  std::vector<double> sums(static_cast<std::size_t>(results));
  auto values = x.values<float>();
  for (std::int64_t i = 0; i < x.num_elements(); ++i) {
    std::int64_t rest = i, index = 0, stride = 1;
    for (int d = shape.rank(); d-- > 0; rest /= shape[d]) {
      if (reduced >> d & 1) continue;
      index += rest % shape[d] * stride;
      stride *= shape[d];
    }
    sums[static_cast<std::size_t>(index)] +=
        values[static_cast<std::size_t>(i)];
  }
  return sums;
}

TEST_CASE("Reductions take any subset of axes, at any size") {
  std::vector<Shape> shapes = {{5},
                               {3, 4},
                               {2, 3, 4, 5},
                               {1, 7, 1, 3},
                               {70, 300},
                               {300, 70},
                               {3, 40000},
                               {40000, 3},
                               {20, 30, 600},
                               {600, 2, 33},
                               {9, 1000, 17},
                               {2, 520, 3, 40}};
  for (const Shape& shape : shapes) {
    Tensor x = whole_numbers(shape);
    for (unsigned mask = 0; mask < 1u << shape.rank(); ++mask) {
      std::vector<std::int64_t> axes;
      for (int d = 0; d < shape.rank(); ++d)
        if (mask >> d & 1) axes.push_back(d % 2 ? d : d - shape.rank());
      auto exact = slow_sum(x, mask);
      INFO(shape << ", axes " << mask);
      Floats sums = floats(reduce_sum(x, {.axis = axes}));
      REQUIRE(sums.size() == exact.size());
      bool same = true;
      for (std::size_t i = 0; i < exact.size(); ++i)
        same = same && sums[i] == static_cast<float>(exact[i]);
      CHECK(same);
      Tensor kept = reduce_sum(x, {.axis = axes, .keepdims = true});
      CHECK(kept.shape().rank() == shape.rank());
      CHECK(floats(kept) == sums);
    }
  }
}

TEST_CASE(
    "Sums of many floats are accurate and do not depend on the "
    "threads") {
  Tensor x = fill({1000003}, 0.1f);
  int threads = num_threads();
  set_num_threads(1);
  float alone = reduce_sum(x).item<float>();
  set_num_threads(4);
  float together = reduce_sum(x).item<float>();
  set_num_threads(threads);
  CHECK(alone == together);
  CHECK(alone == Approx(1000003 * double{0.1f}).epsilon(2e-7));
}

TEST_CASE("Sums of halves round after every addition, in TensorFlow's order") {
  auto sum = [](const Tensor& halves) {
    return floats(cast(reduce_sum(halves, {.axis = -1}), float32));
  };
  CHECK(sum(fill({3000}, cast(0.1, float16))) == Floats{299.75f});
  // Of 0.1, 0.2, 0.3, 0.1, …, by TensorFlow 2.21.
  std::pair<int, float> sums[] = {{33, 6.6015625f},
                                  {100, 19.890625f},
                                  {250, 49.9375f},
                                  {1000, 200},
                                  {1601, 320},
                                  {3000, 601},
                                  {5000, 1001},
                                  {10000, 2002},
                                  {16384, 3280}};
  for (auto [n, wanted] : sums) {
    Tensor x = cast(cast(range(n) % 3 + 1, float32) * 0.1f, float16);
    INFO(n);
    CHECK(sum(x) == Floats{wanted});
    CHECK(sum(stack({x, x})) == Floats{wanted, wanted});
  }
  Tensor large = cast(Tensor(Floats{60000, 5000, 5000, -5000}), float16);
  CHECK(std::isinf(sum(large)[0]));
}

TEST_CASE("Integer sums wrap, their means do not") {
  CHECK(cast(reduce_sum(constant({200, 200}, uint8)), int32)
            .item<std::int32_t>() == 144);
  CHECK(cast(reduce_mean(constant({255, 255, 255}, uint8)), int32)
            .item<std::int32_t>() == 255);
  CHECK(reduce_mean(constant({-7, -8})).item<std::int32_t>() == -7);
}

TEST_CASE("Reducing nothing gives what leaves other values alone") {
  Tensor none = zeros({0, 2});
  CHECK(floats(reduce_sum(none, {.axis = 0})) == Floats{0, 0});
  CHECK(floats(reduce_prod(none, {.axis = 0})) == Floats{1, 1});
  CHECK(std::isnan(reduce_mean(none).item<float>()));
  CHECK(reduce_max(none).item<float>() ==
        -std::numeric_limits<float>::infinity());
  CHECK(reduce_max(zeros({0}, int32)).item<std::int32_t>() ==
        std::numeric_limits<std::int32_t>::min());
  CHECK(reduce_all(zeros({0}, bool_)).item<bool>());
  CHECK_FALSE(reduce_any(zeros({0}, bool_)).item<bool>());
}

TEST_CASE("Largest and smallest elements are NaN if any element is") {
  for (int at : {0, 17, 99}) {
    Floats values(100, 1.0f);
    values[static_cast<std::size_t>(at)] = kNan;
    CHECK(std::isnan(reduce_max(Tensor(values)).item<float>()));
    CHECK(std::isnan(reduce_min(Tensor(values)).item<float>()));
  }
}

TEST_CASE("Arg extrema take the first of ties and avoid NaN") {
  Tensor x(Floats{kNan, 2, 5, 5, kNan, 1}, {2, 3});
  CHECK(elements<std::int64_t>(argmax(x, {.axis = 1})) == Indices{2, 0});
  CHECK(elements<std::int64_t>(argmin(x, {.axis = 1})) == Indices{1, 2});
  CHECK(elements<std::int64_t>(argmax(x)) == Indices{1, 0, 0});
  Floats many(1000, 1.0f);
  many[777] = many[900] = 3;
  CHECK(argmax(Tensor(many)).item<std::int64_t>() == 777);
  CHECK(argmax(Tensor(Floats(20, kNan))).item<std::int64_t>() == 0);
  CHECK_THROWS_AS(argmax(zeros({0, 3})), InvalidArgumentError);
}

TEST_CASE(
    "Running sums and products go either way, with or without the "
    "element itself") {
  Tensor x(Floats{1, 2, 3, 4, 5, 6}, {2, 3});
  CHECK(floats(cumsum(x, {.axis = 1})) == Floats{1, 3, 6, 4, 9, 15});
  CHECK(floats(cumsum(x)) == Floats{1, 2, 3, 5, 7, 9});
  CHECK(floats(cumsum(x, {.axis = -1, .exclusive = true, .reverse = true})) ==
        Floats{5, 3, 0, 11, 6, 0});
  CHECK(floats(math::cumprod(x, {.axis = 1, .exclusive = true})) ==
        Floats{1, 1, 2, 1, 4, 20});
}

TEST_CASE("Axes out of range or given twice are errors") {
  Tensor x = zeros({2, 3});
  CHECK_THROWS_AS(reduce_sum(x, {.axis = 2}), InvalidArgumentError);
  CHECK_THROWS_AS(reduce_sum(x, {.axis = -3}), InvalidArgumentError);
  CHECK_THROWS_AS(reduce_sum(x, {.axis = {0, -2}}), InvalidArgumentError);
  CHECK_THROWS_AS(cumsum(x, {.axis = 2}), InvalidArgumentError);
}

TEST_CASE("Gradients of reductions reach every element reduced") {
  Tensor x(Floats{1, 3, 3, 2, 0, 4}, {2, 3});
  GradientTape tape({.persistent = true});
  tape.watch(x);
  Tensor sum = reduce_sum(x, {.axis = 1}), mean = reduce_mean(x, {.axis = 0});
  Tensor largest = reduce_max(x, {.axis = 1, .keepdims = true});
  Tensor product = reduce_prod(x, {.axis = 1}), all = reduce_prod(x);
  CHECK(floats(tape.gradient(sum, x)) == Floats{1, 1, 1, 1, 1, 1});
  CHECK(floats(tape.gradient(mean, x)) == Floats(6, 0.5f));
  // Shared among ties.
  CHECK(floats(tape.gradient(largest, x)) == Floats{0, 0.5f, 0.5f, 0, 0, 1});
  // The product of the others, also where one of them is zero.
  CHECK(floats(tape.gradient(product, x)) == Floats{9, 3, 3, 0, 8, 0});
  CHECK(floats(tape.gradient(all, x)) == Floats{0, 0, 0, 0, 72, 0});
}

TEST_CASE("Gradients of reductions need no static shape") {
  auto gradient = function(
      [](const Tensor& x) {
        GradientTape tape;
        tape.watch(x);
        Tensor y = reduce_mean(x, {.axis = 0}) + reduce_sum(x) +
                   reduce_max(x, {.axis = {0}});
        return tape.gradient(y, x);
      },
      {.input_signature = {TensorSpec(Shape{-1, 2}, float32)}});
  // Mean: 1/2 each; sum: counted once for both columns; max: the last row.
  CHECK(floats(gradient(Tensor(Floats{1, 2, 3, 4}, {2, 2}))) ==
        Floats{2.5f, 2.5f, 3.5f, 3.5f});
}

TEST_CASE("reduce_logsumexp does not overflow") {
  Tensor x(Floats{1000, 1000});
  CHECK(reduce_logsumexp(x).item<float>() == Approx(1000 + std::log(2)));
  CHECK(reduce_logsumexp(x, {.axis = 0, .keepdims = true}).shape() == Shape{1});
}

TEST_CASE("Variance is the mean squared distance from the mean") {
  Tensor x(Floats{1, 2, 3, 4});
  CHECK(math::reduce_variance(x).item<float>() == Approx(1.25));
  CHECK(math::reduce_std(x).item<float>() == Approx(std::sqrt(1.25)));
  CHECK(math::reduce_euclidean_norm(x).item<float>() == Approx(std::sqrt(30)));
}

}  // namespace
}  // namespace tern
