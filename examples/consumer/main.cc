// Fits a line through four points by gradient descent.
#include <cmath>
#include <iostream>

#include "tern/tern.h"

using namespace tern;

int main() {
  Tensor x = {0.0, 1.0, 2.0, 3.0};
  Tensor y = {1.0, 3.0, 5.0, 7.0};  // y = 2x + 1
  Variable slope(0.0), intercept(0.0);

  for (int step = 0; step < 500; ++step) {
    GradientTape tape;
    Tensor loss = reduce_mean(square(slope * x + intercept - y));
    auto [dslope, dintercept] = tape.gradient(loss, slope, intercept);
    slope.assign_sub(0.1 * dslope);
    intercept.assign_sub(0.1 * dintercept);
  }

  double a = slope.read().item<float>(), b = intercept.read().item<float>();
  std::cout << "y = " << a << " x + " << b << "\n";
  return std::abs(a - 2) < 1e-3 && std::abs(b - 1) < 1e-3 ? 0 : 1;
}
