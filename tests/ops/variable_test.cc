#include "tern/ops/variable.h"

#include <catch2/catch.hpp>
#include <vector>

#include "ops/apply.h"
#include "ops/grad_context.h"
#include "tern/autodiff/gradient_tape.h"
#include "tern/core/error.h"
#include "tern/core/resource.h"

namespace tern {
namespace {

std::vector<float> list(const Tensor& tensor) {
  return {tensor.values<float>().begin(), tensor.values<float>().end()};
}

TEST_CASE("A variable is read, assigned, added to and subtracted from") {
  Variable v(Tensor{1.0, 2.0}, {.name = "v"});
  CHECK(v.name() == "v:0");
  CHECK(v.dtype() == float32);
  CHECK(v.shape() == Shape{2});
  v.assign({3, 4}).assign_add({1, 1});
  v.assign_sub({0.5, 0.5});
  CHECK(list(v) == std::vector<float>{3.5f, 4.5f});
}

TEST_CASE("A variable is made of any literal, of 0 too") {
  CHECK(Variable(0).dtype() == int32);
  CHECK(Variable({1.0, 2.0}).shape() == Shape{2});
}

TEST_CASE("What was read from a variable keeps its value after an assignment") {
  for (std::int64_t size : {1, 1000}) {
    Variable v(Tensor(std::vector<float>(static_cast<std::size_t>(size), 1)));
    Tensor before = v.read();
    v.assign_add(Tensor(std::vector<float>(static_cast<std::size_t>(size), 2)));
    CHECK(before.values<float>()[0] == 1.f);
    CHECK(v.read().values<float>()[0] == 3.f);
  }
}

TEST_CASE("An unshared variable is updated in place") {
  Variable v(Tensor(std::vector<float>(1000, 1)));
  const void* address = v.read().raw_data();
  v.assign_add(Tensor(std::vector<float>(1000, 2)));
  v.assign_sub(Tensor(std::vector<float>(1000, 5)));
  CHECK(v.read().raw_data() == address);
  CHECK(v.read().values<float>()[999] == -2.f);
}

TEST_CASE("A variable does not change the tensor it was made from") {
  Tensor initial = std::vector<float>{1, 2, 3};
  Variable v(initial);
  v.assign_add({1, 1, 1});
  CHECK(list(initial) == std::vector<float>{1, 2, 3});
}

TEST_CASE("Copies of a Variable are one variable, with one handle") {
  Variable v(Tensor(1.0));
  Variable w = v;
  w.assign(2.0);
  CHECK(v.read().item<float>() == 2.f);
  CHECK(v.handle().id() == w.handle().id());
  CHECK(Variable::from_handle(v.handle()).same_as(v));
}

TEST_CASE("Assigning another shape is refused and changes nothing") {
  Variable v(Tensor{1.0, 2.0}, {.name = "v"});
  CHECK_THROWS_WITH(
      v.assign({1, 2, 3}),
      Catch::Contains("Cannot assign value to variable 'v:0': Shape "
                      "mismatch.The variable shape (2,), and the assigned "
                      "value shape (3,) are incompatible."));
  CHECK_THROWS_AS(v.assign_add(Tensor(1.0)), InvalidArgumentError);
  CHECK_THROWS_AS(v.assign(Tensor(std::vector<double>{1, 2})),
                  InvalidArgumentError);
  CHECK(list(v) == std::vector<float>{1, 2});
}

TEST_CASE("A variable without a value says so in TensorFlow's words") {
  Tensor handle = raw<"VarHandleOp">(
      Tensors{},
      {{"dtype", float32}, {"shape", Shape{2}}, {"shared_name", "u"}});
  CHECK_FALSE(bool(raw<"VarIsInitializedOp">(handle)));
  CHECK_THROWS_AS(raw<"ReadVariableOp">(handle, {{"dtype", float32}}),
                  FailedPreconditionError);
  CHECK_THROWS_WITH(raw<"ReadVariableOp">(handle, {{"dtype", float32}}),
                    Catch::Contains("Could not find variable u. This could "
                                    "mean that the variable has been deleted"));
  raw<"AssignVariableOp">(handle, Tensor{1.0, 2.0});
  CHECK(bool(raw<"VarIsInitializedOp">(handle)));
}

TEST_CASE("A slice of a variable can be assigned and added to") {
  Variable v(Tensor{{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}});
  v[0].assign({7, 8, 9});
  v[{Slice{}, -1}].assign_add({10, 20});
  v[{1, Slice{.stop = 2}}].assign_sub({1, 1});
  CHECK(list(v) == std::vector<float>{7, 8, 19, 3, 4, 26});
  CHECK(list(v[{Slice{}, 0}]) == std::vector<float>{7, 3});
  v[1].assign(5);
  CHECK(list(v) == std::vector<float>{7, 8, 19, 5, 5, 5});
  CHECK_THROWS_WITH(
      v[0].assign({1, 2}),
      Catch::Matchers::Contains(
          "Cannot broadcast input shape [2] into final shape [3]"));
}

TEST_CASE("Gather and scatter work on rows of a variable") {
  Variable v(Tensor{{1.0, 2.0}, {3.0, 4.0}, {5.0, 6.0}});
  Tensor indices = std::vector<std::int32_t>{2, 0, 2};
  CHECK(
      list(raw<"ResourceGather">(v.handle(), indices, {{"dtype", float32}})) ==
      std::vector<float>{5, 6, 1, 2, 5, 6});
  raw<"ResourceScatterAdd">(
      v.handle(), indices, Tensor{{1.0, 1.0}, {2.0, 2.0}, {3.0, 3.0}});
  CHECK(list(v) == std::vector<float>{3, 4, 3, 4, 9, 10});
  raw<"ResourceScatterMul">(v.handle(), indices, Tensor(2.0));
  CHECK(list(v) == std::vector<float>{6, 8, 3, 4, 36, 40});
  CHECK_THROWS_WITH(
      raw<"ResourceScatterAdd">(
          v.handle(), Tensor(std::vector<std::int32_t>{1, 3}), Tensor(1.0)),
      Catch::Contains("indices[1] = 3 is not in [0, 3)"));
  CHECK(list(v) == std::vector<float>{6, 8, 3, 4, 36, 40});
}

TEST_CASE("A gather with batch dimensions takes rows of its own batch") {
  Variable v(Tensor{{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}});
  Tensor indices = Tensor::from_literal({{0, 2}, {1, 0}}, int32);
  CHECK(list(raw<"ResourceGather">(
            v.handle(), indices, {{"dtype", float32}, {"batch_dims", 1}})) ==
        std::vector<float>{1, 3, 5, 4});
}

Tensor gather(const Variable& v, const Tensor& indices, int batch_dims = 0) {
  return raw<"ResourceGather">(
      v.handle(), indices, {{"dtype", float32}, {"batch_dims", batch_dims}});
}

TEST_CASE("The gradient of a gather is the rows it read, never a whole table") {
  Variable v(Tensor{{1.0, 2.0}, {3.0, 4.0}, {5.0, 6.0}});
  Tensor indices = Tensor::from_literal({{2, 0}, {2, 2}}, int64);
  GradientTape tape;
  Tensor rows = gather(v, indices);
  Gradient gradient = tape.gradients({raw<"Mul">(rows, rows)}, {v.handle()})[0];
  REQUIRE(gradient.is_sparse());
  CHECK(list(gradient.slices().values) ==
        std::vector<float>{10, 12, 2, 4, 10, 12, 10, 12});
  CHECK(gradient.slices().indices.shape() == Shape{4});
  CHECK(list(gradient.to_tensor()) == std::vector<float>{2, 4, 0, 0, 30, 36});
}

TEST_CASE("The gradient of a gather in batches reaches the rows of each") {
  Variable v(Tensor{{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}});
  GradientTape tape;
  Tensor read = gather(v, Tensor::from_literal({{0, 2}, {1, 1}}, int32), 1);
  Tensors dv = tape.gradient({read}, {v.handle()});
  CHECK(list(dv[0]) == std::vector<float>{1, 0, 1, 0, 2, 0});
}

TEST_CASE("A read is differentiable and an assignment is not") {
  Variable v(Tensor{1.0, 2.0});
  GradientTape tape;
  Tensor y = raw<"Mul">(v.read(), v.read());
  v.assign({10.0, 20.0});
  CHECK(list(tape.gradient(y, v)) == std::vector<float>{2, 4});
}

TEST_CASE("The repr of a variable is Python's") {
  CHECK(repr(Variable(Tensor{1.0, 2.0}, {.name = "v"})) ==
        "<tf.Variable 'v:0' shape=(2,) dtype=float32, numpy=array([1., 2.], "
        "dtype=float32)>");
  CHECK(repr(Variable(Tensor(0.0))) ==
        "<tf.Variable 'Variable:0' shape=() dtype=float32, numpy=0.0>");
}

}  // namespace
}  // namespace tern
