// Aeroplanes or cars (two classes of CIFAR-10): reads JPEG files and trains a
// small network of convolutions.
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "../common/command_line.h"
#include "tern/tern.h"

using namespace tern;
using namespace tern::keras;

namespace {

struct Arguments {
  std::string data;
  int epochs = 10;
  std::optional<int> seed;
  std::string save = "cifar2.h5";
};

struct Pictures {
  Tensor images;  // [count, 32, 32, 3], from 0 to 1
  Tensor labels;  // [count]: 1 for a car
};

/// All of FOLDER/airplane/*.jpg and FOLDER/automobile/*.jpg.
Pictures load(const std::string& folder) {
  Tensors images;
  std::vector<float> labels;
  for (const char* name : {"airplane", "automobile"}) {
    std::vector<std::string> files;
    for (const auto& entry :
         std::filesystem::directory_iterator(folder + "/" + name))
      files.push_back(entry.path().string());
    std::sort(files.begin(), files.end());
    for (const std::string& file : files) {
      Tensor image = image::decode_jpeg(Tensor(io::read_bytes(file)));
      images.push_back(image::resize(image, {32, 32}) / 255.0);
      labels.push_back(std::string(name) == "automobile" ? 1.0f : 0.0f);
    }
  }
  return {stack(images), Tensor(labels)};
}

Model make_model() {
  Tensor inputs = Input({32, 32, 3});
  Tensor x = layers::Conv2D(32, {3, 3})(inputs);
  x = layers::MaxPool2D()(x);
  x = layers::Conv2D(64, 5)(x);
  x = layers::MaxPool2D()(x);
  x = layers::Dropout(0.1)(x);
  x = layers::Flatten()(x);
  x = layers::Dense(32, {.activation = nn::relu})(x);
  Tensor outputs = layers::Dense(1, {.activation = "sigmoid"})(x);
  return Model(inputs, outputs);
}

void run(const Arguments& arguments) {
  std::string data = find_data("train",
                               arguments.data,
                               "cifar2",
                               "",
                               "pass the folder that holds train/ and test/ as "
                               "--data");
  if (arguments.seed) utils::set_random_seed(*arguments.seed);
  Pictures train = load(data + "/train"), test = load(data + "/test");
  Model model = make_model();
  model.summary();
  model.compile({.optimizer = optimizers::Adam({.learning_rate = 0.001}),
                 .loss = losses::binary_crossentropy,
                 .metrics = {"accuracy"}});
  model.fit(train.images,
            train.labels,
            {.batch_size = 100,
             .epochs = arguments.epochs,
             .validation_data = {test.images, test.labels}});
  Logs result = model.evaluate(test.images, test.labels, {.verbose = 0});
  std::cout << "test loss " << result["loss"] << ", accuracy "
            << result["accuracy"] << "\n";
  model.save(arguments.save);
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  CommandLine("cifar2",
              {{"data",
                "FOLDER",
                "with train/ and test/, in each airplane/ and automobile/\n"
                "             (default: $TERN_DATA/cifar2, $TERN_DATA)",
                &arguments.data},
               {"epochs",
                "N",
                "passes over the pictures (default 10)",
                &arguments.epochs},
               {"seed", "N", "makes the run repeatable", &arguments.seed},
               {"save",
                "FILE",
                "where the trained model goes (default cifar2.h5)",
                &arguments.save}})
      .parse(argc, argv);
  try {
    run(arguments);
  } catch (const Error& error) {
    std::cerr << "cifar2: " << error.what() << "\n";
    return 1;
  }
}
