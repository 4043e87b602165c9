#include "ops/list/tensor_list.h"

#include <catch2/catch.hpp>
#include <vector>

#include "ops/apply.h"
#include "tern/autodiff/gradient_tape.h"
#include "tern/core/error.h"

namespace tern {
namespace {

Tensor shape_of_elements(std::vector<std::int32_t> dims) {
  return Tensor(dims);
}

Tensor empty_list(std::vector<std::int32_t> dims, int max_num_elements = -1) {
  return raw<"EmptyTensorList">(shape_of_elements(dims),
                                Tensor(max_num_elements),
                                {{"element_dtype", float32}});
}

Tensor reserved(std::vector<std::int32_t> dims, int size) {
  return raw<"TensorListReserve">(
      shape_of_elements(dims), Tensor(size), {{"element_dtype", float32}});
}

Tensor push(const Tensor& list, const Tensor& element) {
  return raw<"TensorListPushBack">(list, element);
}

Tensor stack(const Tensor& list, std::vector<std::int32_t> dims = {}) {
  return raw<"TensorListStack">(
      list, shape_of_elements(dims), {{"element_dtype", float32}});
}

std::vector<float> values(const Tensor& tensor) {
  return {tensor.values<float>().begin(), tensor.values<float>().end()};
}

TEST_CASE("Pushing onto a list leaves the list as it was") {
  Tensor empty = empty_list({});
  Tensor one = push(empty, 1.0);
  Tensor two = push(one, 2.0);
  Tensor other = push(one, 3.0);
  CHECK(list_of(empty).size() == 0);
  CHECK(values(stack(one)) == std::vector<float>{1});
  CHECK(values(stack(two)) == std::vector<float>{1, 2});
  CHECK(values(stack(other)) == std::vector<float>{1, 3});
}

TEST_CASE("Popping gives the last element and a shorter list") {
  Tensor two = push(push(empty_list({}), 1.0), 2.0);
  Tensors popped = raw<"TensorListPopBack">.outputs(
      {two, shape_of_elements({})}, {{"element_dtype", float32}});
  CHECK(popped[1].item<float>() == 2.f);
  Tensor again = push(popped[0], 5.0);
  CHECK(values(stack(again)) == std::vector<float>{1, 5});
  CHECK(values(stack(two)) == std::vector<float>{1, 2});
}

TEST_CASE("A long list is pushed to and popped from in linear time") {
  // Quadratic copying of 200,000 elements would take minutes.
  constexpr int kSteps = 200'000;
  Tensor list = empty_list({});
  for (int i = 0; i < kSteps; ++i) list = push(list, Tensor(1.0));
  CHECK(list_of(list).size() == kSteps);
  for (int i = 0; i < kSteps; ++i)
    list = raw<"TensorListPopBack">.outputs({list, shape_of_elements({})},
                                            {{"element_dtype", float32}})[0];
  CHECK(list_of(list).size() == 0);
}

TEST_CASE("Elements never set read as zeros") {
  Tensor list =
      raw<"TensorListSetItem">(reserved({2}, 3), Tensor(1), Tensor{1.0, 2.0});
  CHECK(values(stack(list, {2})) == std::vector<float>{0, 0, 1, 2, 0, 0});
  Tensor first = raw<"TensorListGetItem">(
      list, Tensor(0), shape_of_elements({2}), {{"element_dtype", float32}});
  CHECK(values(first) == std::vector<float>{0, 0});
}

TEST_CASE("Setting an element leaves a list that somebody holds as it was") {
  Tensor list = reserved({}, 2);
  Tensor changed = raw<"TensorListSetItem">(list, Tensor(0), Tensor(4.0));
  CHECK(values(stack(list)) == std::vector<float>{0, 0});
  CHECK(values(stack(changed)) == std::vector<float>{4, 0});
}

TEST_CASE("Lists refuse what does not fit, in TensorFlow's words") {
  Tensor rows = empty_list({-1, 3}, 1);
  CHECK_THROWS_WITH(
      push(rows, Tensor(std::vector<float>(6), Shape{3, 2})),
      Catch::Contains("Tried to append a tensor with incompatible shape to a "
                      "list. Op element shape: [3,2] list shape: [?,3]"));
  Tensor full = push(rows, Tensor(std::vector<float>(6), Shape{2, 3}));
  CHECK_THROWS_WITH(push(full, Tensor(std::vector<float>(6), Shape{2, 3})),
                    Catch::Contains("Tried to push item into a full list"));
  CHECK_THROWS_WITH(
      raw<"TensorListPopBack">.outputs({empty_list({}), shape_of_elements({})},
                                       {{"element_dtype", float32}}),
      Catch::Contains("Trying to pop from an empty list."));
  CHECK_THROWS_WITH(
      raw<"TensorListGetItem">(reserved({2}, 3),
                               Tensor(-1),
                               shape_of_elements({2}),
                               {{"element_dtype", float32}}),
      Catch::Contains(
          "Trying to access element -1 in a list with 3 elements."));
  CHECK_THROWS_WITH(
      stack(reserved({-1, 2}, 2), {-1, 2}),
      Catch::Contains("Tried to stack list which only contains uninitialized "
                      "tensors and has a non-fully-defined element_shape: "
                      "[?,2]"));
}

TEST_CASE("Lists are made from tensors, joined and cut up") {
  Tensor rows = Tensor{{1.0, 2.0}, {3.0, 4.0}, {5.0, 6.0}};
  Tensor list = raw<"TensorListFromTensor">(rows, shape_of_elements({2}));
  CHECK(raw<"TensorListLength">(list).item<int>() == 3);
  CHECK(values(stack(list, {2})) == values(rows));
  Tensors joined = raw<"TensorListConcatV2">.outputs(
      {push(push(empty_list({-1}), {1.0, 2.0}), Tensor(std::vector<float>{3})),
       shape_of_elements({-1}),
       Tensor(std::vector<std::int64_t>{})},
      {{"element_dtype", float32}});
  CHECK(values(joined[0]) == std::vector<float>{1, 2, 3});
  CHECK(joined[1].values<std::int64_t>()[0] == 2);
  Tensor parts =
      raw<"TensorListSplit">(joined[0], shape_of_elements({-1}), joined[1]);
  CHECK(list_of(parts).get(1).shape() == Shape{1});
}

TEST_CASE("Gradients flow through pushes, pops, sets, gets and stacks") {
  Tensor x = std::vector<float>{3};
  Tensor y = std::vector<float>{5};
  GradientTape tape;
  tape.watch(x, y);
  Tensor list = push(push(empty_list({1}), x), y);
  list = raw<"TensorListSetItem">(list, Tensor(0), raw<"Mul">(x, y));
  Tensor first = raw<"TensorListGetItem">(
      list, Tensor(0), shape_of_elements({1}), {{"element_dtype", float32}});
  Tensors popped = raw<"TensorListPopBack">.outputs(
      {push(list, x), shape_of_elements({1})}, {{"element_dtype", float32}});
  Tensor all = stack(popped[0], {1});
  Tensor total =
      raw<"AddN">(Tensors{raw<"Mul">(first, first),
                          popped[1],
                          raw<"Sum">(raw<"Mul">(all, all), Tensor(0))});
  // (x y)^2 + x + (x y)^2 + y^2
  auto [dx, dy] = tape.gradient(total, x, y);
  CHECK(values(dx) == std::vector<float>{4 * 3 * 25 + 1});
  CHECK(values(dy) == std::vector<float>{4 * 9 * 5 + 2 * 5});
}

TEST_CASE("Lists add up element by element; unset elements count as zero") {
  Tensor a = raw<"TensorListSetItem">(reserved({}, 2), Tensor(0), Tensor(1.0));
  Tensor b = push(push(empty_list({}), 10.0), 20.0);
  CHECK(values(stack(add_variants(a, b))) == std::vector<float>{11, 20});
  CHECK(values(stack(zeros_like_variant(b))) == std::vector<float>{0, 0});
}

}  // namespace
}  // namespace tern
