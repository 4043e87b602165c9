#include <catch2/catch.hpp>
#include <cmath>
#include <complex>
#include <vector>

#include "ops/apply.h"
#include "tern/core/error.h"
#include "tern/core/parallel.h"
#include "tern/ops/linalg.h"

namespace tern {
namespace {

using Floats = std::vector<float>;

/// Values in [-1, 1] that repeat in no small period.
Tensor pattern(const Shape& shape, float phase) {
  Floats values(static_cast<std::size_t>(shape.num_elements()));
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = std::sin(static_cast<float>(i) * 0.7f + phase);
  return Tensor(values, shape);
}

/// The product by its definition, in double.
std::vector<double> product(const Tensor& a,
                            const Tensor& b,
                            bool flip_a,
                            bool flip_b) {
  std::int64_t m = a.shape()[flip_a ? 1 : 0], k = a.shape()[flip_a ? 0 : 1];
  std::int64_t n = b.shape()[flip_b ? 0 : 1];
  const float* x = a.data<float>();
  const float* y = b.data<float>();
  std::vector<double> result;
  for (std::int64_t i = 0; i < m; ++i)
    for (std::int64_t j = 0; j < n; ++j) {
      double sum = 0;
      for (std::int64_t l = 0; l < k; ++l)
        sum += static_cast<double>(x[flip_a ? l * m + i : i * k + l]) *
               y[flip_b ? j * k + l : l * n + j];
      result.push_back(sum);
    }
  return result;
}

TEST_CASE("A matrix product is the same whether operands are stored flipped") {
  struct {
    std::int64_t m, n, k;
  } sizes[] = {{1, 1, 1},
               {1, 7, 300},
               {5, 1, 64},
               {65, 1, 1},
               {33, 17, 29},
               {128, 10, 9},
               {13, 95, 40},
               {3, 70, 1100},  // sums in parts
               {200, 31, 520},
               {260, 300, 130}};
  for (auto [m, n, k] : sizes)
    for (bool flip_a : {false, true})
      for (bool flip_b : {false, true}) {
        Tensor a = pattern(flip_a ? Shape{k, m} : Shape{m, k}, 0);
        Tensor b = pattern(flip_b ? Shape{n, k} : Shape{k, n}, 1);
        Tensor c = matmul(a, b, {.transpose_a = flip_a, .transpose_b = flip_b});
        REQUIRE(c.shape() == Shape{m, n});
        std::vector<double> expected = product(a, b, flip_a, flip_b);
        double worst = 0;
        for (std::size_t i = 0; i < expected.size(); ++i)
          worst = std::max(worst, std::abs(c.values<float>()[i] - expected[i]));
        CHECK(worst < 1e-5 * static_cast<double>(k));
      }
}

TEST_CASE("A product has the same bits for any number of threads") {
  Tensor a = pattern({300, 700}, 0), b = pattern({700, 520}, 2);
  int threads = num_threads();
  set_num_threads(1);
  Tensor alone = matmul(a, b);
  set_num_threads(4);
  Tensor together = matmul(a, b);
  set_num_threads(threads);
  auto x = alone.values<float>(), y = together.values<float>();
  CHECK(std::equal(x.begin(), x.end(), y.begin()));
}

TEST_CASE("A product has the same bits at any address") {
  constexpr int kCopies = 9;
  auto repeated = [](const Tensor& matrix) {
    return raw<"Tile">(raw<"ExpandDims">(matrix, Tensor(0)),
                       Tensor(std::vector<int>{kCopies, 1, 1}));
  };
  for (int m = 1; m < 8; ++m)
    for (int k = 1; k < 8; k += 2)
      for (int n = 1; n < 8; ++n) {
        Tensor products = raw<"BatchMatMulV2">(repeated(pattern({m, k}, 1)),
                                               repeated(pattern({k, n}, 2)));
        const float* first = products.data<float>();
        INFO(m << ", " << k << ", " << n);
        for (int copy = 1; copy < kCopies; ++copy)
          CHECK(std::equal(first, first + m * n, first + copy * m * n));
      }
}

TEST_CASE("Leading dimensions of a batched product broadcast") {
  Tensor a(Floats{1, 2, 3, 4}, {2, 1, 1, 2});
  Tensor b(Floats{1, 10, 100, 1000, 2, 20}, {3, 2, 1});
  Tensor c = matmul(a, b);
  CHECK(c.shape() == Shape{2, 3, 1, 1});
  Floats expected = {21, 2100, 42, 43, 4300, 86};
  CHECK(
      std::equal(expected.begin(), expected.end(), c.values<float>().begin()));
}

TEST_CASE("An empty inner dimension gives zeros") {
  Tensor c = matmul(Tensor(Floats{}, {2, 0}), Tensor(Floats{}, {0, 3}));
  CHECK(c.shape() == Shape{2, 3});
  for (float value : c.values<float>()) CHECK(value == 0);
}

TEST_CASE("Integer products wrap around") {
  Tensor a(std::vector<std::int32_t>{1 << 30, 1 << 30}, {1, 2});
  Tensor b(std::vector<std::int32_t>{2, 2}, {2, 1});
  CHECK(matmul(a, b).item<int>() == 0);
}

TEST_CASE("Shapes that do not fit are refused in TensorFlow's words") {
  Tensor a = pattern({2, 3}, 0);
  CHECK_THROWS_WITH(
      matmul(a, pattern({4, 2}, 0)),
      Catch::Contains("Matrix size-incompatible: In[0]: [2,3], In[1]: [4,2]"));
  CHECK_THROWS_WITH(raw<"MatMul">(pattern({2, 3, 1}, 0), pattern({4, 2}, 0)),
                    Catch::Contains("In[0] and In[1] has different ndims"));
  CHECK_THROWS_WITH(
      matmul(pattern({2, 2, 3}, 0), pattern({3, 3, 2}, 0)),
      Catch::Contains("must have compatible batch dimensions: [2,2,3] vs. "));
}

TEST_CASE("tensordot contracts the last dimensions with the first") {
  Tensor x = pattern({2, 3, 4}, 0), w = pattern({4, 5}, 1);
  Tensor y = tensordot(x, w, 1);
  CHECK(y.shape() == Shape{2, 3, 5});
  std::vector<double> expected = product(x.with_shape({6, 4}), w, false, false);
  for (std::size_t i = 0; i < expected.size(); ++i)
    CHECK(y.values<float>()[i] == Approx(expected[i]).margin(1e-6));

  Tensor outer = tensordot(Tensor(Floats{1, 2}), Tensor(Floats{3, 4, 5}), 0);
  CHECK(outer.shape() == Shape{2, 3});
  CHECK(outer.values<float>()[5] == 10);
}

TEST_CASE("tensordot contracts any pairs of dimensions") {
  Tensor x = pattern({2, 3, 4}, 0), w = pattern({4, 5, 2}, 1);
  Tensor y = tensordot(x, w, {0, 2}, {2, 0});
  REQUIRE(y.shape() == Shape{3, 5});
  const float* a = x.data<float>();
  const float* b = w.data<float>();
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 5; ++j) {
      double sum = 0;
      for (int p = 0; p < 2; ++p)
        for (int q = 0; q < 4; ++q)
          sum += a[(p * 3 + i) * 4 + q] * b[(q * 5 + j) * 2 + p];
      CHECK(y.values<float>()[static_cast<std::size_t>(i * 5 + j)] ==
            Approx(sum).margin(1e-6));
    }
}

/// All values of a function of indices, row-major.
template <class F>
void check_values(const Tensor& y, F expected) {
  for (std::size_t i = 0; i < y.values<float>().size(); ++i)
    CHECK(y.values<float>()[i] ==
          Approx(expected(static_cast<int>(i))).margin(1e-5));
}

TEST_CASE("einsum multiplies, sums, transposes and broadcasts by names") {
  Tensor x = pattern({2, 3, 4}, 0), w = pattern({2, 4, 5}, 1);
  const float* a = x.data<float>();
  const float* b = w.data<float>();

  Tensor batched = einsum("bij,bjk->bki", {x, w});
  REQUIRE(batched.shape() == Shape{2, 5, 3});
  check_values(batched, [&](int n) {
    int i = n % 3, k = n / 3 % 5, batch = n / 15;
    double sum = 0;
    for (int j = 0; j < 4; ++j)
      sum += a[(batch * 3 + i) * 4 + j] * b[(batch * 4 + j) * 5 + k];
    return sum;
  });

  Tensor rows = einsum("bij->i", {x});
  REQUIRE(rows.shape() == Shape{3});
  check_values(rows, [&](int i) {
    double sum = 0;
    for (int batch = 0; batch < 2; ++batch)
      for (int j = 0; j < 4; ++j) sum += a[(batch * 3 + i) * 4 + j];
    return sum;
  });

  Tensor shared = pattern({4, 5}, 2);
  const float* c = shared.data<float>();
  Tensor leading = einsum("...j,jk->...k", {x, shared});
  REQUIRE(leading.shape() == Shape{2, 3, 5});
  check_values(leading, [&](int n) {
    double sum = 0;
    for (int j = 0; j < 4; ++j) sum += a[n / 5 * 4 + j] * c[j * 5 + n % 5];
    return sum;
  });

  Tensor outer = einsum("i,j", {Tensor(Floats{1, 2}), Tensor(Floats{3, 4, 5})});
  REQUIRE(outer.shape() == Shape{2, 3});
  CHECK(outer.values<float>()[5] == 10);
  Tensor chain = einsum("i,ij,j->",
                        {Tensor(Floats{1, 2}),
                         Tensor(Floats{1, 2, 3, 4}, {2, 2}),
                         Tensor(Floats{5, 6})});
  CHECK(chain.item<float>() == 1 * 5 + 2 * 6 + 2 * (3 * 5 + 4 * 6));
}

TEST_CASE("An equation that does not fit is refused") {
  Tensor x = pattern({2, 3}, 0);
  CHECK_THROWS_AS(einsum("ijk->i", {x}), InvalidArgumentError);
  CHECK_THROWS_AS(einsum("ij->k", {x}), InvalidArgumentError);
  CHECK_THROWS_AS(einsum("ij,jk->ik", {x}), InvalidArgumentError);
  CHECK_THROWS_AS(einsum("i+j", {x}), InvalidArgumentError);
  CHECK_THROWS_AS(einsum("ii->i", {x}), InvalidArgumentError);
}

}  // namespace
}  // namespace tern
