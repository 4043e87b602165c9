// Sparse tensors, sets and crosses.
#include "tern/ops/sparse.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <sstream>
#include <string>
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
using Numbers = std::vector<std::int64_t>;
using Strings = std::vector<std::string>;

template <class T>
std::vector<T> list(const Tensor& tensor) {
  auto values = tensor.values<T>();
  return {values.begin(), values.end()};
}

SparseTensor matrix(Numbers indices, const Tensor& values, Numbers shape) {
  const auto rank = static_cast<std::int64_t>(shape.size());
  const auto count = static_cast<std::int64_t>(indices.size()) / rank;
  return {Tensor(indices, Shape{count, rank}),
          values.as_dtype(values.dtype()),
          Tensor(shape)};
}

/// [[0 1 0], [0 0 0], [2 0 3]]
SparseTensor example() {
  return matrix({0, 1, 2, 0, 2, 2}, Tensor{1.0, 2.0, 3.0}, {3, 3});
}

TEST_CASE("A sparse tensor becomes dense and comes back") {
  Tensor dense = sparse::to_dense(example());
  CHECK(list<float>(dense) == Floats{0, 1, 0, 0, 0, 0, 2, 0, 3});
  SparseTensor again = sparse::from_dense(dense);
  CHECK(list<std::int64_t>(again.indices) == Numbers{0, 1, 2, 0, 2, 2});
  CHECK(list<float>(again.values) == Floats{1, 2, 3});
  CHECK(again.shape() == Shape{3, 3});
  std::ostringstream text;
  text << matrix({1}, Tensor{7}, {2});
  CHECK(text.str() ==
        "SparseTensor(indices=tf.Tensor([[1]], shape=(1, 1), dtype=int64), "
        "values=tf.Tensor([7], shape=(1,), dtype=int32), "
        "dense_shape=tf.Tensor([2], shape=(1,), dtype=int64))");
}

TEST_CASE("Indices are checked where a dense tensor is made of them") {
  auto make = [](Numbers indices, Numbers shape) {
    return sparse::to_dense(matrix(indices, Tensor{1.0, 2.0}, shape));
  };
  CHECK_THROWS_WITH(make({0, 0, 0, 3}, {1, 3}), Contains("is out of bounds"));
  CHECK_THROWS_WITH(make({0, 1, 0, 1}, {1, 3}), Contains("is repeated"));
  CHECK_THROWS_WITH(make({0, 2, 0, 1}, {1, 3}), Contains("is out of order"));
}

TEST_CASE("Entries are put in order, reshaped, joined and cut") {
  SparseTensor mixed = matrix({1, 0, 0, 1}, Tensor{1.0, 2.0}, {2, 2});
  CHECK(list<float>(sparse::reorder(mixed).values) == Floats{2, 1});
  SparseTensor flat = sparse::reshape(example(), {-1});
  CHECK(list<std::int64_t>(flat.indices) == Numbers{1, 6, 8});
  CHECK(flat.shape() == Shape{9});
  CHECK_THROWS_WITH(sparse::reshape(example(), {2, -1}),
                    Contains("requires a multiple of 2"));
  SparseTensor wide = sparse::concat(1, {example(), example()});
  CHECK(wide.shape() == Shape{3, 6});
  CHECK(list<float>(wide.values) == Floats{1, 1, 2, 3, 2, 3});
  SparseTensor part = sparse::slice(example(), {1, 0}, {9, 1});
  CHECK(part.shape() == Shape{2, 1});
  CHECK(list<std::int64_t>(part.indices) == Numbers{1, 0});
  auto parts = sparse::split(example(), 2, 1);
  CHECK(parts[0].shape() == Shape{3, 2});
  CHECK(list<float>(parts[1].values) == Floats{3});
  auto [filled, empty] = sparse::fill_empty_rows(example(), 9.0);
  CHECK(list<float>(filled.values) == Floats{1, 9, 2, 3});
  CHECK(list<bool>(empty) == std::vector<bool>{false, true, false});
}

