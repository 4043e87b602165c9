#include <catch2/catch.hpp>
#include <cmath>
#include <complex>
#include <cstring>
#include <functional>
#include <limits>

#include "ops/apply.h"
#include "tern/autodiff/gradient_tape.h"
#include "tern/core/error.h"
#include "tern/core/parallel.h"
#include "tern/graph/function.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"

namespace tern {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

template <class T>
std::vector<T> elements(const Tensor& tensor) {
  auto values = tensor.values<T>();
  return {values.begin(), values.end()};
}

using Floats = std::vector<float>;
using Ints = std::vector<std::int32_t>;

Floats floats(const Tensor& tensor) { return elements<float>(tensor); }
Ints ints(const Tensor& tensor) { return elements<std::int32_t>(tensor); }

/// 0, 1, 2, ... as floats.
Tensor counted(const Shape& shape) {
  return cast(reshape(range(constant(shape.num_elements(), int32)), shape),
              float32);
}

/// The element of a tensor that broadcasts to a shape, at a position there.
float element_at(const Tensor& tensor, std::vector<std::int64_t> position) {
  const Shape& shape = tensor.shape();
  std::size_t missing =
      position.size() - static_cast<std::size_t>(shape.rank());
  std::int64_t index = 0;
  for (int i = 0; i < shape.rank(); ++i)
    index =
        index * shape[i] +
        (shape[i] == 1 ? 0 : position[missing + static_cast<std::size_t>(i)]);
  return tensor.values<float>()[static_cast<std::size_t>(index)];
}

TEST_CASE("Operands broadcast in any combination of axes") {
  std::vector<Shape> shapes = {{},
                               {1},
                               {4},
                               {3, 1},
                               {3, 4},
                               {2, 1, 4},
                               {2, 3, 1},
                               {1, 3, 4},
                               {2, 3, 4},
                               {5, 1, 1, 1},
                               {5, 1, 3, 1},
                               {5, 2, 3, 4}};
  for (const Shape& a : shapes)
    for (const Shape& b : shapes) {
      Tensor x = counted(a), y = counted(b) * 100;
      Tensor z = x - y;
      INFO(a << " and " << b);
      REQUIRE(z.shape() == broadcast_static_shape(a, b));
      auto values = z.values<float>();
      for (std::int64_t i = 0; i < z.num_elements(); ++i) {
        std::vector<std::int64_t> position;
        std::int64_t rest = i;
        for (int d = z.shape().rank(); d-- > 0; rest /= z.shape()[d])
          position.insert(position.begin(), rest % z.shape()[d]);
        REQUIRE(values[static_cast<std::size_t>(i)] ==
                element_at(x, position) - element_at(y, position));
      }
    }
}

TEST_CASE("Long and short rows, any dtype, broadcast alike") {
  for (DType dtype : {float32, float64, float16, int8, int64, complex64})
    for (std::int64_t columns : {1, 3, 15, 16, 700}) {
      Tensor x = cast(ones({300, columns}), dtype);
      Tensor y = cast(ones({300, 1}), dtype);
      Tensor z = cast((x + y) * cast(ones({columns}), dtype), float32);
      CHECK(reduce_min(z).item<float>() == 2);
      CHECK(reduce_max(z).item<float>() == 2);
    }
}

TEST_CASE("Shapes that do not broadcast are an error, for == one bool") {
  Tensor x = counted({3}), y = counted({4});
  CHECK_THROWS_AS(x + y, InvalidArgumentError);
  CHECK_THROWS_AS(equal(x, y), InvalidArgumentError);
  CHECK_FALSE((x == y).item<bool>());
  CHECK((x != y).item<bool>());
}

TEST_CASE("A literal takes the other operand's dtype, two firm ones clash") {
  Tensor x = constant(3, int64);
  CHECK((x + 1).dtype() == int64);
  CHECK((0.1 * constant(1.0, float64)).item<double>() == 0.1);
  CHECK_THROWS_AS(x + constant(1, int32), InvalidArgumentError);
  CHECK_THROWS_AS(x + 0.5, InvalidArgumentError);
}

TEST_CASE("Dividing integers makes floats, as in Python") {
  Tensor half = constant(1, int32) / 2;
  CHECK(half.dtype() == float64);
  CHECK(half.item<double>() == 0.5);
  CHECK((constant(1, int8) / constant(2, int8)).dtype() == float32);
  CHECK((1 / constant(4.0f, float32)).item<float>() == 0.25f);
}

TEST_CASE(
    "Integer division rounds down and its remainder has the divisor's "
    "sign") {
  Tensor x = constant({7, -7, 7, -7}), y = constant({3, 3, -3, -3});
  CHECK(ints(floor_div(x, y)) == Ints{2, -3, -3, 2});
  CHECK(ints(x % y) == Ints{1, 2, -2, -1});
  Tensor lowest = constant(std::numeric_limits<std::int32_t>::min());
  CHECK(ints(floor_div(lowest, -1)) == ints(lowest));
  CHECK(ints(lowest % -1) == Ints{0});
}

TEST_CASE("Integer division by zero and negative powers are errors") {
  Tensor x = constant({1, 2, 3});
  CHECK_THROWS_AS(floor_div(x, 0), InvalidArgumentError);
  CHECK_THROWS_AS(x % constant({1, 0, 1}), InvalidArgumentError);
  CHECK_THROWS_AS(pow(x, -1), InvalidArgumentError);
  CHECK(ints(pow(x, 3)) == Ints{1, 8, 27});
}

TEST_CASE(
    "Maximum and minimum keep NaN from either side, and the first of "
    "equals") {
  Tensor x(Floats{kNan, 1, 0.0f}), y(Floats{1, kNan, -0.0f});
  for (const Tensor& z : {maximum(x, y), minimum(x, y)}) {
    CHECK(std::isnan(floats(z)[0]));
    CHECK(std::isnan(floats(z)[1]));
    CHECK_FALSE(std::signbit(floats(z)[2]));
  }
}

struct FunctionCase {
  const char* op;
  double (*exact)(double);
  double low, high;
};

/// Distance in units of the last place of `exact` as a float.
double ulps(float value, double exact) {
  auto rounded = static_cast<float>(exact);
  if (value == rounded || (std::isnan(value) && std::isnan(exact))) return 0;
  double unit =
      std::nextafter(std::abs(rounded), kInfinity) - std::abs(rounded);
  return std::abs(value - exact) / unit;
}

TEST_CASE("Elementary functions lie within 4 ulp, at any length and offset") {
  std::vector<FunctionCase> cases = {
      {"Exp", std::exp, -87, 88},
      {"Expm1", std::expm1, -20, 20},
      {"Log", std::log, 1e-30, 10},
      {"Log1p", std::log1p, -0.99, 10},
      {"Sin", std::sin, -100, 100},
      {"Cos", std::cos, -100, 100},
      {"Tanh", std::tanh, -10, 10},
      {"Sqrt", std::sqrt, 0, 100},
      {"Sigmoid", [](double x) { return 1 / (1 + std::exp(-x)); }, -80, 80},
      {"Rsqrt", [](double x) { return 1 / std::sqrt(x); }, 1e-3, 100}};
  for (const FunctionCase& c : cases) {
    const OpDef& op = OpRegistry::global().get(c.op);
    Floats inputs;
    for (int i = 0; i < 10000; ++i)
      inputs.push_back(
          static_cast<float>(c.low + (c.high - c.low) * i / 10000));
    std::vector<Tensor> x = {Tensor(inputs)};
    Floats all = floats(tern::apply(op, x)[0]);
    double worst = 0;
    for (std::size_t i = 0; i < inputs.size(); ++i)
      worst = std::max(worst, ulps(all[i], c.exact(inputs[i])));
    INFO(c.op);
    CHECK(worst <= 4);
    for (std::int64_t begin : {1, 7, 5000})
      for (std::int64_t size : {1, 3, 8, 31}) {
        std::vector<Tensor> part = {x[0].rows(begin, begin + size)};
        Floats values = floats(tern::apply(op, part)[0]);
        CHECK(std::equal(values.begin(), values.end(), all.begin() + begin));
      }
  }
}

TEST_CASE("Elementary functions keep the specials of the C library") {
  Floats inputs = {0.0f, -0.0f, kInfinity, -kInfinity, kNan, 1e30f, -1e30f};
  std::vector<FunctionCase> cases = {{"Exp", std::exp, 0, 0},
                                     {"Log", std::log, 0, 0},
                                     {"Expm1", std::expm1, 0, 0},
                                     {"Log1p", std::log1p, 0, 0},
                                     {"Tanh", std::tanh, 0, 0},
                                     {"Sin", std::sin, 0, 0},
                                     {"Cos", std::cos, 0, 0}};
  for (const FunctionCase& c : cases) {
    std::vector<Tensor> x = {Tensor(inputs)};
    Floats values = floats(tern::apply(OpRegistry::global().get(c.op), x)[0]);
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      auto exact = static_cast<float>(c.exact(inputs[i]));
      INFO(c.op << " of " << inputs[i]);
      CHECK(((std::isnan(values[i]) && std::isnan(exact)) ||
             std::abs(values[i] - exact) <= 1e-6f * std::abs(exact) ||
             values[i] == exact));
      if (exact == 0) CHECK(std::signbit(values[i]) == std::signbit(exact));
    }
  }
}

