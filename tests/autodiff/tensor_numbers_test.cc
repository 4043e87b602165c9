#include "autodiff/tensor_numbers.h"

#include <catch2/catch.hpp>

namespace tern {

TEST_CASE("Tensors are numbered in the order they are met") {
  TensorNumbers numbers;
  CHECK(numbers.find(7) == TensorNumbers::kUnknown);
  CHECK(numbers.number_of(7) == 0);
  CHECK(numbers.number_of(3) == 1);
  CHECK(numbers.number_of(7) == 0);
  CHECK(numbers.find(3) == 1);
  CHECK(numbers.size() == 2);
}

TEST_CASE("Numbers of tensors stay while their table grows") {
  TensorNumbers numbers;
  // Ids of several threads: runs of consecutive ones, 1024 apart.
  auto id = [](int i) {
    return static_cast<std::uint64_t>(1024 * (1 + i % 4) + i / 4);
  };
  for (int i = 0; i < 1000; ++i) REQUIRE(numbers.number_of(id(i)) == i);
  for (int i = 0; i < 1000; ++i) REQUIRE(numbers.find(id(i)) == i);
  CHECK(numbers.find(0) == TensorNumbers::kUnknown);
  numbers.clear();
  CHECK(numbers.size() == 0);
  CHECK(numbers.find(id(1)) == TensorNumbers::kUnknown);
}

}  // namespace tern