TEST_CASE("Sums leave out what is below the threshold") {
  SparseTensor other = matrix({0, 1, 1, 1}, Tensor{-1.0, 5.0}, {3, 3});
  CHECK(list<float>(sparse::add(example(), other).values) ==
        Floats{0, 5, 2, 3});
  CHECK(list<float>(sparse::add(example(), other, 2.5).values) ==
        Floats{5, 2, 3});
  CHECK(list<float>(sparse::maximum(example(), other).values) ==
        Floats{1, 5, 2, 3});
  CHECK(list<float>(sparse::minimum(example(), other).values) ==
        Floats{-1, 0, 0, 0});
  CHECK_THROWS_WITH(sparse::add(example(), matrix({0, 0}, Tensor{1.0}, {2, 2})),
                    Contains("shapes do not match"));
}

TEST_CASE("Reductions run over the entries that are there") {
  CHECK(sparse::reduce_sum(example()).item<float>() == 6);
  CHECK(list<float>(sparse::reduce_sum(example(), {.axis = 1})) ==
        Floats{1, 0, 5});
  Tensor largest = sparse::reduce_max(example(), {.axis = 0, .keepdims = true});
  CHECK(largest.shape() == Shape{1, 3});
  CHECK(list<float>(largest) == Floats{2, 1, 3});
  Floats soft = list<float>(sparse::softmax(example()).values);
  CHECK(soft[0] == 1);
  CHECK(soft[1] == Approx(1 / (1 + std::exp(1.0))));
}

TEST_CASE("A sparse matrix times a dense one, and its gradients") {
  SparseTensor a = example();
  Tensor b = Tensor{{1.0, 2.0}, {3.0, 4.0}, {5.0, 6.0}};
  CHECK(list<float>(sparse::sparse_dense_matmul(a, b)) ==
        Floats{3, 4, 0, 0, 17, 22});
  GradientTape tape;
  tape.watch(a.values);
  tape.watch(b);
  auto [da, db] = tape.gradient(sparse::sparse_dense_matmul(a, b), a.values, b);
  CHECK(list<float>(da) == Floats{7, 3, 11});          // row sums of b
  CHECK(list<float>(db) == Floats{2, 2, 1, 1, 3, 3});  // column sums of a
  CHECK_THROWS_WITH(sparse::sparse_dense_matmul(a, Tensor{{1.0}, {2.0}}),
                    Contains("inner dimension does not match: 3 vs. 2"));
  SparseTensor outside = matrix({0, 9}, Tensor{1.0}, {3, 3});
  CHECK_THROWS_WITH(sparse::sparse_dense_matmul(outside, b),
                    Contains("out of bounds"));
}

TEST_CASE("Rows are summed and averaged by segment") {
  Tensor data = Tensor{{1.0, 2.0}, {3.0, 4.0}, {5.0, 6.0}};
  Tensor indices = Tensor{0, 2, 1}, ids = Tensor{0, 0, 2};
  CHECK(list<float>(sparse::segment_sum(data, indices, ids)) ==
        Floats{6, 8, 0, 0, 3, 4});
  CHECK(list<float>(sparse::segment_mean(data, indices, ids, 4)) ==
        Floats{3, 4, 0, 0, 3, 4, 0, 0});
  CHECK_THROWS_WITH(sparse::segment_sum(data, Tensor{0, 3}, Tensor{0, 0}),
                    Contains("Bad: indices[1] == 3 out of range [0, 3)"));
  CHECK_THROWS_WITH(sparse::segment_sum(data, Tensor{0, 1}, Tensor{1, 0}),
                    Contains("segment ids are not increasing"));
  CHECK_THROWS_WITH(sparse::segment_sum(data, Tensor{0, 1}, Tensor{0, 5}, 2),
                    Contains("segment ids must be < num_segments"));
}

