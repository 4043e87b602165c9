// Photographs from satellites with two kinds of labels, weather and what is on
// the ground, told by one network with two outputs (Kaggle's "Planet").
//
// The labels come from KagglePlanetMCML.csv. The photographs, which are not
// free to pass on, are made up: every label leaves a pattern of its own.
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "../common/command_line.h"
#include "tern/tern.h"

using namespace tern;
using namespace tern::keras;

namespace {

constexpr int kSize = 128;
constexpr int kWeather = 4;
constexpr int kGround = 13;

struct Arguments {
  std::string data;
  int pictures = 640;
  int epochs = 3;
  std::optional<int> seed;
  std::string save = "planet.h5";
};

/// "[0, 0, 1, 0]" of each row as numbers: [rows, labels].
Tensor parse_labels(const Tensor& texts, int labels) {
  std::vector<float> numbers;
  for (const std::string& text : texts.values<std::string>())
    for (char c : text)
      if (c == '0' || c == '1') numbers.push_back(c == '1' ? 1.0f : 0.0f);
  return reshape(Tensor(numbers), {-1, labels});
}

/// Noise, and for each label that is set a pattern of squares, 8 pixels wide.
Tensor make_pictures(const Tensor& labels) {
  constexpr int kSquares = kSize / 8;
  Tensor patterns =
      random::normal({kWeather + kGround, kSquares * kSquares * 3});
  Tensor coarse =
      reshape(matmul(labels, patterns), {-1, kSquares, 1, kSquares, 1, 3});
  Tensor fine = coarse + zeros({1, 1, 8, 1, 8, 1});
  Tensor noise = random::normal({labels.shape()[0], kSize, kSize, 3});
  return 0.2 * reshape(fine, {-1, kSize, kSize, 3}) + 0.1 * noise;
}

Model make_model() {
  Tensor image = Input({kSize, kSize, 3}, {.name = "input_layer"});
  Tensor x = layers::Conv2D(
      32, {3, 3}, {.padding = "same", .activation = "relu"})(image);
  x = layers::MaxPooling2D({.padding = "same"})(x);
  x = layers::Conv2D(32, {3, 3}, {.padding = "same", .activation = "relu"})(x);
  x = layers::MaxPooling2D({.padding = "same"})(x);
  x = layers::Flatten()(x);
  x = layers::Dropout(0.2)(layers::Dense(128, {.activation = "relu"})(x));
  x = layers::Dropout(0.2)(layers::Dense(128, {.activation = "relu"})(x));
  Tensor weather =
      layers::Dense(kWeather, {.activation = "softmax", .name = "weather"})(x);
  Tensor ground =
      layers::Dense(kGround, {.activation = "sigmoid", .name = "ground"})(x);
  Model model(image, {weather, ground});
  model.compile(
      {.optimizer = "adam",
       .loss = {{"weather", "categorical_crossentropy"},
                {"ground", "binary_crossentropy"}},
       .metrics = {{"weather", "accuracy"}, {"ground", "binary_accuracy"}}});
  return model;
}

void run(const Arguments& arguments) {
  std::string data = find_data("KagglePlanetMCML.csv",
                               arguments.data,
                               "planet",
                               "",
                               "pass the folder of the competition's labels as "
                               "--data");
  if (arguments.seed) utils::set_random_seed(*arguments.seed);
  Dict table = io::read_csv(data + "/KagglePlanetMCML.csv");
  Slice rows{.stop = arguments.pictures};
  Tensor weather = parse_labels(table["weather_labels"][rows], kWeather);
  Tensor ground = parse_labels(table["ground_labels"][rows], kGround);
  Tensor pictures = make_pictures(concat({weather, ground}, 1));

  Model model = make_model();
  model.summary();
  model.fit(pictures,
            {weather, ground},
            {.epochs = arguments.epochs,
             .callbacks = {callbacks::ModelCheckpoint(arguments.save,
                                                      {.verbose = 1})},
             .validation_split = 0.2});

  Model again = models::load_model(arguments.save);
  auto [weather_now, ground_now] = again.predict(pictures, {.verbose = 0});
  std::cout << "loaded again: weather " << weather_now.shape() << ", ground "
            << ground_now.shape() << "\n";
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  CommandLine(
      "planet",
      {{"data",
        "FOLDER",
        "with KagglePlanetMCML.csv (default: $TERN_DATA/planet, "
        "$TERN_DATA)",
        &arguments.data},
       {"pictures", "N", "rows to use (default 640)", &arguments.pictures},
       {"epochs", "N", "passes over them (default 3)", &arguments.epochs},
       {"seed", "N", "makes the run repeatable", &arguments.seed},
       {"save",
        "FILE",
        "where the model goes after each epoch (default planet.h5)",
        &arguments.save}})
      .parse(argc, argv);
  try {
    run(arguments);
  } catch (const Error& error) {
    std::cerr << "planet: " << error.what() << "\n";
    return 1;
  }
}
