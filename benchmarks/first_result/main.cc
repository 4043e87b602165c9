// A process that builds a small model, predicts once and ends.

#include <iostream>

#include "tern/tern.h"

using namespace tern;
using namespace tern::keras;

int main() {
  Sequential model(
      {layers::Dense(20, {.activation = "relu", .input_shape = {15}}),
       layers::Dense(10, {.activation = "relu"}),
       layers::Dense(1, {.activation = "sigmoid"})});
  std::cout << model(random::normal({1, 15}))[{0, 0}].item<float>() << "\n";
}