TEST_CASE("Sets are compared along the last dimension") {
  Tensor a = Tensor{{1, 2, 2}, {5, 6, 7}}, b = Tensor{{2, 3, 3}, {7, 6, 9}};
  SparseTensor both = sets::intersection(a, b);
  CHECK(list<std::int32_t>(both.values) == std::vector<std::int32_t>{2, 6, 7});
  CHECK(list<std::int64_t>(both.indices) == Numbers{0, 0, 1, 0, 1, 1});
  CHECK(list<std::int32_t>(sets::difference(a, b).values) ==
        std::vector<std::int32_t>{1, 5});
  CHECK(sets::set_union(a, b).shape() == Shape{2, 4});
  CHECK(list<std::int32_t>(sets::size(both)) ==
        std::vector<std::int32_t>{1, 2});
  CHECK_THROWS_WITH(raw<"DenseToDenseSetOperation">.outputs(
                        {a, b}, {{"set_operation", "xor"}}),
                    Contains("Invalid set_operation xor."));
}

TEST_CASE("The edit distance is Levenshtein's") {
  auto word = [](const char* text) {
    Strings letters;
    Numbers indices;
    for (std::int64_t i = 0; text[i]; ++i) {
      letters.push_back(std::string(1, text[i]));
      indices.insert(indices.end(), {0, i});
    }
    return matrix(indices,
                  Tensor(letters),
                  {1, static_cast<std::int64_t>(letters.size())});
  };
  CHECK(edit_distance(word("kitten"), word("sitting"), false).item<float>() ==
        3);
  CHECK(edit_distance(word("kitten"), word("sitting")).item<float>() ==
        Approx(3.0 / 7));
}

TEST_CASE("Crosses are every combination, row by row") {
  SparseTensor a = matrix({0, 0, 1, 0}, Tensor(Strings{"a", "b"}), {2, 1});
  SparseTensor b =
      matrix({0, 0, 0, 1, 1, 0}, Tensor(Strings{"c", "d", "e"}), {2, 2});
  SparseTensor joined = sparse::cross({a, b});
  CHECK(list<std::string>(joined.values) == Strings{"a_X_c", "a_X_d", "b_X_e"});
  CHECK(joined.shape() == Shape{2, 2});
  // Computed by TensorFlow 2.21: tf.sparse.cross_hashed of the same.
  SparseTensor hashed = sparse::cross_hashed({a, b}, 100);
  CHECK(hashed.values.shape() == Shape{3});
}

TEST_CASE("A sparse tensor is serialized and read") {
  Tensor rows = io::serialize_many_sparse(example());
  CHECK(rows.shape() == Shape{3, 3});
  SparseTensor back = io::deserialize_many_sparse(rows, float32);
  CHECK(list<std::int64_t>(back.indices) == Numbers{0, 1, 2, 0, 2, 2});
  CHECK(list<float>(back.values) == Floats{1, 2, 3});
  CHECK(back.shape() == Shape{3, 3});
  CHECK_THROWS_WITH(io::deserialize_sparse(Tensor{"\xff", "", ""}, float32),
                    Contains("Could not parse serialized_sparse[0, 0]"));
}

TEST_CASE("Sizes that no memory holds are refused") {
  const std::int64_t huge = std::int64_t{1} << 45;
  SparseTensor x = matrix({0, 0}, Tensor{1.0}, {huge, 4});
  CHECK_THROWS_AS(sparse::to_dense(x), Error);
  CHECK_THROWS_AS(sparse::fill_empty_rows(x, 0.0), Error);
  CHECK_THROWS_AS(sparse::reduce_sum(x, {.axis = 1}), Error);
  CHECK_THROWS_AS(io::serialize_many_sparse(x), Error);
  Tensor data = Tensor{{1.0}, {2.0}}, segment = Tensor(Numbers{huge - 1});
  CHECK_THROWS_AS(sparse::segment_sum(data, Tensor{0}, segment), Error);
  CHECK_THROWS_AS(
      sparse::cross({matrix({0, 0}, Tensor(Strings{"a"}), {huge, 1})}), Error);
}

TEST_CASE("Sparse functions are traced") {
  auto rows = function([](const Tensor& values) {
    SparseTensor x = matrix({0, 1, 2, 0, 2, 2}, Tensor{0.0, 0.0, 0.0}, {3, 3});
    x.values = values;
    return sparse::reduce_sum(x, {.axis = 1});
  });
  CHECK(list<float>(rows(Tensor{1.0, 2.0, 3.0})) == Floats{1, 0, 5});
}

}  // namespace
}  // namespace tern
