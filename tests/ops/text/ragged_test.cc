// Rows of different lengths.
#include "tern/ops/ragged.h"

#include <catch2/catch.hpp>
#include <vector>

#include "ops/apply.h"
#include "tern/autodiff/gradient_tape.h"
#include "tern/core/error.h"
#include "tern/graph/function.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"

namespace tern {
namespace {

using Catch::Matchers::Contains;
using Floats = std::vector<float>;

template <class T>
std::vector<T> list(const Tensor& tensor) {
  auto values = tensor.values<T>();
  return {values.begin(), values.end()};
}

RaggedTensor example() {
  return ragged::constant(
      {Tensor{1.0, 2.0}, zeros({0}), Tensor{3.0, 4.0, 5.0}});
}

TEST_CASE("Rows are filled up, or cut, to a dense tensor") {
  RaggedTensor rows = example();
  CHECK(rows.to_list() == "[[1., 2.], [], [3., 4., 5.]]");
  CHECK(list<float>(rows.to_tensor()) == Floats{1, 2, 0, 0, 0, 0, 3, 4, 5});
  CHECK(list<float>(rows.to_tensor(-1.0, Shape{-1, 2})) ==
        Floats{1, 2, -1, -1, 3, 4});
  CHECK(list<std::int64_t>(rows.bounding_shape()) ==
        std::vector<std::int64_t>{3, 3});
  CHECK(rows.shape().str() == "(3, None)");
  CHECK_THROWS_WITH(
      raw<"RaggedTensorToTensor">(
          Tensors{Tensor{-1, -1, 2},
                  Tensor{1.0},
                  Tensor(0.0),
                  Tensor(std::vector<std::int64_t>{0, 1})},
          {{"row_partition_types", std::vector<std::string>{"ROW_SPLITS"}}}),
      Contains("rt_input.rank = 2 but shape.rank = 3"));
}

TEST_CASE("Gradients of filled rows reach values and default") {
  Tensor values = Tensor{1.0, 2.0, 3.0}.as_dtype(float32);
  Tensor fill = Tensor(0.0f).as_dtype(float32);
  GradientTape tape;
  tape.watch(values);
  tape.watch(fill);
  Tensor dense =
      RaggedTensor::from_row_lengths(values, Tensor{1, 2}).to_tensor(fill);
  auto [dv, df] =
      tape.gradient(dense * Tensor{{1.0, 2.0}, {3.0, 4.0}}, values, fill);
  CHECK(list<float>(dv) == Floats{1, 3, 4});
  CHECK(df.item<float>() == 2);
}

TEST_CASE("Ranges and gathered rows are ragged") {
  CHECK(ragged::range(Tensor{0, 5, 8}, Tensor{3, 5, 2}, Tensor{1, 1, -2})
            .to_list() == "[[0, 1, 2], [], [8, 6, 4]]");
  CHECK(ragged::range(Tensor{2, 0}).to_list() == "[[0, 1], []]");
  CHECK_THROWS_WITH(ragged::range(0, Tensor{1}, 0),
                    Contains("Requires delta != 0"));
  Tensor huge = Tensor(std::vector<std::int64_t>{1LL << 62, 1LL << 62});
  CHECK_THROWS_AS(ragged::range(huge), Error);
  CHECK(ragged::gather(example(), Tensor{2, 0}).to_list() ==
        "[[3., 4., 5.], [1., 2.]]");
  CHECK(ragged::gather(example(), Tensor{{2}, {1}}).to_list() ==
        "[[[3., 4., 5.]], [[]]]");
  CHECK_THROWS_WITH(ragged::gather(example(), Tensor{3}),
                    Contains("indices[0] = 3 is not in [0, 3)"));
}

TEST_CASE("The gradient of gathered rows counts each use") {
  Tensor values = Tensor{1.0, 2.0, 3.0}.as_dtype(float32);
  GradientTape tape;
  tape.watch(values);
  RaggedTensor rows = RaggedTensor::from_row_lengths(values, Tensor{1, 2});
  Tensor y = ragged::gather(rows, Tensor{1, 1}).flat_values();
  CHECK(list<float>(tape.gradient(y, values)) == Floats{0, 2, 2});
}

TEST_CASE("Gradients go through variants of ragged rows") {
  Tensor values = Tensor{1.0, 2.0, 3.0}.as_dtype(float32);
  Tensor splits = Tensor(std::vector<std::int64_t>{0, 1, 3});
  GradientTape tape;
  tape.watch(values);
  Tensor rows = raw<"RaggedTensorToVariant">(
      splits, values, {{"RAGGED_RANK", 1}, {"batched_input", true}});
  CHECK(rows.shape() == Shape{2});
  Tensor back = raw<"RaggedTensorFromVariant">
                    .outputs({rows},
                             {{"input_ragged_rank", 0},
                              {"output_ragged_rank", 1},
                              {"Tvalues", float32}})
                    .back();
  CHECK(list<float>(back) == Floats{1, 2, 3});
  CHECK(list<float>(tape.gradient(back * back, values)) == Floats{2, 4, 6});
}

TEST_CASE("Ragged and sparse tensors become one another") {
  SparseTensor sparse = ragged::to_sparse(example());
  CHECK(list<std::int64_t>(sparse.indices) ==
        std::vector<std::int64_t>{0, 0, 0, 1, 2, 0, 2, 1, 2, 2});
  CHECK(sparse.shape() == Shape{3, 3});
  CHECK(ragged::from_sparse(sparse).to_list() == example().to_list());
}

TEST_CASE("Rows are reduced to numbers") {
  CHECK(list<float>(ragged::reduce_sum(example())) == Floats{3, 0, 12});
  CHECK(list<float>(ragged::reduce_mean(ragged::constant(
            {Tensor{1.0, 2.0}, Tensor{5.0}}))) == Floats{1.5, 5});
}

TEST_CASE("Parts of a ragged tensor") {
  RaggedTensor rows = example();
  CHECK(list<std::int64_t>(rows.value_rowids()) ==
        std::vector<std::int64_t>{0, 0, 2, 2, 2});
  CHECK(list<std::int64_t>(rows.row_lengths()) ==
        std::vector<std::int64_t>{2, 0, 3});
  CHECK(rows[-1].to_list() == "[3., 4., 5.]");
  RaggedTensor nested = RaggedTensor::from_row_lengths(rows, Tensor{1, 2});
  CHECK(nested.to_list() == "[[[1., 2.]], [[], [3., 4., 5.]]]");
  CHECK(nested[1].to_list() == "[[], [3., 4., 5.]]");
  CHECK(RaggedTensor::from_tensor(Tensor{{1, 2}, {3, 4}}).to_list() ==
        "[[1, 2], [3, 4]]");
}

TEST_CASE("Splits that do not fit their values are refused") {
  auto convert = [](std::vector<std::int64_t> splits) {
    return raw<"RaggedTensorToSparse">.outputs(
        {Tensor(splits), Tensor{1.0, 2.0}}, {{"RAGGED_RANK", 1}});
  };
  CHECK_THROWS_WITH(convert({0, 5}), Contains("Final value of ragged splits"));
  CHECK_THROWS_WITH(convert({0, 2, 1}),
                    Contains("non decreasing, but we got 2 followed by 1"));
  CHECK_THROWS_WITH(convert({1, 2}), Contains("must be 0, got 1"));
}

}  // namespace
}  // namespace tern
