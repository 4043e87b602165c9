#include <catch2/catch.hpp>

#include "keras/vectors.h"

namespace tern::keras {

TEST_CASE("Optimizers take the steps that Keras 3's and Keras 2's take") {
  int checked = check_cases("optimizer_");
  if (shared_folder()) CHECK(checked >= 30);
}

TEST_CASE("Learning-rate schedules give Keras' rates") {
  int checked = check_cases("schedule_");
  if (shared_folder()) CHECK(checked >= 6);
}

}  // namespace tern::keras
