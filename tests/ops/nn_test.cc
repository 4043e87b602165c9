#include "tern/ops/nn.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <vector>

#include "tern/core/error.h"

namespace tern {
namespace {

using Floats = std::vector<float>;
constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

Floats values_of(const Tensor& tensor) {
  return {tensor.values<float>().begin(), tensor.values<float>().end()};
}

TEST_CASE("Softmax of a row with infinity, NaN or only -infinity is NaN") {
  Tensor logits(Floats{0,
                       kInfinity,
                       1,
                       kNaN,
                       0,
                       1,
                       -kInfinity,
                       -kInfinity,
                       -kInfinity,
                       1000,
                       -kInfinity,
                       1000},
                {4, 3});
  Floats p = values_of(nn::softmax(logits));
  for (std::size_t i = 0; i < 9; ++i) CHECK(std::isnan(p[i]));
  CHECK(p[9] == 0.5f);
  CHECK(p[10] == 0);
  CHECK(p[11] == 0.5f);
  Floats log_p = values_of(nn::log_softmax(Tensor(Floats{-kInfinity, 0})));
  CHECK(log_p == Floats{-kInfinity, 0});
}

TEST_CASE("Softmax runs along any axis") {
  Tensor logits(Floats{0, 10, std::log(3.f), 10}, {2, 2});
  Floats p = values_of(nn::softmax(logits, {.axis = 0}));
  CHECK(p[0] == Approx(0.25));
  CHECK(p[1] == Approx(0.5));
  CHECK(p[2] == Approx(0.75));
}

TEST_CASE("Rows of a softmax sum to 1 whatever their length") {
  for (std::int64_t classes : {1, 3, 10, 1000, 5000}) {
    Floats logits(static_cast<std::size_t>(3 * classes));
    for (std::size_t i = 0; i < logits.size(); ++i)
      logits[i] = 5 * std::sin(static_cast<float>(i));
    Floats p = values_of(nn::softmax(Tensor(logits, {3, classes})));
    for (std::size_t row = 0; row < 3; ++row) {
      auto begin = p.begin() + static_cast<std::ptrdiff_t>(row) * classes;
      double sum = 0;
      for (auto it = begin; it != begin + classes; ++it) sum += *it;
      CHECK(sum == Approx(1).epsilon(1e-5));
    }
  }
}

TEST_CASE("Cross-entropy takes classes or probabilities, of any rank") {
  Tensor logits(Floats{0, 0, 0, 0, std::log(3.f), 0}, {1, 3, 2});
  Tensor classes(std::vector<std::int32_t>{0, 1, 0}, {1, 3});
  Tensor loss = nn::sparse_softmax_cross_entropy_with_logits(classes, logits);
  CHECK(loss.shape() == Shape{1, 3});
  double expected[] = {std::log(2.), std::log(2.), std::log(4. / 3)};
  Tensor one_hot(Floats{1, 0, 0, 1, 1, 0}, {1, 3, 2});
  Tensor dense = nn::softmax_cross_entropy_with_logits(one_hot, logits);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(values_of(loss)[i] == Approx(expected[i]));
    CHECK(values_of(dense)[i] == Approx(expected[i]));
  }
}

TEST_CASE("A label outside the classes is refused") {
  Tensor logits(Floats(6), {2, 3});
  CHECK_THROWS_WITH(
      nn::sparse_softmax_cross_entropy_with_logits(
          Tensor(std::vector<std::int64_t>{0, 3}), logits),
      Catch::Contains("Received a label value of 3 which is outside the valid "
                      "range of [0, 3).  Label values: 0 3"));
}

TEST_CASE("Biases belong to the last or to the second dimension") {
  Tensor value(Floats{1, 2, 3, 4}, {1, 2, 2});
  Tensor bias(Floats{10, 20});
  CHECK(values_of(nn::bias_add(value, bias)) == Floats{11, 22, 13, 24});
  CHECK(values_of(nn::bias_add(value, bias, {.data_format = "NCHW"})) ==
        Floats{11, 12, 23, 24});
  CHECK_THROWS_AS(nn::bias_add(value, Tensor(Floats{1})), InvalidArgumentError);
}

TEST_CASE("Batch norm centers each channel and reports unbiased variances") {
  Tensor x(Floats{1, 10, 3, 30, 5, 50, 7, 70}, {2, 2, 1, 2});
  auto [y, mean, variance] = nn::fused_batch_norm(
      x, Tensor(Floats{1, 2}), Tensor(Floats{0, 1}), {.epsilon = 0});
  CHECK(values_of(mean) == Floats{4, 40});
  CHECK(values_of(variance)[0] == Approx(20. / 3));
  CHECK(values_of(variance)[1] == Approx(2000. / 3));
  CHECK(values_of(y)[0] == Approx(-3 / std::sqrt(5.)));
  CHECK(values_of(y)[7] == Approx(1 + 2 * 3 / std::sqrt(5.)));
}

TEST_CASE("Activations follow TensorFlow at their kinks and for NaN") {
  Tensor x(Floats{-1, 0, 2, kNaN});
  auto check = [&](Tensor y, Floats expected) {
    Floats values = values_of(y);
    for (std::size_t i = 0; i < expected.size(); ++i)
      CHECK(values[i] == Approx(expected[i]));
    CHECK(std::isnan(values[3]));
  };
  check(nn::relu6(x), {0, 0, 2});
  check(nn::leaky_relu(x), {-0.2f, 0, 2});
  check(nn::elu(x), {-0.63212056f, 0, 2});
  check(nn::selu(x), {-1.1113307f, 0, 2.101402f});
  check(nn::softplus(x), {0.31326169f, 0.69314718f, 2.1269280f});
  check(nn::softsign(x), {-0.5f, 0, 2.f / 3});
}

}  // namespace
}  // namespace tern
