// Tells ten kinds of clothes (Fashion-MNIST) or ten digits (MNIST) apart:
// trains a small network, saves it, loads it again and compares.
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <optional>
#include <string>

#include "tern/tern.h"

using namespace tern;
using namespace tern::keras;

namespace {

constexpr const char* kDebianFolder = "/usr/share/datasets/fashion-mnist";
constexpr const char* kFirstFile = "train-images-idx3-ubyte.gz";

struct Arguments {
  std::string data;
  int epochs = 5;
  std::optional<int> seed;
  std::string save = "mnist.h5";
};

[[noreturn]] void usage(int status) {
  (status == 0 ? std::cout : std::cerr)
      << "usage: mnist [--data FOLDER] [--epochs N] [--seed N] [--save FILE]\n"
         "  --data    folder with train-images-idx3-ubyte.gz and the other "
         "three files\n"
         "            (default: $TERN_DATA/mnist, $TERN_DATA, then\n           "
         " "
      << kDebianFolder
      << " of the Debian package dataset-fashion-mnist)\n"
         "  --epochs  passes over the training pictures (default 5)\n"
         "  --seed    makes the run repeatable\n"
         "  --save    where the trained model goes (default mnist.h5)\n";
  std::exit(status);
}

Arguments parse(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    std::string name = argv[i];
    if (name == "--help" || name == "-h") usage(0);
    if (i + 1 == argc) usage(2);
    std::string value = argv[++i];
    try {
      if (name == "--data")
        arguments.data = value;
      else if (name == "--epochs")
        arguments.epochs = std::stoi(value);
      else if (name == "--seed")
        arguments.seed = std::stoi(value);
      else if (name == "--save")
        arguments.save = value;
      else
        usage(2);
    } catch (const std::logic_error&) {
      std::cerr << name << " wants a number, got \"" << value << "\"\n";
      usage(2);
    }
  }
  return arguments;
}

/// The folder that holds the four files, or an error that says where they
/// were looked for and how to get them.
std::string find_data(const std::string& given) {
  std::vector<std::string> folders;
  const char* variable = std::getenv("TERN_DATA");
  if (!given.empty()) {
    folders = {given};
  } else {
    if (variable)
      folders = {std::string(variable) + "/mnist", std::string(variable)};
    folders.push_back(kDebianFolder);
  }
  std::string looked;
  for (const std::string& folder : folders) {
    if (std::filesystem::exists(folder + "/" + kFirstFile)) return folder;
    looked += " " + folder;
  }
  throw NotFoundError(
      kFirstFile,
      ": no such file (looked in",
      looked,
      given.empty() && !variable ? "; $TERN_DATA is not set" : "",
      "); get it by `sudo apt install dataset-fashion-mnist`, or download "
      "MNIST's four .gz files and pass their folder as --data");
}

void run(const Arguments& arguments) {
  std::string data = find_data(arguments.data) + "/";
  if (arguments.seed) utils::set_random_seed(*arguments.seed);

  Tensor x_train = io::read_idx(data + kFirstFile) / 255.0;
  Tensor y_train = io::read_idx(data + "train-labels-idx1-ubyte.gz");
  Tensor x_test = io::read_idx(data + "t10k-images-idx3-ubyte.gz") / 255.0;
  Tensor y_test = io::read_idx(data + "t10k-labels-idx1-ubyte.gz");

  Sequential model({layers::Flatten({.input_shape = {28, 28}}),
                    layers::Dense(512, {.activation = nn::relu}),
                    layers::Dropout(0.2),
                    layers::Dense(10, {.activation = nn::softmax})});
  model.summary();
  model.compile({.optimizer = "adam",
                 .loss = "sparse_categorical_crossentropy",
                 .metrics = {"accuracy"}});
  model.fit(x_train, y_train, {.epochs = arguments.epochs});
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
  Arguments arguments = parse(argc, argv);
  try {
    run(arguments);
  } catch (const Error& error) {
    std::cerr << "mnist: " << error.what() << "\n";
    return 1;
  }
}
