// Values from tables and formulas (NIST Handbook of Mathematical Functions).
#include "tern/ops/special_functions.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <numbers>

#include "tern/autodiff/gradient_tape.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"
#include "tern/ops/bitwise.h"
#include "tern/ops/debugging.h"
#include "tern/ops/linalg.h"
#include "tern/ops/math.h"
#include "tern/ops/search.h"

namespace tern {
namespace {

double at(Tensor (*f)(const Tensor&), double x) {
  return f(constant(x, float64)).item<double>();
}
double at(Tensor (*f)(const Tensor&, const Tensor&), double a, double x) {
  return f(constant(a, float64), constant(x, float64)).item<double>();
}
Approx close(double x) { return Approx(x).epsilon(1e-13).margin(1e-15); }

}  // namespace

TEST_CASE("The gamma function's logarithm and its derivatives") {
  CHECK(at(math::lgamma, 0.5) == close(std::log(std::sqrt(std::numbers::pi))));
  CHECK(at(math::digamma, 1) == close(-std::numbers::egamma));
  CHECK(at(math::digamma, -0.5) ==
        close(2 - std::numbers::egamma - 2 * std::log(2.0)));
  CHECK(std::isnan(at(math::digamma, -1)));
  CHECK(at(math::polygamma, 1, 1) ==
        close(std::numbers::pi * std::numbers::pi / 6));
  CHECK(std::isnan(at(math::polygamma, 0.5, 1)));
}

TEST_CASE("Incomplete gamma and beta functions at formulas' places") {
  // P(1, x) = 1 - exp(-x), Q(2, x) = (1 + x) exp(-x)
  CHECK(at(math::igamma, 1, 0.3) == close(-std::expm1(-0.3)));
  CHECK(at(math::igamma, 1, 30) == close(-std::expm1(-30.0)));
  CHECK(at(math::igammac, 2, 5) == close(6 * std::exp(-5.0)));
  CHECK(at(math::igamma, 3, 0) == 0);
  CHECK(std::isnan(at(math::igamma, -1, 1)));
  auto beta = [](double a, double b, double x) {
    return math::betainc(
               constant(a, float64), constant(b, float64), constant(x, float64))
        .item<double>();
  };
  CHECK(beta(2, 1, 0.3) == close(0.09));
  CHECK(beta(1, 3, 0.2) == close(1 - 0.512));
  CHECK(beta(5, 5, 0.5) == close(0.5));
  CHECK(std::isnan(beta(1, 1, 1.5)));
}

TEST_CASE("erfinv and ndtri undo erf and the normal distribution") {
  for (double x : {-3.0, -0.4, 0.0, 1e-9, 0.3, 2.0, 4.0})
    CHECK(at(math::erfinv, std::erf(x)) == Approx(x).epsilon(1e-8));
  CHECK(at(math::ndtri, 0.975) == close(1.959963984540054));
  CHECK(at(math::ndtri, 1e-300) == Approx(-37.0471).epsilon(1e-5));
  CHECK(at(math::erfinv, 1) == std::numeric_limits<double>::infinity());
}

TEST_CASE("Bessel functions satisfy their Wronskians") {
  using namespace math::special;
  for (double x : {0.1, 1.0, 2.0, 2.1, 6.0, 19.9, 20.1, 60.0}) {
    // I0 K1 + I1 K0 = 1/x; J1 Y0 - J0 Y1 = 2/(pi x)
    CHECK(at(bessel_i0e, x) * at(bessel_k1e, x) +
              at(bessel_i1e, x) * at(bessel_k0e, x) ==
          close(1 / x));
    CHECK(at(bessel_j1, x) * at(bessel_y0, x) -
              at(bessel_j0, x) * at(bessel_y1, x) ==
          Approx(2 / (std::numbers::pi * x)).epsilon(1e-11));
  }
  CHECK(at(bessel_i1, -1) == close(-0.565159103992485));
  CHECK(std::isinf(at(bessel_k0, 0)));
}

TEST_CASE("Dawson's, Fresnel's, exponential and dilogarithm integrals") {
  using namespace math::special;
  CHECK(at(dawsn, 1) == close(0.538079506912768));
  CHECK(at(dawsn, -0.2) == close(-0.194751033368028));
  CHECK(at(expint, 1) == close(1.895117816355937));
  CHECK(at(expint, 50) == close(1.058563689713169e20));
  CHECK(at(fresnel_cos, 1) == close(0.779893400376823));
  CHECK(at(fresnel_sin, 3) == close(0.496312998967375));
  CHECK(at(spence, 0) == close(std::numbers::pi * std::numbers::pi / 6));
  CHECK(at(spence, 2) == close(-std::numbers::pi * std::numbers::pi / 12));
}

TEST_CASE("Shifts stay within the width, and bits are read anew") {
  Tensor x = constant({-8, 7, 1});
  CHECK(reduce_all(bitwise::right_shift(x, constant({40, -1, 31})) ==
                   constant({-1, 7, 0}))
            .item<bool>());
  CHECK(bitcast(constant(1.0, float32), int32).item<std::int32_t>() ==
        0x3f800000);
  CHECK(bitcast(constant({1.0, 2.0}, float64), int32).shape() == Shape({2, 2}));
  CHECK_THROWS_WITH(bitcast(cast(constant({1, 2, 3}), int8), int32),
                    Catch::Contains("Cannot bitcast from 6 to 3"));
}

TEST_CASE("check_numerics names what it found") {
  Tensor bad = constant({1.0, 2.0}) / constant({0.0, 1.0});
  CHECK_THROWS_WITH(debugging::check_numerics(bad, "loss"),
                    Catch::Contains("loss : Tensor had Inf values"));
  CHECK(debugging::check_numerics(constant({1.0}), "x").item<float>() == 1);
}

TEST_CASE("searchsorted finds the first or the last place") {
  Tensor rows = Tensor{{1, 3, 3, 7}, {0, 1, 2, 3}};
  Tensor values = Tensor{{3, 8}, {-1, 2}};
  auto equals = [](const Tensor& x, const Tensor& y) {
    return reduce_all(x == y).item<bool>();
  };
  CHECK(equals(searchsorted(rows, values), {{1, 4}, {0, 2}}));
  CHECK(
      equals(searchsorted(rows, values, {.side = "right"}), {{3, 4}, {0, 3}}));
}

TEST_CASE("roll moves elements round, its gradient moves them back") {
  Tensor x = constant({1.0, 2.0, 3.0, 4.0, 5.0});
  GradientTape tape;
  tape.watch(x);
  Tensor y = roll(x, 2, 0);
  CHECK(reduce_all(y == constant({4.0, 5.0, 1.0, 2.0, 3.0})).item<bool>());
  Tensor dx = tape.gradient(y * constant({1.0, 0.0, 0.0, 0.0, 0.0}), x);
  CHECK(reduce_all(dx == constant({0.0, 0.0, 0.0, 1.0, 0.0})).item<bool>());
}

TEST_CASE("Matrices: solutions, factors and functions fit together") {
  Tensor a = constant({4.0, 1.0, 2.0, 3.0}, float64, {2, 2});
  auto near = [](const Tensor& x, const Tensor& y) {
    return reduce_max(abs(x - y)).item<double>() < 1e-12;
  };
  linalg::Lu lu = linalg::lu(a);
  CHECK(near(linalg::lu_reconstruct(lu.lu, lu.p), a));
  CHECK(near(matmul(a, linalg::lu_matrix_inverse(lu.lu, lu.p)),
             eye(2, 2, float64)));
  Tensor root = linalg::sqrtm(a);
  CHECK(near(matmul(root, root), a));
  Tensor complex_a = cast(a, complex128);
  CHECK(near(math::real(linalg::expm(linalg::logm(complex_a))), a));
  CHECK(near(linalg::pinv(a), linalg::inv(a)));
  CHECK(linalg::matrix_rank(constant({1.0, 2.0, 2.0, 4.0}, float32, {2, 2}))
            .item<std::int32_t>() == 1);
  Tensor tall = constant({1.0, 0.0, 0.0, 2.0, 1.0, 1.0}, float64, {3, 2});
  Tensor rhs = constant({1.0, 2.0, 3.0}, float64, {3, 1});
  CHECK(near(linalg::lstsq(tall, rhs), matmul(linalg::pinv(tall), rhs)));
  Tensor diagonals =
      constant({1.0, 1.0, 0.0, 4.0, 5.0, 6.0, 0.0, 2.0, 1.0}, float64, {3, 3});
  Tensor x = constant({1.0, -1.0, 2.0}, float64, {3, 1});
  CHECK(near(linalg::tridiagonal_solve(
                 diagonals, linalg::tridiagonal_matmul(diagonals, x)),
             x));
}

}  // namespace tern
