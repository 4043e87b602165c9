#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <filesystem>

#include "keras/vectors.h"
#include "tern/core/error.h"
#include "tern/keras/layers.h"
#include "tern/keras/model.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"
#include "tern/ops/nn.h"
#include "tern/ops/random.h"

namespace tern::keras {
namespace {

std::vector<std::string> names_of(const std::vector<Layer>& layers) {
  std::vector<std::string> names;
  for (const Layer& layer : layers) names.push_back(layer.name());
  return names;
}

Tensor dense(const Tensor& x, int units, std::string name) {
  return layers::Dense(units, {.name = std::move(name)})(x);
}

/// a → da → join ← b; value and kind read the join.
Model two_by_two() {
  Tensor a = Input({4}, {.name = "a"}), b = Input({3}, {.name = "b"});
  Tensor join = concat({dense(a, 4, "da"), b}, 1);
  Tensor value = dense(join, 1, "value");
  Tensor kind =
      layers::Dense(3, {.activation = "softmax", .name = "kind"})(join);
  return Model({a, b}, {value, kind}, {.name = "two_by_two"});
}

Tensor numbers(const Shape& shape) {
  return random::stateless_uniform(shape, constant({1, 2}, int32));
}

std::string summary_of(const Model& model) {
  std::string text;
  model.summary(
      {.print_fn = [&](const std::string& line) { text += line + "\n"; }});
  return text;
}

}  // namespace

TEST_CASE("A functional model computes what its layers compute") {
  layers::Dense hidden(5, {.activation = "tanh"}), out(2);
  Tensor x = Input({4});
  CHECK(x.shape().str() == "(None, 4)");
  Tensor y = out(hidden(x));
  CHECK(y.shape().str() == "(None, 2)");
  CHECK(y.dtype() == float32);
  Model model(x, y);
  Tensor data = numbers({3, 4});
  CHECK(difference(model(data), out(hidden(data)), {}) == "");
  CHECK(difference(model.predict(data, {.verbose = 0}),
                   out(hidden(data)),
                   {1e-6, 1e-6}) == "");
  CHECK(model.variables().size() == 4);
  CHECK_THROWS_AS(model(numbers({3, 5})), InvalidArgumentError);
  CHECK_THROWS_AS(model.apply({data, data}), InvalidArgumentError);
}

TEST_CASE("A layer called twice shares its weights between the calls") {
  layers::Dense shared(3);
  Tensor a = Input({4}), b = Input({4});
  Model model({a, b}, shared(a) - shared(b));
  CHECK(model.variables().size() == 2);
  Tensor left = numbers({2, 4}), right = left * 2.0;
  CHECK(difference(model(Tensors{left, right}),
                   shared(left) - shared(right),
                   {1e-6, 1e-6}) == "");
}

TEST_CASE("Inputs go by position, or by the names of the input layers") {
  Model model = two_by_two();
  Tensor a = numbers({2, 4}), b = numbers({2, 3});
  Nest by_position = model.apply({a, b});
  Nest by_name = model.apply({{"b", b}, {"a", a}});
  CHECK(difference(by_name[0], by_position[0], {}) == "");
  CHECK(difference(by_name[1], by_position[1], {}) == "");
  CHECK_THROWS_AS(model.apply({{"a", a}, {"c", b}}), NotFoundError);
}

TEST_CASE(
    "Layers come in Keras' order: by depth, then as met from the outputs") {
  Model model = two_by_two();
  auto names = names_of(model.layers());
  names[3] = "join";  // the function's name depends on what was there before
  CHECK(names ==
        std::vector<std::string>{"a", "da", "b", "join", "value", "kind"});
  CHECK(model.get_layer("kind").count_params() == 24);
}

TEST_CASE("Functions on Keras tensors become layers of the model") {
  Tensor x = Input({2, 3});
  Tensor y = reshape(x, {-1, 6});
  y = maximum(2.0 * y - 1.0, 0.0);
  y = reduce_mean(y, {.axis = 1, .keepdims = true});
  CHECK(y.shape().str() == "(None, 1)");
  Model model(x, nn::sigmoid(y));
  Tensor data = numbers({4, 2, 3});
  Tensor wanted =
      nn::sigmoid(reduce_mean(maximum(2.0 * reshape(data, {-1, 6}) - 1.0, 0.0),
                              {.axis = 1, .keepdims = true}));
  CHECK(difference(model(data), wanted, {1e-6, 1e-6}) == "");
  CHECK(model.layers()[1].class_name() == "TFOpLambda");
}

TEST_CASE("Models can be layers, and parts of models models") {
  Tensor x = Input({4});
  Model encoder(x, dense(dense(x, 8, "wide"), 2, "code"));
  Tensor z = Input({4});
  Model outer(z, dense(encoder(z), 4, "decoded"));
  CHECK(outer.variables().size() == 6);
  Tensor data = numbers({3, 4});
  Model inner(outer.input(), outer.get_layer("decoded").input());
  CHECK(difference(inner(data), encoder(data), {1e-6, 1e-6}) == "");
  // From the middle on: the code becomes an input.
  Model decoder(encoder.get_layer("code").output(),
                encoder.get_layer("code").output() * 2.0);
  CHECK(difference(decoder(encoder(data)), encoder(data) * 2.0, {}) == "");
}

TEST_CASE("A Sequential's layers have Keras tensors, too") {
  Sequential model({layers::Dense(5, {.input_shape = {3}}), layers::Dense(2)});
  Model first(model.input(), model.layers()[0].output());
  Tensor data = numbers({2, 3});
  CHECK(difference(first(data), model.layers()[0](data), {}) == "");
}

TEST_CASE("The training flag reaches the layers, unless a call has its own") {
  Tensor x = Input({100});
  layers::Dropout dropout(0.5, {.seed = 1});
  Model model(x, dropout(x));
  Model always(x, dropout(x, {.training = true}));
  Tensor ones_ = ones({1, 100});
  CHECK(difference(model(ones_), ones_, {}) == "");
  CHECK(difference(model(ones_, {.training = true}), ones_, {}) != "");
  CHECK(difference(always(ones_), ones_, {}) != "");
}

namespace {

/// Steps that are all 0 do not count; no later layer sees them in its mask.
class SkipZerosImpl : public LayerBase {
 public:
  using LayerBase::LayerBase;
  Tensor call(const Tensor& x, const CallArgs&) override { return x; }
  Tensor compute_mask(const Nest& inputs, const Tensor&) override {
    return reduce_any(not_equal(inputs.tensor(), 0.0), {.axis = -1});
  }
};
using SkipZeros = Handle<SkipZerosImpl>;

/// The sum over the steps that count.
class MaskedSumImpl : public LayerBase {
 public:
  using LayerBase::LayerBase;
  Tensor call(const Tensor& x, const CallArgs& arguments) override {
    return reduce_sum(x * expand_dims(cast(arguments.mask, x.dtype()), -1),
                      {.axis = 1});
  }
};
using MaskedSum = Handle<MaskedSumImpl>;

}  // namespace

TEST_CASE("Masks go from layer to layer, through those that support them") {
  layers::Dense dense(2, {.bias_initializer = "ones"});
  Tensor x = Input({3, 1});
  Model functional(x, MaskedSum()(dense(SkipZeros()(x))));
  Sequential sequential({SkipZeros(), dense, MaskedSum()});
  Tensor data = constant({{{1.0}, {0.0}, {2.0}}}, float32);
  // The step of the zero has the bias alone, and does not count.
  Tensor wanted =
      dense(constant({{1.0}}, float32)) + dense(constant({{2.0}}, float32));
  CHECK(difference(functional(data), wanted, {1e-6, 1e-6}) == "");
  CHECK(difference(sequential(data), wanted, {1e-6, 1e-6}) == "");
}

TEST_CASE("A loss leaves out the steps that the mask of the output does") {
  Tensor x = Input({2, 1});
  Model model(x, SkipZeros()(x));
  model.compile({.optimizer = "sgd", .loss = "mse"});
  Tensor data = constant({{{3.0}, {0.0}}}, float32);
  Tensor labels = constant({{{1.0}, {5.0}}}, float32);
  CHECK(model.evaluate(data, labels, {.verbose = 0})["loss"] == Approx(4));
}

TEST_CASE("Outputs without their inputs are an error, and names are unique") {
  Tensor a = Input({4}), b = Input({4});
  CHECK_THROWS_WITH(Model(a, a + b), Catch::Contains("Graph disconnected"));
  CHECK_THROWS_AS(Model(a, ones({2})), InvalidArgumentError);
  CHECK_THROWS_WITH(Model(a, dense(dense(a, 4, "twin"), 4, "twin")),
                    Catch::Contains("\"twin\" is used 2 times"));
}

TEST_CASE("Losses, weights and metrics go to the outputs by name") {
  Model model = two_by_two();
  model.compile(
      {.optimizer = "sgd",
       .loss = {{"value", "mse"}, {"kind", "sparse_categorical_crossentropy"}},
       .loss_weights = {{"value", 0.5}, {"kind", 2.0}},
       .metrics = {{"value", "mae"}, {"kind", "accuracy"}}});
  CHECK(model.metrics_names() ==
        std::vector<std::string>{
            "loss", "value_loss", "kind_loss", "value_mae", "kind_accuracy"});
  Nest x = {numbers({6, 4}), numbers({6, 3})};
  Nest y = {zeros({6, 1}), constant({0, 1, 2, 0, 1, 2}, int32)};
  Logs logs = model.evaluate(x, y, {.verbose = 0});
  CHECK(logs["loss"] ==
        Approx(0.5 * logs["value_loss"] + 2 * logs["kind_loss"]));
  History history = model.fit(x, y, {.epochs = 3, .verbose = 0});
  CHECK(history.history["loss"].size() == 3);
  CHECK(history.history["loss"][2] < history.history["loss"][0]);
  Nest named = {{"kind", y[1]}, {"value", y[0]}};
  CHECK(model.evaluate(x, named, {.verbose = 0})["loss"] ==
        Approx(model.evaluate(x, y, {.verbose = 0})["loss"]));
  auto [value, kind] = model.predict(x, {.verbose = 0});
  CHECK(value.shape().str() == "(6, 1)");
  CHECK(kind.shape().str() == "(6, 3)");
  CHECK_THROWS_WITH(
      model.compile({.loss = {{"value", "mse"}, {"typo", "mse"}}}),
      Catch::Contains("typo"));
}

TEST_CASE("A functional model comes back from an .h5 file as it was") {
  std::string path = std::filesystem::temp_directory_path() /
                     ("functional_" + std::to_string(::getpid()) + ".h5");
  Model model = two_by_two();
  model.compile(
      {.optimizer = "adam",
       .loss = {{"value", "mse"}, {"kind", "sparse_categorical_crossentropy"}},
       .loss_weights = {{"value", 0.5}, {"kind", 2.0}},
       .metrics = {{"value", "mae"}, {"kind", "accuracy"}}});
  Nest x = {numbers({6, 4}), numbers({6, 3})};
  Nest y = {zeros({6, 1}), constant({0, 1, 2, 0, 1, 2}, int32)};
  model.fit(x, y, {.epochs = 1, .verbose = 0});
  model.save(path);
  Model again = models::load_model(path);
  std::remove(path.c_str());
  CHECK(names_of(again.layers()) == names_of(model.layers()));
  CHECK(again.to_json() == model.to_json());
  CHECK(summary_of(again) == summary_of(model));
  CHECK(again.metrics_names() == model.metrics_names());
  model.reset_metrics();  // which go on from fit
  Logs before = model.train_on_batch(x, y), after = again.train_on_batch(x, y);
  CHECK(after["kind_loss"] == Approx(before["kind_loss"]));
  Nest a = model.predict(x, {.verbose = 0}),
       b = again.predict(x, {.verbose = 0});
  CHECK(difference(b[0], a[0], {1e-6, 1e-6}) == "");
  CHECK(difference(b[1], a[1], {1e-6, 1e-6}) == "");
}

TEST_CASE("Nested models and shared layers keep their wiring in JSON") {
  layers::Dense shared(4, {.name = "shared"});
  Tensor x = Input({4}, {.name = "x"});
  Model inner(x, dense(x, 4, "within"), {.name = "inner"});
  Tensor z = Input({4}, {.name = "z"});
  Model model(z, shared(inner(shared(z))), {.name = "outer"});
  Model again = models::model_from_json(model.to_json());
  CHECK(again.to_json() == model.to_json());
  again.set_weights(model.get_weights());
  Tensor data = numbers({2, 4});
  CHECK(difference(again(data), model(data), {1e-6, 1e-6}) == "");
}

TEST_CASE("train_on_batch and test_on_batch take models of several outputs") {
  Model model = two_by_two();
  model.compile({.optimizer = "sgd", .loss = "mse"});
  Nest x = {numbers({2, 4}), numbers({2, 3})};
  Nest y = {zeros({2, 1}), zeros({2, 3})};
  Logs first = model.train_on_batch(x, y);
  CHECK(first.contains("value_loss"));
  CHECK(model.test_on_batch(x, y)["loss"] < first["loss"]);
  CHECK_THROWS_AS(model.train_on_batch(x, y[0]), InvalidArgumentError);
}

}  // namespace tern::keras
