// Tells ten kinds of clothes (Fashion-MNIST) or ten digits (MNIST) apart:
// trains a small network, of convolutions or of plain layers, saves it, loads
// it again and compares.
#include <iostream>
#include <optional>
#include <string>

#include "../common/command_line.h"
#include "tern/tern.h"

using namespace tern;
using namespace tern::keras;

namespace {

struct Arguments {
  std::string data;
  int epochs = 5;
  std::optional<int> seed;
  std::string model = "cnn";
  std::string save = "mnist.h5";
};

Sequential make_model(const std::string& kind) {
  if (kind == "cnn")
    return Sequential({layers::Conv2D(32,
                                      3,
                                      {.padding = "same",
                                       .activation = nn::relu,
                                       .input_shape = {28, 28, 1}}),
                       layers::MaxPool2D(),
                       layers::Conv2D(64, 3, {.activation = nn::relu}),
                       layers::MaxPool2D(),
                       layers::Flatten(),
                       layers::Dropout(0.3),
                       layers::Dense(128, {.activation = nn::relu}),
                       layers::Dropout(0.3),
                       layers::Dense(10, {.activation = nn::softmax})});
  if (kind == "mlp")
    return Sequential({layers::Flatten({.input_shape = {28, 28, 1}}),
                       layers::Dense(512, {.activation = nn::relu}),
                       layers::Dropout(0.2),
                       layers::Dense(10, {.activation = nn::softmax})});
  throw InvalidArgumentError(
      "--model is \"cnn\" or \"mlp\", got \"", kind, "\"");
}

/// Pictures [count, 28, 28, 1] of numbers from 0 to 1.
Tensor read_pictures(const std::string& path) {
  return expand_dims(io::read_idx(path) / 255.0, -1);
}

void run(const Arguments& arguments) {
  std::string data =
      find_data("train-images-idx3-ubyte.gz",
                arguments.data,
                "mnist",
                "/usr/share/datasets/fashion-mnist",
                "get it by `sudo apt install dataset-fashion-mnist`, or "
                "download MNIST's four .gz files and pass their folder as "
                "--data") +
      "/";
  if (arguments.seed) utils::set_random_seed(*arguments.seed);

  Tensor x_train = read_pictures(data + "train-images-idx3-ubyte.gz");
  Tensor y_train = io::read_idx(data + "train-labels-idx1-ubyte.gz");
  Tensor x_test = read_pictures(data + "t10k-images-idx3-ubyte.gz");
  Tensor y_test = io::read_idx(data + "t10k-labels-idx1-ubyte.gz");

  Sequential model = make_model(arguments.model);
  model.summary();
  model.compile({.optimizer = "adam",
                 .loss = "sparse_categorical_crossentropy",
                 .metrics = {"accuracy"}});
  model.fit(x_train, y_train, {.batch_size = 64, .epochs = arguments.epochs});
  Logs result = model.evaluate(x_test, y_test, {.verbose = 0});
  std::cout << "test loss " << result["loss"] << ", accuracy "
            << result["accuracy"] << "\n";

  model.save(arguments.save);
  Model again = models::load_model(arguments.save);
  Tensor before = model.predict(x_test, {.verbose = 0});
  Tensor after = again.predict(x_test, {.verbose = 0});
  // Up to the last digit: sums of floats may be taken in another order.
  float distance = reduce_max(abs(before - after)).item<float>();
  bool same = distance < 1e-5f;
  std::cout << "saved as " << arguments.save << ", loaded again: "
            << (same ? "the same predictions" : "OTHER PREDICTIONS") << "\n";
  if (!same) std::exit(1);
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  CommandLine("mnist",
              {{"data",
                "FOLDER",
                "with train-images-idx3-ubyte.gz and the other three files\n"
                "             (default: $TERN_DATA/mnist, $TERN_DATA, then the "
                "Debian\n             package dataset-fashion-mnist)",
                &arguments.data},
               {"epochs",
                "N",
                "passes over the training pictures (default 5)",
                &arguments.epochs},
               {"model",
                "KIND",
                "cnn: convolutions; mlp: plain layers (default cnn)",
                &arguments.model},
               {"seed", "N", "makes the run repeatable", &arguments.seed},
               {"save",
                "FILE",
                "where the trained model goes (default mnist.h5)",
                &arguments.save}})
      .parse(argc, argv);
  try {
    run(arguments);
  } catch (const Error& error) {
    std::cerr << "mnist: " << error.what() << "\n";
    return 1;
  }
}
