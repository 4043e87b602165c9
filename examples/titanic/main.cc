// Who survived the Titanic? Columns of a CSV file, a small network, and what
// it makes of passengers it has not seen.
#include <cstdlib>
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
  int epochs = 30;
  std::optional<int> seed;
  std::string save = "titanic.h5";
};

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
  std::string data =
      find_data("train.csv",
                arguments.data,
                "titanic",
                "",
                "get the passenger lists train.csv and test.csv of Kaggle's "
                "competition \"Titanic\" (with a column Survived in both) and "
                "pass their folder as --data") +
      "/";
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

  model.save(arguments.save);
  Logs again = models::load_model(arguments.save)
                   .evaluate(x_test, y_test, {.verbose = 0});
  bool same = again["AUC"] == result["AUC"];
  std::cout << "saved as " << arguments.save
            << ", loaded again: " << (same ? "the same AUC" : "ANOTHER AUC")
            << "\n";
  if (!same) std::exit(1);
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  CommandLine("titanic",
              {{"data",
                "FOLDER",
                "with train.csv and test.csv (default: $TERN_DATA/titanic,\n"
                "             then $TERN_DATA)",
                &arguments.data},
               {"epochs",
                "N",
                "passes over the training passengers (default 30)",
                &arguments.epochs},
               {"seed", "N", "makes the run repeatable", &arguments.seed},
               {"save",
                "FILE",
                "where the trained model goes (default titanic.h5)",
                &arguments.save}})
      .parse(argc, argv);
  try {
    run(arguments);
  } catch (const Error& error) {
    std::cerr << "titanic: " << error.what() << "\n";
    return 1;
  }
}
