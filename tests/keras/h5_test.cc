#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "io/npy.h"
#include "io/temporary_file.h"
#include "keras/vectors.h"
#include "tern/core/error.h"
#include "tern/io/file.h"
#include "tern/keras.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"
#include "tern/ops/random.h"

namespace tern::keras {
namespace {

namespace fs = std::filesystem;

Sequential small_model() {
  Sequential model(
      {layers::Dense(5, {.activation = "relu", .input_shape = {4}}),
       layers::Dropout(0.25),
       layers::Dense(1)});
  model.compile({.optimizer = optimizers::Adam({.learning_rate = 0.01}),
                 .loss = "mse",
                 .metrics = {"mae"}});
  return model;
}

void check_same_values(const Variables& a, const Variables& b) {
  REQUIRE(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i)
    CHECK(difference(a[i], b[i], {}) == "");
}

}  // namespace

TEST_CASE("A model loaded from its .h5 file predicts and trains on the same") {
  test::TemporaryFolder folder;
  Sequential model = small_model();
  Tensor x = random::normal({16, 4}), y = random::normal({16, 1});
  model.fit(x, y, {.epochs = 2, .verbose = 0});
  model.save(folder / "model.h5");
  Model again = models::load_model(folder / "model.h5");
  check_same_values(model.variables(), again.variables());
  check_same_values(model.optimizer().variables(),
                    again.optimizer().variables());
  Model trained = models::load_model(folder / "model.h5");
  check_same_values(model.optimizer().variables(),
                    trained.optimizer().variables());
  CHECK(again.get_config().dump() == model.get_config().dump());
  CHECK(again.optimizer().learning_rate().read().item<float>() == 0.01f);
  Logs before = model.evaluate(x, y, {.verbose = 0});
  Logs after = again.evaluate(x, y, {.verbose = 0});
  CHECK(before["loss"] == after["loss"]);
  CHECK(before["mae"] == after["mae"]);
}

TEST_CASE("Weights travel through a file into a model built from JSON") {
  test::TemporaryFolder folder;
  Sequential model = small_model();
  model.save_weights(folder / "weights.h5");
  Model again = models::model_from_json(model.to_json());
  again.load_weights(folder / "weights.h5");
  check_same_values(model.variables(), again.variables());
}

TEST_CASE("Keras 2's files are read with the state of the optimizer") {
  for_each_case("train_mlp_adam", [](const VectorCase& vectors) {
    Model model = models::load_model(vectors.path("after.h5"));
    const Config& wanted = vectors.facts()["keras2"];
    Variables weights = model.variables();
    for (std::size_t i = 0; i < weights.size(); ++i)
      CHECK(difference(weights[i],
                       vectors.load(wanted["weights_after"].items()[i]["file"]),
                       {}) == "");
    Variables state = model.optimizer().variables();
    const auto& saved = wanted["optimizer_variables_after"].items();
    REQUIRE(state.size() == saved.size());
    for (std::size_t i = 0; i < state.size(); ++i)
      CHECK(difference(state[i], vectors.load(saved[i]["file"]), {}) == "");
    CHECK(model.metrics_names() == std::vector<std::string>{"loss", "mae"});
  });
}

TEST_CASE("A file of Keras 2's legacy Adam goes on training where it stopped") {
  auto shared = shared_folder();
  if (!shared) return;
  std::string folder = *shared + "/models/tf221/tfk_files_legacy_adam/";
  Tensor x = io::read_npy(folder + "x.npy");
  Model model = models::load_model(folder + "model.h5");
  Tolerance allowed{1e-4, 1e-5};
  CHECK(difference(model.predict(x, {.verbose = 0}),
                   io::read_npy(folder + "predict.npy"),
                   allowed) == "");
  model.train_on_batch(x, io::read_npy(folder + "y.npy"));
  CHECK(difference(model.predict(x, {.verbose = 0}),
                   io::read_npy(folder + "predict_after_step.npy"),
                   allowed) == "");
}

TEST_CASE("to_json gives Keras 2's configuration of each layer") {
  for_each_case("config_mlp", [](const VectorCase& vectors) {
    Config wanted = Config::parse(vectors.text("keras2_to_json.json"));
    Model model = models::load_model(vectors.path("model.h5"));
    Config got = Config::parse(model.to_json());
    const auto& layers = wanted["config"]["layers"].items();
    REQUIRE(got["config"]["layers"].items().size() == layers.size());
    for (std::size_t i = 1; i < layers.size(); ++i) {
      const Config& layer = got["config"]["layers"].items()[i];
      CHECK(layer["class_name"].dump() == layers[i]["class_name"].dump());
      CHECK(layer["config"].dump() == layers[i]["config"].dump());
    }
    CHECK(models::model_from_json(wanted.dump()).to_json() == model.to_json());
  });
}

TEST_CASE("A layer of the user's is loaded through custom_objects") {
  class ScaleImpl : public LayerBase {
   public:
    explicit ScaleImpl(double factor, LayerOptions options = {})
        : LayerBase(options), factor_(factor) {}
    Tensor call(const Tensor& x, const CallArgs&) override {
      return x * factor_;
    }
    Config get_config() const override {
      Config config = LayerBase::get_config();
      config["factor"] = factor_;
      return config;
    }

   private:
    double factor_;
  };
  using Scale = Handle<ScaleImpl>;
  test::TemporaryFolder folder;
  Sequential model(
      {layers::Dense(2, {.input_shape = {3}}), Scale(0.5, {.name = "half"})});
  model.save(folder / "scaled.h5");
  auto from_config = [](const Config& config) -> Layer {
    return Scale(config["factor"].get<double>(),
                 {.name = config["name"].get<std::string>()});
  };
  CHECK_THROWS_AS(models::load_model(folder / "scaled.h5"), NotFoundError);
  Model again = models::load_model(
      folder / "scaled.h5", {.custom_objects = {{"Scale", from_config}}});
  Tensor x = ones({2, 3});
  CHECK(difference(again.predict(x, {.verbose = 0}),
                   model.predict(x, {.verbose = 0}),
                   {}) == "");
}

TEST_CASE(
    "Damaged, missing and foreign files give typed errors and change "
    "nothing") {
  test::TemporaryFolder folder;
  Sequential model = small_model();
  model.save(folder / "model.h5");
  Tensors before = model.get_weights();
  std::string bytes = io::read_bytes(folder / "model.h5");

  CHECK_THROWS_AS(models::load_model(folder / "none.h5"), NotFoundError);
  CHECK_THROWS_AS(model.load_weights(folder / "none.h5"), NotFoundError);
  CHECK_THROWS_AS(model.save(folder / "model.xyz"), UnimplementedError);
  CHECK_THROWS_AS(model.save(folder / "model", {.save_format = "tf"}),
                  UnimplementedError);
  CHECK_THROWS_AS(model.save(folder / "model.h5", {.overwrite = false}),
                  AlreadyExistsError);

  std::ofstream(folder / "text.h5") << "no HDF5 at all";
  CHECK_THROWS_AS(models::load_model(folder / "text.h5"), DataLossError);
  for (std::size_t size = 0; size < bytes.size(); size += 997) {
    INFO("cut to " << size << " bytes");
    std::ofstream(folder / "cut.h5", std::ios::binary) << bytes.substr(0, size);
    CHECK_THROWS_AS(model.load_weights(folder / "cut.h5"), Error);
  }
  Sequential other({layers::Dense(7, {.input_shape = {4}})});
  other.save_weights(folder / "other.h5");
  CHECK_THROWS_AS(model.load_weights(folder / "other.h5"),
                  InvalidArgumentError);
  Tensors after = model.get_weights();
  for (std::size_t i = 0; i < before.size(); ++i)
    CHECK(difference(after[i], before[i], {}) == "");
}

TEST_CASE("A save into a folder that is not there names the file asked for") {
  test::TemporaryFolder folder;
  std::string path = folder / "none/model.h5";
  std::string message;
  try {
    small_model().save(path);
  } catch (const NotFoundError& error) {
    message = error.what();
  }
  CHECK(message == path + ": cannot create the file: no such folder");
}

TEST_CASE("A metric that is a C++ function is left out of the file") {
  test::TemporaryFolder folder;
  auto largest = [](const Tensor& y, const Tensor& p) {
    return reduce_max(abs(y - p));
  };
  Sequential model({layers::Dense(1, {.input_shape = {2}})});
  model.compile({.loss = "mse", .metrics = {"mae", largest}});
  model.save(folder / "model.h5");
  Model again = models::load_model(folder / "model.h5");
  CHECK(again.metrics_names() == std::vector<std::string>{"loss", "mae"});
}

TEST_CASE("A failed save leaves the old file") {
  test::TemporaryFolder folder;
  Sequential model = small_model();
  model.save(folder / "model.h5");
  Sequential nameless({layers::Dense(
      1,
      {.activation = [](const Tensor& x) { return x; }, .input_shape = {4}})});
  CHECK_THROWS_AS(nameless.save(folder / "model.h5"), UnimplementedError);
  check_same_values(models::load_model(folder / "model.h5").variables(),
                    model.variables());
}

}  // namespace tern::keras
