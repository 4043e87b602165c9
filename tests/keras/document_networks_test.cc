#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "tern/keras/convolutional.h"
#include "tern/keras/layers.h"
#include "tern/keras/model.h"
#include "tern/ops/array.h"
#include "tern/ops/random.h"

namespace tern::keras {

TEST_CASE("The CIFAR2 network (S2:803) has the documents' shapes and weights") {
  backend::clear_session();
  Tensor inputs = Input({32, 32, 3});
  Tensor x = layers::Conv2D(32, {3, 3})(inputs);
  x = layers::MaxPool2D()(x);
  x = layers::Conv2D(64, 5)(x);
  x = layers::MaxPool2D()(x);
  x = layers::Dropout(0.1)(x);
  x = layers::Flatten()(x);
  x = layers::Dense(32, {.activation = "relu"})(x);
  Model model(inputs, layers::Dense(1, {.activation = "sigmoid"})(x));
  CHECK(model.name() == "model");
  struct Row {
    const char *name, *class_name, *shape;
    int params;
  };
  const std::vector<Row> rows = {
      {"input_1", "InputLayer", "(None, 32, 32, 3)", 0},
      {"conv2d", "Conv2D", "(None, 30, 30, 32)", 896},
      {"max_pooling2d", "MaxPooling2D", "(None, 15, 15, 32)", 0},
      {"conv2d_1", "Conv2D", "(None, 11, 11, 64)", 51264},
      {"max_pooling2d_1", "MaxPooling2D", "(None, 5, 5, 64)", 0},
      {"dropout", "Dropout", "(None, 5, 5, 64)", 0},
      {"flatten", "Flatten", "(None, 1600)", 0},
      {"dense", "Dense", "(None, 32)", 51232},
      {"dense_1", "Dense", "(None, 1)", 33}};
  std::vector<Layer> layers = model.layers();
  REQUIRE(layers.size() == rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    CHECK(layers[i].name() == rows[i].name);
    CHECK(layers[i].class_name() == rows[i].class_name);
    CHECK(layers[i].output().tensor().shape().str() == rows[i].shape);
    CHECK(layers[i].count_params() == rows[i].params);
  }
  CHECK(model.count_params() == 103425);
}

TEST_CASE("The Planet network (S4:60) trains on both of its outputs") {
  Tensor image = Input({128, 128, 3}, {.name = "input_layer"}), x = image;
  for (int i = 0; i < 2; ++i) {
    x = layers::Conv2D(
        32, {3, 3}, {.padding = "same", .activation = "relu"})(x);
    x = layers::MaxPooling2D({.padding = "same"})(x);
  }
  x = layers::Flatten()(x);
  for (int i = 0; i < 2; ++i)
    x = layers::Dropout(0.2)(layers::Dense(128, {.activation = "relu"})(x));
  Tensor weather =
      layers::Dense(4, {.activation = "softmax", .name = "weather"})(x);
  Tensor ground =
      layers::Dense(13, {.activation = "sigmoid", .name = "ground"})(x);
  Model model(image, {weather, ground});
  CHECK(model.count_params() == 4223281);
  model.compile({.optimizer = "adam",
                 .loss = {{"weather", "categorical_crossentropy"},
                          {"ground", "binary_crossentropy"}},
                 .loss_weights = {{"weather", 1.0}, {"ground", 0.5}},
                 .metrics = {{"weather", "accuracy"},
                             {"ground", {"binary_accuracy", metrics::AUC()}}}});
  Tensor pictures = random::uniform({4, 128, 128, 3});
  Tensor clouds = one_hot(constant({0, 1, 2, 3}, int32), 4);
  Tensor forest = ones({4, 13});
  Logs first = model.train_on_batch(pictures, {clouds, forest});
  CHECK(first["loss"] ==
        Approx(first["weather_loss"] + 0.5 * first["ground_loss"]));
  CHECK(first.contains("ground_auc"));
  auto [w, g] = model.predict(pictures, {.verbose = 0});
  CHECK(w.shape().str() == "(4, 4)");
  CHECK(g.shape().str() == "(4, 13)");
}

}  // namespace tern::keras
