#include <catch2/catch.hpp>

#include "keras/vectors.h"

namespace tern::keras {

TEST_CASE("Losses and their gradients equal Keras'") {
  int checked = check_cases("loss_");
  if (shared_folder()) CHECK(checked >= 13);
}

}  // namespace tern::keras
