#include <catch2/catch.hpp>

#include "keras/vectors.h"

namespace tern::keras {

TEST_CASE("Metrics equal Keras' after each update and after a reset") {
  int checked = check_cases("metric_");
  if (shared_folder()) CHECK(checked >= 20);
}

}  // namespace tern::keras
