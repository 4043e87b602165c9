#include <catch2/catch.hpp>

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

TEST_CASE("EarlyStopping ends after as many epochs without gain as it may") {
  // No loss is better by 1000 than the first.
  Line line;
  History history =
      line.fit(10,
               {callbacks::EarlyStopping(
                   {.monitor = "loss", .min_delta = 1000, .patience = 2})});
  CHECK(history.epoch == std::vector<int>{0, 1, 2});
}
