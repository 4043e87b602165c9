// Who survived the Titanic? Columns of a CSV file, a small network, and what
// it makes of passengers it has not seen.
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <optional>
#include <string>

#include "tern/tern.h"

using namespace tern;
using namespace tern::keras;

namespace {

struct Arguments {
  std::string data;
  int epochs = 30;
  std::optional<int> seed;
};

[[noreturn]] void usage(int status) {
  (status == 0 ? std::cout : std::cerr)
      << "usage: titanic [--data FOLDER] [--epochs N] [--seed N]\n"
         "  --data    folder with train.csv and test.csv (default: "
         "$TERN_DATA/titanic, then $TERN_DATA)\n"
         "  --epochs  passes over the training passengers (default 30)\n"
         "  --seed    makes the run repeatable\n";
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
      else
        usage(2);
    } catch (const std::logic_error&) {
      std::cerr << name << " wants a number, got \"" << value << "\"\n";
      usage(2);
    }
  }
  return arguments;
}

std::string find_data(const std::string& given) {
  std::vector<std::string> folders;
  const char* variable = std::getenv("TERN_DATA");
  if (!given.empty())
    folders = {given};
  else if (variable)
    folders = {std::string(variable) + "/titanic", std::string(variable)};
  std::string looked;
  for (const std::string& folder : folders) {
    if (std::filesystem::exists(folder + "/train.csv")) return folder;
    looked += " " + folder;
  }
  throw NotFoundError(
      "train.csv: no such file (",
      folders.empty() ? "--data was not given, $TERN_DATA is not set"
                      : "looked in" + looked,
      "); get the passenger lists train.csv and test.csv of Kaggle's "
      "competition \"Titanic\" (with a column Survived in both) and pass their "
      "folder as --data");
}

// One column a tensor: numbers as float32 with NaN where missing, text as
// strings with "" where missing.
Tensor preprocess(const Dict& raw) {
  auto flag = [](const Tensor& condition) { return cast(condition, float32); };
  Tensors columns;
  for (int pclass : {1, 2, 3}) columns.push_back(flag(raw["Pclass"] == pclass));
  for (auto sex : {"female", "male"})
    columns.push_back(flag(raw["Sex"] == sex));
  Tensor no_age = math::is_nan(raw["Age"]);
  columns.push_back(where(no_age, 0, raw["Age"]));
  columns.push_back(flag(no_age));
  for (auto name : {"SibSp", "Parch", "Fare"}) columns.push_back(raw[name]);
  columns.push_back(flag(raw["Cabin"] == ""));
  for (auto port : {"C", "Q", "S", ""})
    columns.push_back(flag(raw["Embarked"] == port));
  return stack(columns, {.axis = 1});
}

void run(const Arguments& arguments) {
  std::string data = find_data(arguments.data) + "/";
  if (arguments.seed) utils::set_random_seed(*arguments.seed);

  Dict train = io::read_csv(data + "train.csv");
  Dict test = io::read_csv(data + "test.csv");
  Tensor x_train = preprocess(train), y_train = train["Survived"];
  Tensor x_test = preprocess(test), y_test = test["Survived"];

  Sequential model;
  model.add(layers::Dense(20, {.activation = "relu", .input_shape = {15}}));
  model.add(layers::Dense(10, {.activation = "relu"}));
  model.add(layers::Dense(1, {.activation = "sigmoid"}));
  model.summary();
  model.compile({.optimizer = "adam",
                 .loss = "binary_crossentropy",
                 .metrics = {"AUC", "accuracy"}});
  model.fit(x_train,
            y_train,
            {.batch_size = 64,
             .epochs = arguments.epochs,
             .verbose = 2,
             .validation_split = 0.2});

  Logs result = model.evaluate(x_test, y_test, {.verbose = 0});
  std::cout << "test loss " << result["loss"] << ", AUC " << result["AUC"]
            << ", accuracy " << result["accuracy"] << "\n";
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments = parse(argc, argv);
  try {
    run(arguments);
  } catch (const Error& error) {
    std::cerr << "titanic: " << error.what() << "\n";
    return 1;
  }
}
