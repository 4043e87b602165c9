#include "tern/ops/print.h"

#include <catch2/catch.hpp>
#include <iostream>
#include <sstream>
#include <tuple>

#include "tern/core/error.h"
#include "tern/ops/debugging.h"

namespace tern {
namespace {

/// What `function` writes to the standard error stream.
template <class Function>
std::string printed(Function function) {
  std::ostringstream text;
  std::streambuf* before = std::cerr.rdbuf(text.rdbuf());
  function();
  std::cerr.rdbuf(before);
  return text.str();
}

TEST_CASE("print writes values as tf.print does") {
  Tensor matrix = Tensor{{1.5, 2.0}, {-0.1, 1e10}};
  CHECK(printed([&] { print("m =", matrix); }) ==
        "m = [[1.5 2]\n [-0.1 1e+10]]\n");
  CHECK(printed([] {
          print("a", 1, 0.1, true, Shape{2, -1}, float32);
        }) == "a 1 0.1 True TensorShape([2, None]) tf.float32\n");
  CHECK(printed([] { print(Tensor("hello world")); }) == "hello world\n");
  CHECK(printed([] { print(Tensor("x"), 1); }) == "\"x\" 1\n");
  CHECK(printed([] { print(Variable(Tensor(3.0))); }) == "3\n");
}

TEST_CASE("print shows lists, tuples and names as Python does") {
  Tensor one = Tensor(1), two = Tensor(2);
  CHECK(printed([&] { print(std::tuple(one, two)); }) == "(1, 2)\n");
  CHECK(printed([&] { print(Tensors{one, two}); }) == "[1, 2]\n");
  CHECK(printed([&] {
          print(Dict{{"b", one}, {"a", two}});
        }) == "{'a': 2, 'b': 1}\n");
  CHECK(printed([&] {
          print(std::vector<std::string>{"x", "y"});
        }) == "['x', 'y']\n");
}

TEST_CASE("print takes separator, end and how much to show") {
  Tensor numbers = std::vector<std::int32_t>{1, 2, 3, 4, 5, 6, 7};
  CHECK(printed([&] {
          print(numbers,
                "end",
                PrintOptions{.end = "", .sep = "|", .summarize = 2});
        }) == "[1 2 ... 6 7]|end");
  CHECK_THROWS_AS(print(1, PrintOptions{.output_stream = "paper"}),
                  InvalidArgumentError);
}

TEST_CASE("Assert shows its data when the condition is false") {
  CHECK_NOTHROW(debugging::Assert(true, {Tensor("fine")}));
  CHECK_THROWS_WITH(
      debugging::Assert(false, {Tensor("m"), Tensor{1, 2, 3, 4}, Tensor(2.5)}),
      Catch::Contains("assertion failed: [m] [1 2 3...] [2.5]"));
}

TEST_CASE("assert_equal shows where two tensors differ") {
  CHECK_NOTHROW(debugging::assert_equal({1, 2}, {1, 2}));
  CHECK_THROWS_WITH(
      debugging::assert_equal({1, 2, 3}, {1, 5, 3}, {.message = "sizes"}),
      Catch::Contains("sizes\nCondition x == y did not hold.\nIndices of first "
                      "1 different values:\n[[1]]\nCorresponding x "
                      "values:\n[2]\nCorresponding y values:\n[5]\nFirst 3 "
                      "elements of x:\n[1 2 3]"));
}

}  // namespace
}  // namespace tern
