// Shapes and values that TensorFlow gives a meaning, or an error, of its own;
// asked of TensorFlow 2.21.
#include <catch2/catch.hpp>
#include <cmath>
#include <complex>
#include <limits>
#include <vector>

#include "ops/apply.h"
#include "tern/autodiff/gradient_tape.h"
#include "tern/core/error.h"
#include "tern/graph/function.h"
#include "tern/ops/array.h"
#include "tern/ops/linalg.h"
#include "tern/ops/math.h"
#include "tern/ops/nn.h"

namespace tern {
namespace {

using Catch::Matchers::Contains;
using Floats = std::vector<float>;
using Numbers = std::vector<std::int64_t>;
constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

Floats floats(const Tensor& tensor) {
  Tensor wide = cast(tensor, float32);
  return {wide.values<float>().begin(), wide.values<float>().end()};
}

Numbers numbers(const Tensor& tensor) {
  Tensor wide = cast(tensor, int64);
  return {wide.values<std::int64_t>().begin(),
          wide.values<std::int64_t>().end()};
}

/// 1, 2, 3, … in that shape.
Tensor counted(const Shape& shape) {
  return reshape(range(1.0f, static_cast<float>(shape.num_elements() + 1)),
                 shape);
}

TEST_CASE("Gradient ops of outputs pair elements in order, in y's shape") {
  Tensor y = counted({2, 3}), dy = counted({3, 2}), flat = counted({6});
  const Floats z = {0, -6, -24, -60, -120, -210};  // dy (1 - y^2)
  Tensor found = raw<"TanhGrad">(y, dy);
  CHECK(found.shape() == Shape{2, 3});
  CHECK(floats(found) == z);
  CHECK(raw<"TanhGrad">(flat, dy).shape() == Shape{6});
  CHECK(floats(raw<"TanhGrad">(flat, dy)) == z);
  CHECK_THROWS_WITH(raw<"SigmoidGrad">(y, counted({3})),
                    Contains("The two arguments to a cwise op must have same "
                             "number of elements, got 6 and 3"));
  CHECK_THROWS_AS(raw<"SqrtGrad">(y, Tensor(1.0f)), InvalidArgumentError);
  CHECK_THROWS_WITH(
      raw<"ReluGrad">(y, flat),
      Contains(
          "must have the same size and shape.  Input 0: [2,3] != input 1"));

  TensorSpec any(Shape::unknown(), float32);
  auto traced = function(
      [](const Tensor& a, const Tensor& b) { return raw<"TanhGrad">(a, b); },
      {.input_signature = {any, any}});
  CHECK(floats(traced(y, flat)) == z);
  CHECK_THROWS_AS(traced(y, counted({3})), InvalidArgumentError);
}

TEST_CASE("Batch norm looks at the ranks of moments that it does not use") {
  Tensor x = zeros({2, 3, 3, 4}), four = zeros({4}), none = zeros({0});
  auto call = [&](const Tensor& mean,
                  const Tensor& variance,
                  bool training,
                  float factor = 1) {
    return raw<"FusedBatchNormV3">
        .outputs({x, four, four, mean, variance},
                 {{"is_training", training},
                  {"exponential_avg_factor", factor}})
        .size();
  };
  CHECK(call(none, none, true) == 6);
  CHECK(call(zeros({3}), four, true) == 6);
  CHECK_THROWS_WITH(call(zeros({1, 4}), none, true),
                    Contains("estimated_mean must be 1-dimensional[1,4]"));
  CHECK_THROWS_WITH(call(none, zeros({}), true),
                    Contains("estimated_variance must be 1-dimensional[]"));
  CHECK_THROWS_WITH(
      call(none, four, true, 0.9f),
      Contains("When exponential_avg_factor != 1, mean must have the same "
               "number of elements as the channels of x, got 0 and 4"));
  CHECK_THROWS_WITH(
      call(four, zeros({3}), false),
      Contains("When is_training=false, variance must have the same number of "
               "elements as the channels of x, got 3 and 4"));
  x = zeros({1, 2, 3, 3, 4});
  CHECK(call(none, none, true) == 6);
  x = zeros({3, 3, 4});
  CHECK_THROWS_WITH(call(none, none, true),
                    Contains("input must be 4 or 5-dimensional[3,3,4]"));
}

TEST_CASE("Batch norm of an empty batch reports NaN") {
  for (bool training : {true, false}) {
    Tensor four = zeros({4});
    Tensors outputs =
        raw<"FusedBatchNormV3">.outputs({zeros({0, 3, 3, 4}),
                                         four,
                                         four,
                                         training ? zeros({0}) : four,
                                         training ? zeros({0}) : four},
                                        {{"is_training", training}});
    CHECK(outputs[0].shape() == Shape{0, 3, 3, 4});
    for (std::size_t moments : {1u, 2u})
      for (float value : floats(outputs[moments])) CHECK(std::isnan(value));
    for (std::size_t saved : {3u, 4u})
      CHECK(floats(outputs[saved]) == Floats(4, 0));
  }
}

TEST_CASE("An empty slice takes any value, another one what broadcasts") {
  Tensor x = counted({3, 4});
  auto update = [&](int rows, const Tensor& value) {
    return floats(raw<"TensorStridedSliceUpdate">(
        x, Tensor{0, 0}, Tensor{rows, 2}, Tensor{1, 1}, value));
  };
  const Floats before = floats(x);
  for (const Shape& shape :
       {Shape{0, 2}, Shape{0}, Shape{2}, Shape{}, Shape{1, 2}, Shape{3, 2}})
    CHECK(update(0, zeros(shape)) == before);
  const Floats after = {0, 0, 3, 4, 0, 0, 7, 8, 9, 10, 11, 12};
  for (const Shape& shape : {Shape{}, Shape{2}, Shape{1, 2}, Shape{1, 2, 2}})
    CHECK(update(2, zeros(shape)) == after);
  CHECK_THROWS_WITH(
      update(2, zeros({0, 2})),
      Contains("Cannot broadcast input shape [0,2] into final shape [2,2]"));
  CHECK_THROWS_AS(update(2, zeros({0})), InvalidArgumentError);
  CHECK_THROWS_AS(update(2, zeros({3})), InvalidArgumentError);
  CHECK_THROWS_AS(update(2, zeros({2, 2, 2})), InvalidArgumentError);
}

TEST_CASE("Arg extrema are 0 where nothing beats the last finite number") {
  Tensor rows(
      Floats{kNaN,  kNaN,  kNaN, -kInf, -kInf, -kInf, kInf, kInf, kInf,
             kNaN,  -kInf, kNaN, kNaN,  kInf,  kNaN,  kNaN, kNaN, kInf,
             -kInf, -kInf, 1,    kInf,  kInf,  1,     kNaN, 1,    -kInf},
      {9, 3});
  const Numbers largest = {0, 0, 0, 0, 1, 2, 2, 0, 1};
  const Numbers smallest = {0, 0, 0, 1, 0, 0, 0, 2, 2};
  for (DType dtype : {float32, float64, float16, bfloat16}) {
    Tensor x = cast(rows, dtype);
    CHECK(numbers(argmax(x, {.axis = 1})) == largest);
    CHECK(numbers(argmin(x, {.axis = 1})) == smallest);
    CHECK(numbers(argmax(transpose(x))) == largest);
    CHECK(numbers(argmin(transpose(x))) == smallest);
  }
  Floats long_row(100, kNaN);
  CHECK(argmax(Tensor(long_row)).item<std::int64_t>() == 0);
  long_row[71] = -kInf;
  CHECK(argmax(Tensor(long_row)).item<std::int64_t>() == 0);
  CHECK(argmin(Tensor(long_row)).item<std::int64_t>() == 71);
  CHECK(argmax(constant({-128, -128}, int8)).item<std::int64_t>() == 0);
}

TEST_CASE("Indices that pick nothing are not looked at") {
  Tensor bad = constant({5, -1});
  CHECK(gather(zeros({3, 0}), bad).shape() == Shape{2, 0});
  CHECK(gather(zeros({0, 3}), bad, {.axis = 1}).shape() == Shape{0, 2});
  CHECK(gather(zeros({0, 3}), zeros({0}, int32)).shape() == Shape{0, 3});
  CHECK_THROWS_WITH(gather(zeros({0, 3}), constant({0})),
                    Contains("indices[0] = 0 is not in [0, 0)"));
  CHECK(gather_nd(zeros({3, 0}), zeros({0, 1}, int32)).shape() == Shape{0, 0});
  for (const Shape& shape : {Shape{3, 0}, Shape{0, 3}})
    CHECK_THROWS_WITH(
        gather_nd(zeros(shape), constant({{1}})),
        Contains("Requested more than 0 entries, but params is empty.  Params "
                 "shape: " +
                 shape.debug_string()));
}

TEST_CASE("unique tells -0 from 0 in floats of 16 bits only") {
  Tensor x(Floats{0, -0.0f, 1, kNaN, kNaN, -0.0f, 0});
  for (DType dtype : {float16, bfloat16}) {
    Tensors found = raw<"Unique">.outputs({cast(x, dtype)});
    CHECK(found[0].shape() == Shape{5});
    CHECK(numbers(found[1]) == Numbers{0, 1, 2, 3, 4, 1, 0});
  }
  for (DType dtype : {float32, float64}) {
    Tensors found = raw<"Unique">.outputs({cast(x, dtype)});
    CHECK(found[0].shape() == Shape{4});
    CHECK(numbers(found[1]) == Numbers{0, 0, 1, 2, 3, 0, 0});
  }
}

TEST_CASE("A product's gradient needs neither rank nor axes before it runs") {
  auto gradient = function(
      [](const Tensor& x, const Tensor& axes) {
        GradientTape tape;
        tape.watch(x);
        return tape.gradient(raw<"Prod">(x, axes), x);
      },
      {.input_signature = {TensorSpec(Shape::unknown(), float32),
                           TensorSpec(Shape::unknown(), int32)}});
  Tensor x(Floats{1, 2, 3, 4, 0, 6, 2, 2, 2, 0, 0, 3}, {2, 2, 3});
  CHECK(floats(gradient(x, constant({0, 2}))) ==
        Floats{48, 24, 16, 0, 0, 0, 24, 24, 24, 0, 0, 0});
  const Floats by_rows = {4, 0, 6, 1, 2, 3, 0, 0, 3, 2, 2, 2};
  CHECK(floats(gradient(x, constant({1}))) == by_rows);
  CHECK(floats(gradient(x, constant(1))) == by_rows);
  CHECK(floats(gradient(x, constant({-1}))) ==
        Floats{6, 3, 2, 0, 24, 0, 4, 4, 4, 0, 0, 0});
  CHECK(floats(gradient(x, zeros({0}, int32))) == Floats(12, 1));
  CHECK(floats(gradient(Tensor(3.0f), zeros({0}, int32))) == Floats{1});
  CHECK(gradient(zeros({0, 3}), constant({0})).shape() == Shape{0, 3});
}

TEST_CASE("A label repeated in an operand of einsum takes the diagonal") {
  Tensor x = counted({3, 3}), cube = counted({3, 3, 3}) - 1.0f;
  CHECK(floats(einsum("ii->i", {x})) == Floats{1, 5, 9});
  CHECK(floats(einsum("ii", {x})) == Floats{15});
  CHECK(floats(einsum("iij->ji", {cube})) ==
        Floats{0, 12, 24, 1, 13, 25, 2, 14, 26});
  CHECK(floats(einsum("iii->i", {cube})) == Floats{0, 13, 26});
  CHECK(floats(einsum("i...i->...", {cube})) == Floats{30, 39, 48});
  CHECK(floats(einsum("...ii->...i", {cube})) ==
        Floats{0, 4, 8, 9, 13, 17, 18, 22, 26});
  CHECK(floats(einsum("ii,ij->j", {x, x})) == Floats{84, 99, 114});
  CHECK_THROWS_WITH(einsum("ii->i", {counted({2, 3})}),
                    Contains("Expected dimension 2 at axis 1 of the input "
                             "shaped [2,3] but got dimension 3"));
  CHECK_THROWS_WITH(
      einsum("i->ii", {x[0]}),
      Contains("Output subscripts contain a label appearing more than once"));

  auto gradient = function(
      [](const Tensor& a) {
        GradientTape tape;
        tape.watch(a);
        return tape.gradient(einsum("ii,ij->j", {a, a}), a);
      },
      {.input_signature = {TensorSpec(Shape{-1, -1}, float32)}});
  // Twice on the diagonal: as factor of a row, and as element of one.
  CHECK(floats(gradient(x)) == Floats{7, 1, 1, 5, 20, 5, 9, 9, 33});
}

TEST_CASE("Subnormal numbers count as 0 in logarithms") {
  for (int size : {1, 19}) {
    Tensor tiny = fill({size}, 1e-40f);
    CHECK(floats(log(tiny)) == Floats(static_cast<std::size_t>(size), -kInf));
    CHECK(floats(math::xlogy(2.0f, tiny)) ==
          Floats(static_cast<std::size_t>(size), -kInf));
  }
}

TEST_CASE("What lies above the range of uint64 casts to its middle") {
  for (DType dtype : {float32, float64, bfloat16}) {
    Tensor x = cast(Tensor(Floats{kInf, 3e19f, kNaN, -1, 1e19f}), dtype);
    Tensor integers = cast(x, uint64);
    auto found = integers.values<std::uint64_t>();
    for (std::size_t i : {0u, 1u, 2u}) CHECK(found[i] == 1ull << 63);
    CHECK(found[3] == ~0ull);
    CHECK(static_cast<float>(found[4]) == floats(x)[4]);
  }
}

TEST_CASE("The mean of nothing is 0 for complex numbers, NaN for real ones") {
  using Complex = std::complex<float>;
  Tensor mean = reduce_mean(zeros({2, 0}, complex64), {.axis = 1});
  CHECK(mean.values<Complex>()[1] == Complex(0));
  CHECK(std::isnan(floats(reduce_mean(zeros({2, 0}), {.axis = 1}))[1]));
}

TEST_CASE("Scatters keep a number against NaN, segments take what comes") {
  Tensor data(Floats{5, kNaN, 3, 1, kNaN});
  Tensor segments = constant({0, 0, 0, 1, 1});
  Floats largest = floats(raw<"UnsortedSegmentMax">(data, segments, 2));
  Floats smallest = floats(raw<"UnsortedSegmentMin">(data, segments, 2));
  CHECK(largest[0] == 3);
  CHECK(smallest[0] == 3);
  CHECK(std::isnan(largest[1]));
  CHECK(std::isnan(smallest[1]));

  CHECK(floats(raw<"SegmentMax">(data, segments))[0] == 3);
  CHECK(std::isnan(floats(raw<"SegmentMin">(data, segments))[1]));

  Tensor there(Floats{4, kNaN});
  Tensor at = reshape(segments, {5, 1});
  largest = floats(raw<"TensorScatterMax">(there, at, data));
  smallest = floats(raw<"TensorScatterMin">(there, at, data));
  CHECK(largest[0] == 5);
  CHECK(smallest[0] == 3);
  CHECK(std::isnan(largest[1]));
  CHECK(std::isnan(smallest[1]));
}

TEST_CASE("The gradient of multiply_no_nan is not conjugated") {
  using Complex = std::complex<float>;
  Tensor x = complex(constant(0.5), constant(0.2));
  Tensor y = complex(constant(0.8), constant(-0.2));
  GradientTape tape;
  tape.watch(x);
  Tensor weight = complex(constant(0.3), constant(0.1));
  Tensors dx = tape.gradient({math::multiply_no_nan(x, y)},
                             Tensors{x},
                             {.output_gradients = {weight}});
  CHECK(std::abs(dx[0].item<Complex>() - Complex(0.26f, 0.02f)) < 1e-6f);
}

TEST_CASE("The sign of a complex number differentiates, with 0 at 0") {
  using Complex = std::complex<float>;
  Tensor z = complex(constant({0.0, 1.0}), constant({0.0, 1.0}));
  GradientTape tape;
  tape.watch(z);
  Tensor dz = tape.gradient(sign(z), z);
  CHECK(std::abs(dz.values<Complex>()[0]) == 0);
  CHECK(std::abs(dz.values<Complex>()[1] - Complex(0.35355338f, -0.35355338f)) <
        1e-6f);
}

}  // namespace
}  // namespace tern
