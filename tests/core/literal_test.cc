// Tensors from C++ values: shapes and dtypes of every brace form, and the
// digits that literals keep until they meet a dtype.

#include "tern/core/literal.h"

#include <catch2/catch.hpp>
#include <limits>

#include "tern/core/error.h"
#include "tern/core/tensor.h"

namespace tern {
namespace {

TEST_CASE("values of C++ become tensors of TensorFlow's default dtypes") {
  CHECK(Tensor(1.0).dtype() == float32);
  CHECK(Tensor(1.0f).dtype() == float32);
  CHECK(Tensor(2).dtype() == int32);
  CHECK(Tensor(2u).dtype() == int32);
  CHECK(Tensor(3000000000u).dtype() == int64);
  CHECK(Tensor(std::int64_t{2}).dtype() == int64);
  CHECK(Tensor(true).dtype() == bool_);
  CHECK(Tensor("x").dtype() == string);
  CHECK(Tensor(std::string_view("x")).bytes() == "x");
  CHECK(Tensor(std::uint64_t(-1)).dtype() == uint64);
  CHECK(Tensor(1.0).shape() == Shape{});
  Tensor two = 2;
  CHECK(two.shape() == Shape{});
  CHECK(two.item<int>() == 2);
}

TEST_CASE("braces make a dimension each") {
  CHECK(Tensor({1, 2, 3}).shape() == Shape{3});
  CHECK(Tensor{1, 2, 3}.shape() == Shape{3});
  Tensor assigned = {1, 2, 3};
  CHECK(assigned.shape() == Shape{3});
  CHECK(Tensor({1}).shape() == Shape{1});
  CHECK(Tensor{1}.shape() == Shape{1});
  CHECK(Tensor({{1}, {2}, {3}}).shape() == Shape{3, 1});
  CHECK(Tensor({{1.0}}).shape() == Shape{1, 1});
  Tensor nested = {{1.0}};
  CHECK(nested.shape() == Shape{1, 1});
  CHECK(Tensor({{{1.0}}}).shape() == Shape{1, 1, 1});
  Tensor deep = {{{{1.0}}}};
  CHECK(deep.shape() == Shape{1, 1, 1, 1});
  CHECK(Tensor({{1.0, 2}, {-3, 4.0}}).shape() == Shape{2, 2});
  CHECK(Tensor({{"a", "b"}}).shape() == Shape{1, 2});
  CHECK(Tensor({"a", "b"}).shape() == Shape{2});
  CHECK(Tensor({{"a", "b"}, {"c", "d"}}).dtype() == string);
}

TEST_CASE("one float among integers makes all of them floats") {
  Tensor mixed = {{1, 2.5}, {-3, 4}};
  CHECK(mixed.dtype() == float32);
  auto values = mixed.values<float>();
  CHECK(std::vector<float>(values.begin(), values.end()) ==
        std::vector<float>{1, 2.5, -3, 4});
  CHECK(Tensor({1, std::int64_t{1} << 40}).dtype() == int64);
  CHECK(Tensor({1, true}).values<int>()[1] == 1);
  CHECK_THROWS_AS(Tensor({true, 1}), InvalidArgumentError);
  CHECK_THROWS_AS(Tensor({1, "a"}), InvalidArgumentError);
  CHECK_THROWS_AS(Tensor({"a", 1.0}), InvalidArgumentError);
}

TEST_CASE("ragged braces are an error that shows both shapes") {
  using Catch::Matchers::Contains;
  CHECK_THROWS_WITH(
      Tensor({{1, 2}, {3}}),
      Contains("non-rectangular") && Contains("(1,)") && Contains("(2,)"));
  CHECK_THROWS_AS((Tensor{{{1}, {2}}, {{1, 2}}}), InvalidArgumentError);
}

TEST_CASE("literals keep their digits until they meet a dtype") {
  CHECK(Tensor(0.1).is_weak());
  CHECK(Tensor(0.1).as_dtype(float64).item<double>() == 0.1);
  CHECK(Tensor(0.1).item<float>() == 0.1f);
  CHECK_FALSE(Tensor(0.1).as_dtype(float64).is_weak());
  Tensor few = {0.1, 0.2};
  CHECK(few.as_dtype(float64).values<double>()[1] == 0.2);
  CHECK(few.values<float>()[1] == 0.2f);
  Tensor many = {{0.1, 0.2, 0.3}, {0.4, 0.5, 0.6}};
  Tensor wide = many.as_dtype(float64);
  CHECK(wide.shape() == Shape{2, 3});
  CHECK(wide.values<double>()[5] == 0.6);
  CHECK(many.as_dtype(float32).values<float>()[5] == 0.6f);
  CHECK(Tensor(16777217).as_dtype(float64).item<double>() == 16777217);
  CHECK(Tensor((std::int64_t{1} << 53) + 1)
            .as_dtype(int64)
            .item<std::int64_t>() == 9007199254740993);
}

TEST_CASE("a literal takes any dtype its value has a place in") {
  CHECK(Tensor(3).as_dtype(float32).item<float>() == 3);
  CHECK(Tensor(3).as_dtype(uint8).dtype() == uint8);
  CHECK(Tensor(255).as_dtype(uint8).item<int>() == 255);
  CHECK(Tensor(2.5).as_dtype(float16).item<float>() == 2.5f);
  CHECK(Tensor(2.5).as_dtype(bfloat16).item<float>() == 2.5f);
  CHECK(Tensor(2.5).as_dtype(complex64).item<std::complex<float>>() == 2.5f);
  CHECK(Tensor(3).as_dtype(complex128).item<std::complex<double>>() == 3.0);
  CHECK(Tensor(true).as_dtype(float32).item<float>() == 1);
  CHECK(Tensor(true).as_dtype(int64).item<int>() == 1);
  CHECK(Tensor(std::uint64_t(-1)).as_dtype(uint64).values<std::uint64_t>()[0] ==
        std::numeric_limits<std::uint64_t>::max());
  CHECK(Tensor(std::uint64_t(-1)).as_dtype(float64).item<double>() == 0x1p64);
}

TEST_CASE("a literal without a place in the dtype is an error in its words") {
  CHECK_THROWS_WITH(Tensor(1.5).as_dtype(int32),
                    "Cannot convert 1.5 to EagerTensor of dtype int32");
  CHECK_THROWS_WITH(Tensor(1.0).as_dtype(int64),
                    "Cannot convert 1.0 to EagerTensor of dtype int64");
  CHECK_THROWS_WITH(Tensor(1).as_dtype(bool_),
                    "Cannot convert 1 to EagerTensor of dtype bool");
  CHECK_THROWS_WITH(Tensor("a").as_dtype(float32),
                    "Cannot convert 'a' to EagerTensor of dtype float");
  CHECK_THROWS_WITH(Tensor(1.0).as_dtype(string),
                    "Cannot convert 1.0 to EagerTensor of dtype string");
  CHECK_THROWS_AS(Tensor(256).as_dtype(uint8), InvalidArgumentError);
  CHECK_THROWS_AS(Tensor(-1).as_dtype(uint32), InvalidArgumentError);
  CHECK_THROWS_AS(Tensor(-1).as_dtype(uint64), InvalidArgumentError);
  CHECK_THROWS_AS(Tensor(8).as_dtype(int4), InvalidArgumentError);
  CHECK(Tensor(-8).as_dtype(int4).item<int>() == -8);
  CHECK_THROWS_AS(Tensor(std::int64_t{1} << 31).as_dtype(int32),
                  InvalidArgumentError);
  CHECK_THROWS_AS(Tensor(std::uint64_t(-1)).as_dtype(int64),
                  InvalidArgumentError);
  CHECK_THROWS_AS(Tensor({0.5, 1}).as_dtype(int32), InvalidArgumentError);
}

TEST_CASE("vectors and spans have a firm dtype") {
  std::vector<double> values = {0.5, 1.5};
  Tensor tensor = values;
  CHECK(tensor.dtype() == float64);
  CHECK_FALSE(tensor.is_weak());
  CHECK(tensor.shape() == Shape{2});
  CHECK(Tensor(std::vector<int>{1, 2, 3, 4}, {2, 2}).shape() == Shape{2, 2});
  CHECK_THROWS_AS(Tensor(std::vector<int>{1, 2, 3}, {2, 2}),
                  InvalidArgumentError);
  CHECK(Tensor(std::vector<bool>{true, false}).values<bool>()[0]);
  CHECK(Tensor(std::vector<std::string>{"a", "b"}).dtype() == string);
  CHECK(Tensor(std::span<const float>()).shape() == Shape{0});
  CHECK_THROWS_AS(tensor.as_dtype(float32), InvalidArgumentError);
  CHECK(tensor.as_dtype(float64).same_as(tensor));
}

TEST_CASE("constants take a dtype and a shape as tf.constant does") {
  Tensor pi = Tensor::from_literal(3.14, float64);
  CHECK(pi.dtype() == float64);
  CHECK(pi.item<double>() == 3.14);
  CHECK_FALSE(pi.is_weak());
  CHECK_FALSE(Tensor::from_literal(1).is_weak());
  CHECK(Tensor::from_literal({{3.0, 2.0}}).shape() == Shape{1, 2});
  CHECK(Tensor::from_literal({1.0}).shape() == Shape{1});
  CHECK(Tensor::from_literal(1.0).shape() == Shape{});
  Tensor filled = Tensor::from_literal(2, int64, {2, 20});
  CHECK(filled.shape() == Shape{2, 20});
  CHECK(filled.values<std::int64_t>()[39] == 2);
  CHECK(Tensor::from_literal("ab", {}, {3}).values<std::string>()[2] == "ab");
  CHECK(Tensor::from_literal({1, 2, 3, 4}, {}, {2, 2}).shape() == Shape{2, 2});
  using Catch::Matchers::Contains;
  CHECK_THROWS_WITH(Tensor::from_literal({1, 2, 3}, {}, {2, 2}),
                    Contains("has 3 elements") &&
                        Contains("got `shape` (2, 2) with 4 elements"));
}

}  // namespace
}  // namespace tern