TEST_CASE("Casts cut towards zero, wrap and round as TensorFlow's") {
  Tensor x(Floats{3.7f, -2.5f, kNan, kInfinity, 3e9f, 300});
  std::int32_t lowest = std::numeric_limits<std::int32_t>::min();
  CHECK(ints(cast(x, int32)) == Ints{3, -2, lowest, lowest, lowest, 300});
  CHECK(elements<std::uint8_t>(cast(Tensor(Floats{-1, 300}), uint8)) ==
        std::vector<std::uint8_t>{255, 44});
  CHECK(elements<bool>(cast(Tensor(Floats{kNan, -0.0f, 2}), bool_)) ==
        std::vector<bool>{true, false, true});
  CHECK(floats(cast(cast(Tensor(Floats{65519, 65520}), float16), float32)) ==
        Floats{65504, kInfinity});
  CHECK(floats(cast(cast(Tensor(Floats{1.00390625f, 1.01171875f}), bfloat16),
                    float32)) == Floats{1.0f, 1.015625f});
  CHECK_THROWS_AS(cast(constant({"a"}), int32), UnimplementedError);
}

TEST_CASE("where broadcasts its three operands; Select chooses rows") {
  Tensor x = counted({2, 3});
  CHECK(floats(where(x > 2, x, -1)) == Floats{-1, -1, -1, 3, 4, 5});
  Tensor rows = constant({true, false});
  CHECK(floats(raw<"Select">(rows, x, x * 10)) == Floats{0, 1, 2, 30, 40, 50});
  Tensor column = reshape(rows, {2, 1});
  CHECK(floats(where(column, constant({7.0, 8.0, 9.0}), x)) ==
        Floats{7, 8, 9, 3, 4, 5});
  CHECK(elements<std::string>(where(rows, constant({"a", "b"}), "c")) ==
        std::vector<std::string>{"a", "c"});
}

