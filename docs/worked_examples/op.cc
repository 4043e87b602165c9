// Runs against Tern with op.patch applied.
#include <cmath>

#include "tern/tern.h"

using namespace tern;

int main() {
  Tensor x = constant(0.75, float64);
  GradientTape outer;
  outer.watch(x);
  GradientTape inner;
  inner.watch(x);
  Tensor y = sinh(x);
  Tensor dy = inner.gradient(y, x);
  Tensor ddy = outer.gradient(dy, x);
  auto near = [](const Tensor& got, double want) {
    return std::abs(got.item<double>() - want) < 1e-12;
  };
  bool right = near(y, std::sinh(0.75)) && near(dy, std::cosh(0.75)) &&
               near(ddy, std::sinh(0.75));
  return right ? 0 : 1;
}
