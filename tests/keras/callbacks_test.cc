#include <catch2/catch.hpp>
#include <cmath>
#include <filesystem>
#include <iostream>
#include <sstream>

#include "io/temporary_file.h"
#include "tern/tern.h"

using namespace tern;
using namespace tern::keras;

namespace {

/// y = 2x, learnt from four points.
struct Line {
  Line() {
    model.compile(
        {.optimizer = optimizers::SGD({.learning_rate = 0.1}), .loss = "mse"});
  }
  History fit(int epochs, const std::vector<Callback>& callbacks) {
    return model.fit(x,
                     2 * x,
                     {.batch_size = 4,
                      .epochs = epochs,
                      .verbose = 0,
                      .callbacks = callbacks});
  }
  Tensor x = constant({{-1.0}, {0.0}, {1.0}, {2.0}});
  Sequential model{{layers::Dense(1, {.input_shape = {1}})}};
};

}  // namespace

TEST_CASE("LambdaCallback is told of each epoch, with its losses at the end") {
  std::vector<int> begun;
  std::vector<double> losses;
  History history = Line().fit(
      3,
      {callbacks::LambdaCallback(
          {.on_epoch_begin = [&](int epoch,
                                 const Logs&) { begun.push_back(epoch); },
           .on_epoch_end =
               [&](int, const Logs& logs) {
                 losses.push_back(logs["loss"]);
               }})});
  CHECK(begun == std::vector<int>{0, 1, 2});
  CHECK(losses == history.history["loss"]);
}

TEST_CASE("CSVLogger writes a line an epoch") {
  test::TemporaryFile file;
  History history = Line().fit(3, {callbacks::CSVLogger(file.path())});
  Dict table = io::read_csv(file.path());
  CHECK(reduce_all(table["epoch"] == Tensor({0, 1, 2})).item<bool>());
  for (int i : {0, 1, 2})
    CHECK(table["loss"][i].item<float>() ==
          Approx(history.history["loss"][static_cast<std::size_t>(i)]));
}

TEST_CASE("CSVLogger goes on with a file, under other separators") {
  test::TemporaryFile file;
  const callbacks::CSVLoggerOptions options{.separator = ";", .append = true};
  for (int run : {0, 1}) {
    (void)run;
    Line().fit(1, {callbacks::CSVLogger(file.path(), options)});
  }
  const std::string text = io::read_bytes(file.path());
  CHECK(text.substr(0, 14) == "epoch;loss\r\n0;");
  CHECK(std::count(text.begin(), text.end(), '\n') == 3);
}

TEST_CASE("ModelCheckpoint saves under names made of epochs and losses") {
  test::TemporaryFolder folder;
  Line line;
  History history = line.fit(
      2, {callbacks::ModelCheckpoint(folder / "{epoch:03d}-{loss:.2f}.h5")});
  for (std::size_t i : {0u, 1u}) {
    char name[32];
    std::snprintf(name,
                  sizeof name,
                  "%03d-%.2f.h5",
                  static_cast<int>(i) + 1,
                  history.history["loss"][i]);
    CHECK(std::filesystem::exists(folder / name));
  }
  CHECK_THROWS_WITH(
      line.fit(1, {callbacks::ModelCheckpoint(folder / "{val}.h5")}),
      Catch::Contains("no \"val\"; there are: epoch, loss"));
}

TEST_CASE("ModelCheckpoint saves the best model only, and says so") {
  test::TemporaryFolder folder;
  Line line;
  const std::string path = folder / "best.h5";
  std::vector<double> losses = {0.5, 0.25, 0.75};
  class FakeLossImpl : public CallbackBase {
   public:
    explicit FakeLossImpl(std::vector<double> values)
        : values_(std::move(values)) {}
    void on_epoch_end(int epoch, Logs& logs) override {
      logs["loss"] = values_[static_cast<std::size_t>(epoch)];
    }

   private:
    std::vector<double> values_;
  };
  std::ostringstream text;
  std::streambuf* old = std::cout.rdbuf(text.rdbuf());
  line.fit(
      3,
      {Handle<FakeLossImpl>(losses),
       callbacks::ModelCheckpoint(
           path, {.monitor = "loss", .verbose = 1, .save_best_only = true})});
  std::cout.rdbuf(old);
  CHECK(text.str() ==
        "\nEpoch 00001: loss improved from inf to 0.50000, saving model to " +
            path +
            "\n\nEpoch 00002: loss improved from 0.50000 to 0.25000, saving "
            "model to " +
            path + "\n\nEpoch 00003: loss did not improve from 0.25000\n");
  CHECK(models::load_model(path).built());
}

TEST_CASE("EarlyStopping ends after as many epochs without gain as it may") {
  // No loss is better by 1000 than the first.
  Line line;
  History history =
      line.fit(10,
               {callbacks::EarlyStopping(
                   {.monitor = "loss", .min_delta = 1000, .patience = 2})});
  CHECK(history.epoch == std::vector<int>{0, 1, 2});
}

TEST_CASE("TerminateOnNaN ends the training at the first such loss") {
  Sequential model({layers::Dense(1, {.input_shape = {1}})});
  model.compile({.optimizer = "sgd", .loss = "mse"});
  int batches = 0;
  Tensor x = fill({8, 1}, constant(std::nan(""), float32));
  model.fit(
      x,
      zeros({8, 1}),
      {.batch_size = 2,
       .epochs = 3,
       .verbose = 0,
       .callbacks = {callbacks::TerminateOnNaN(),
                     callbacks::LambdaCallback(
                         {.on_train_batch_end = [&](std::int64_t, const Logs&) {
                           ++batches;
                         }})}});
  CHECK(batches == 1);
}