TEST_CASE("Operators of bools are logical, of integers bitwise") {
  Tensor t = constant({true, true, false}), u = constant({true, false, false});
  CHECK(elements<bool>(t & u) == std::vector<bool>{true, false, false});
  CHECK(elements<bool>(t | u) == std::vector<bool>{true, true, false});
  CHECK(elements<bool>(~t) == std::vector<bool>{false, false, true});
  CHECK(ints(constant({6, 5}) & 3) == Ints{2, 1});
  CHECK(ints(~constant({0})) == Ints{-1});
}

TEST_CASE("A broadcast operand's gradient is summed to its shape") {
  Tensor x = counted({2, 3}), row = counted({3}), column = counted({2, 1});
  GradientTape tape({.persistent = true});
  tape.watch(x, row, column);
  Tensor z = x * row + column;
  CHECK(floats(tape.gradient(z, row)) == Floats{3, 5, 7});
  CHECK(floats(tape.gradient(z, column)) == Floats{3, 3});
  CHECK(tape.gradient(z, column).shape() == Shape{2, 1});
}

TEST_CASE("A broadcast operand's gradient needs no static shape") {
  auto gradients = function(
      [](const Tensor& x, const Tensor& y) -> Tensor {
        GradientTape tape;
        tape.watch(x, y);
        auto [dx, dy] = tape.gradient(x * y, x, y);
        return reduce_sum(dx) + 10 * reduce_sum(dy) +
               100 * cast(size(dx) + 10 * size(dy), float32);
      },
      {.input_signature = {TensorSpec(Shape{-1, -1}, float32),
                           TensorSpec(Shape::unknown(), float32)}});
  Tensor x = ones({2, 3});
  // dx is y broadcast: 6 ones; dy sums x where y was repeated: 6 in all.
  CHECK(gradients(x, ones({3})).item<float>() == 6 + 60 + 100 * (6 + 30));
  CHECK(gradients(x, ones({2, 1})).item<float>() == 6 + 60 + 100 * (6 + 20));
  CHECK(gradients(x, ones({})).item<float>() == 6 + 60 + 100 * (6 + 10));
}

