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

  std::cout << "y = " << slope << " x + " << intercept << "\n";
  bool right = std::abs(slope.read().item<float>() - 2) < 1e-3 &&
               std::abs(intercept.read().item<float>() - 1) < 1e-3;
  return right ? 0 : 1;
}
