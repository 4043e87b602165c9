// Expected values: the documents' (S2:4112 to 4909), formulas and hand counts.
#include "tern/ops/linalg.h"

#include <catch2/catch.hpp>
#include <limits>

#include "tern/autodiff/gradient_tape.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"

using namespace tern;

namespace {

double largest_difference(const Tensor& a, const Tensor& b) {
  return reduce_max(cast(abs(a - b), float64)).item<double>();
}

const double kInfinity = std::numeric_limits<double>::infinity();

}  // namespace

TEST_CASE("linalg::diag makes matrices of any dtype, square or not") {
  CHECK(reduce_all(linalg::diag({1, 2, 3}) ==
                   Tensor({{1, 0, 0}, {0, 2, 0}, {0, 0, 3}}))
            .item<bool>());
  CHECK(linalg::diag({1, 2, 3}).dtype() == int32);
  CHECK(reduce_all(linalg::diag({1, 2}, {.k = 1, .padding_value = 9}) ==
                   Tensor({{9, 1, 9}, {9, 9, 2}, {9, 9, 9}}))
            .item<bool>());
  // Two diagonals; the one below the main one is packed to the left.
  CHECK(reduce_all(linalg::diag({{1, 2, 3}, {4, 5, 0}}, {.k = {-1, 0}}) ==
                   Tensor({{1, 0, 0}, {4, 2, 0}, {0, 5, 3}}))
            .item<bool>());
}

TEST_CASE("diag_part, set_diag and band_part see bands of a matrix") {
  Tensor m = {{1, 2, 3}, {4, 5, 6}};
  CHECK(reduce_all(linalg::diag_part(m) == Tensor({1, 5})).item<bool>());
  CHECK(reduce_all(linalg::diag_part(m, {.k = {0, 1}}) ==
                   Tensor({{2, 6}, {1, 5}}))
            .item<bool>());
  CHECK(reduce_all(linalg::set_diag(m, {7, 8}, {.k = 1}) ==
                   Tensor({{1, 7, 3}, {4, 5, 8}}))
            .item<bool>());
  CHECK(reduce_all(linalg::band_part(m, 0, 1) == Tensor({{1, 2, 0}, {0, 5, 6}}))
            .item<bool>());
  CHECK(linalg::trace(Tensor({{1, 2}, {3, 4}})).item<int>() == 5);
}

TEST_CASE("Inverse, determinant and norm of the documents' matrix") {
  Tensor m = {{1.0, 2.0}, {3.0, 4.0}};
  CHECK(largest_difference(linalg::inv(m), {{-2.0, 1.0}, {1.5, -0.5}}) < 1e-6);
  CHECK(linalg::det(m).item<float>() == Approx(-2));
  CHECK(linalg::norm(m).item<float>() == Approx(5.477226));
  auto [sign, log_abs] = linalg::slogdet(m);
  CHECK(sign.item<float>() == -1);
  CHECK(log_abs.item<float>() == Approx(std::log(2.0)));
  CHECK_THROWS_AS(linalg::inv({{1.0, 2.0}, {2.0, 4.0}}), InvalidArgumentError);
  CHECK_THROWS_AS(linalg::det({{1.0, 2.0, 3.0}}), InvalidArgumentError);
}

TEST_CASE("Norms of vectors and matrices by their definitions") {
  Tensor m = {{3.0, -4.0}, {0.0, 1.0}};
  CHECK(linalg::norm(m, {.ord = 1}).item<float>() == 8);
  CHECK(linalg::norm(m, {.ord = kInfinity}).item<float>() == 4);
  CHECK(largest_difference(linalg::norm(m, {.axis = 1}), {5.0, 1.0}) < 1e-6);
  CHECK(linalg::norm(m, {.axis = 1, .keepdims = true}).shape() == Shape{2, 1});
  // Induced: the largest sums of a column, of a row, the largest singular value
  // (of [[3, 0], [0, 2]] it is 3).
  CHECK(linalg::norm(m, {.ord = 1, .axis = {0, 1}}).item<float>() == 5);
  CHECK(linalg::norm(m, {.ord = kInfinity, .axis = {0, 1}}).item<float>() == 7);
  CHECK(linalg::norm({{3.0, 0.0}, {0.0, 2.0}}, {.ord = 2, .axis = {-2, -1}})
            .item<float>() == Approx(3));
  CHECK(linalg::norm(m, {.ord = 3}).item<float>() ==
        Approx(std::cbrt(27.0 + 64 + 1)));
  CHECK_THROWS_AS(linalg::norm(m, {.ord = "nuclear"}), InvalidArgumentError);
}