TEST_CASE("Clipping by norm scales, clipping by value cuts") {
  Tensor x(Floats{3, 4});
  CHECK(floats(clip_by_norm(x, 10.0)) == Floats{3, 4});
  CHECK(floats(clip_by_norm(x, 2.5)) == Floats{1.5f, 2});
  CHECK(floats(clip_by_value(x, 0.0, 3.5)) == Floats{3, 3.5f});
  auto [list, norm] = clip_by_global_norm({x, Tensor(Floats{0, 12})}, 6.5);
  CHECK(norm.item<float>() == Approx(13));
  CHECK(floats(list[0])[1] == Approx(2));
  CHECK(floats(list[1])[1] == Approx(6));
  Tensor zero(Floats{0, 0});
  GradientTape tape;
  tape.watch(zero);
  Tensor gradient = tape.gradient(clip_by_norm(zero, 1.0), zero);
  CHECK(floats(gradient) == Floats{1, 1});
}

TEST_CASE("Sorting is stable in either direction, along any axis") {
  Tensor x = constant({{3, 1, 2}, {0, 1, 0}});
  CHECK(ints(sort(x)) == Ints{1, 2, 3, 0, 0, 1});
  CHECK(ints(argsort(x)) == Ints{1, 2, 0, 0, 2, 1});
  CHECK(ints(argsort(x, {.axis = 0})) == Ints{1, 0, 1, 0, 1, 0});
  CHECK(ints(argsort(x, {.direction = "DESCENDING"})) ==
        Ints{0, 2, 1, 1, 0, 2});
  std::int32_t lowest = std::numeric_limits<std::int32_t>::min();
  CHECK(ints(sort(constant({5, lowest}))) == Ints{lowest, 5});
}

TEST_CASE("Powers have TensorFlow's gradients at and below zero") {
  Tensor x(Floats{0, -2, 2}), y(Floats{2, 2, 2});
  GradientTape tape;
  tape.watch(x, y);
  auto [dx, dy] = tape.gradient(pow(x, y), x, y);
  CHECK(floats(dx) == Floats{0, -4, 4});
  CHECK(floats(dy)[0] == 0);
  CHECK(floats(dy)[1] == 0);
  CHECK(floats(dy)[2] == Approx(4 * std::log(2)));
}

TEST_CASE("Gradients of gradients follow") {
  Tensor x(Floats{0.3f, 0.7f});
  auto second = [&x](const std::function<Tensor(const Tensor&)>& f) {
    GradientTape outer;
    outer.watch(x);
    Tensor first;
    {
      GradientTape inner;
      inner.watch(x);
      first = inner.gradient(f(x), x);
    }
    return floats(outer.gradient(first, x));
  };
  auto check = [&](const std::vector<float>& found, double (*exact)(double)) {
    for (std::size_t i = 0; i < 2; ++i)
      CHECK(found[i] == Approx(exact(floats(x)[i])).epsilon(1e-5));
  };
  check(second([](const Tensor& t) { return tanh(t); }), [](double v) {
    double y = std::tanh(v);
    return -2 * y * (1 - y * y);
  });
  check(second([](const Tensor& t) { return sigmoid(t); }), [](double v) {
    double y = 1 / (1 + std::exp(-v));
    return y * (1 - y) * (1 - 2 * y);
  });
  check(second([](const Tensor& t) { return sqrt(t); }),
        [](double v) { return -0.25 * std::pow(v, -1.5); });
  check(second([](const Tensor& t) { return 1 / t; }),
        [](double v) { return 2 / (v * v * v); });
  check(second([](const Tensor& t) { return pow(t, 3); }),
        [](double v) { return 6 * v; });
}

TEST_CASE("Complex gradients are conjugate derivatives") {
  using Complex = std::complex<float>;
  Tensor z = complex(constant({1.0, 2.0}), constant({0.5, -1.0}));
  GradientTape tape;
  tape.watch(z);
  // L = |z|^2 = z conj(z): the gradient in TensorFlow's convention is 2 z.
  Tensor loss = reduce_sum(math::real(z * math::conj(z)));
  auto found = elements<Complex>(tape.gradient(loss, z));
  CHECK(std::abs(found[0] - Complex(2, 1)) < 1e-6f);
  CHECK(std::abs(found[1] - Complex(4, -2)) < 1e-6f);
}

TEST_CASE("Large elementwise results do not depend on the threads") {
  Tensor x = counted({1000, 301}) / 1000.0, row = counted({301}) / 10.0;
  int threads = num_threads();
  set_num_threads(1);
  Floats alone = floats(exp(sin(x) + row) / 3.0);
  set_num_threads(4);
  Floats together = floats(exp(sin(x) + row) / 3.0);
  set_num_threads(threads);
  CHECK(std::memcmp(alone.data(), together.data(), alone.size() * 4) == 0);
}

}  // namespace
}  // namespace tern
