#include <catch2/catch.hpp>

#include "keras/vectors.h"

namespace tern::keras {

TEST_CASE("Layers compute what Keras' layers compute, and its gradients") {
  int checked = check_cases("layer_");
  if (shared_folder()) CHECK(checked >= 100);
}

}  // namespace tern::keras