TEST_CASE("Q R and U S Vᴴ are the matrix again, high, wide and in batches") {
  for (const Shape& shape : {Shape{3, 2}, Shape{2, 3}, Shape{2, 4, 4}}) {
    Tensor a =
        cos(reshape(range(0, shape.num_elements(), {.dtype = float64}), shape));
    auto [q, r] = linalg::qr(a);
    CHECK(largest_difference(matmul(q, r), a) < 1e-12);
    auto [s, u, v] = linalg::svd(a);
    CHECK(largest_difference(
              matmul(matmul(u, linalg::diag(s)), linalg::adjoint(v)), a) <
          1e-12);
    Tensor full = linalg::svd(a, {.full_matrices = true}).v;
    Tensor identity = matmul(linalg::adjoint(full), full);
    CHECK(full.shape()[-2] == shape[-1]);
    CHECK(largest_difference(
              identity, eye(static_cast<int>(shape[-1]), -1, float64)) < 1e-12);
  }
  // The signs of R's diagonal are those of Householder's reflections.
  auto [q, r] = linalg::qr({{1.0, 2.0}, {3.0, 4.0}});
  CHECK(largest_difference(r, {{-3.1622777, -4.4271884}, {0.0, -0.6324555}}) <
        1e-6);
  CHECK(largest_difference(linalg::svd({{1.0, 2.0}, {3.0, 4.0}, {5.0, 6.0}}).s,
                           {9.52551842, 0.51429987}) < 1e-5);
}

TEST_CASE("Eigenvalues of the documents' matrix, and of a symmetric one") {
  Tensor e = linalg::eigvals({{1.0, 2.0}, {-5.0, 4.0}});
  CHECK(e.dtype() == complex64);
  Tensor i = complex(zeros({}), ones({}));
  CHECK(largest_difference(e[0], 2.5 + 2.7838817 * i) < 1e-5);
  CHECK(largest_difference(e[1], 2.5 - 2.7838817 * i) < 1e-5);

  Tensor a = {{2.0, 1.0}, {1.0, 2.0}};
  auto [values, vectors] = linalg::eigh(a);
  CHECK(largest_difference(values, {1.0, 3.0}) < 1e-6);
  CHECK(largest_difference(matmul(a, vectors), vectors * values) < 1e-6);
}

TEST_CASE("The gradient of eigenvalues and eigenvectors of any matrix") {
  Tensor a =
      constant({{2.0, 1.0, 0.5}, {-1.0, 3.0, 0.2}, {0.3, 0.4, -1.0}}, float64);
  // The sum of the eigenvalues' squares is the trace of A².
  GradientTape tape({.persistent = true});
  tape.watch(a);
  Tensor e = linalg::eigvals(a);
  Tensor squares = math::real(reduce_sum(e * e));
  CHECK(largest_difference(tape.gradient(squares, a),
                           2.0 * linalg::matrix_transpose(a)) < 1e-10);
  // |v[0, 0]|² of unit vectors does not depend on their phases.
  auto first = [](const Tensor& x) {
    Tensor v = linalg::eig(x).v[{0, 0}];
    return math::real(v * math::conj(v));
  };
  Tensor y = first(a);
  Tensor gradient = tape.gradient(y, a);
  const double step = 1e-6;
  for (int row : {0, 1, 2})
    for (int column : {0, 1, 2}) {
      Tensor nudge = step * one_hot({row * 3 + column}, 9, {.dtype = float64});
      nudge = reshape(nudge, {3, 3});
      Tensor slope = (first(a + nudge) - first(a - nudge)) / (2 * step);
      CHECK(gradient[{row, column}].item<double>() ==
            Approx(slope.item<double>()).margin(1e-7));
    }
}

TEST_CASE("Where singular values coincide, their own gradient is still right") {
  // The sum of singular values of the identity grows with its trace.
  Tensor a = eye(3, 3, float64);
  GradientTape tape;
  tape.watch(a);
  Tensor sum = reduce_sum(linalg::svd(a, {.compute_uv = false}).s);
  CHECK(largest_difference(tape.gradient(sum, a), eye(3, 3, float64)) < 1e-12);
}

TEST_CASE("A matrix with NaN has NaN for singular values, no eigenvalues") {
  Tensor a = {{std::nan(""), 1.0}, {2.0, 3.0}};
  CHECK(reduce_all(math::is_nan(linalg::svd(a).s)).item<bool>());
  CHECK_THROWS_AS(linalg::eigvals(a), InvalidArgumentError);
}

TEST_CASE("Zeros on a triangle's diagonal, and what is not positive definite") {
  // As TensorFlow: no errors.
  Tensor x = linalg::triangular_solve({{0.0, 0.0}, {1.0, 1.0}}, {{1.0}, {1.0}});
  CHECK(x[{0, 0}].item<float>() == kInfinity);
  CHECK(x[{1, 0}].item<float>() == -kInfinity);
  Tensor lower = linalg::cholesky({{1.0, 2.0}, {2.0, 1.0}});
  CHECK(std::isnan(lower[{0, 0}].item<float>()));
  CHECK(lower[{0, 1}].item<float>() == 0);
}
