// The Keras programs of the API tour, as far as they are built: they compile
// as a user writes them, and do what they should on the real data.
#include <catch2/catch.hpp>
#include <filesystem>
#include <iostream>
#include <sstream>

#include "keras/vectors.h"
#include "tern/tern.h"

using namespace tern;
using namespace tern::keras;

namespace {

/// Works in an empty folder of its own, and keeps quiet.
struct Workplace {
  Workplace() : old_path(std::filesystem::current_path()) {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "tern-XXXXXX").string();
    path = mkdtemp(pattern.data());
    std::filesystem::current_path(path);
    old_output = std::cout.rdbuf(text.rdbuf());
  }
  ~Workplace() {
    std::cout.rdbuf(old_output);
    std::filesystem::current_path(old_path);
    std::filesystem::remove_all(path);
  }
  std::filesystem::path old_path, path;
  std::ostringstream text;
  std::streambuf* old_output;
};

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

Sequential titanic_model() {
  Sequential model;
  model.add(layers::Dense(20, {.activation = "relu", .input_shape = {15}}));
  model.add(layers::Dense(10, {.activation = "relu"}));
  model.add(layers::Dense(1, {.activation = "sigmoid"}));
  model.compile(
      {.optimizer = "adam", .loss = "binary_crossentropy", .metrics = {"AUC"}});
  return model;
}

struct Titanic {
  explicit Titanic(const std::string& shared) {
    Dict train = io::read_csv(shared + "/data/titanic/train.csv");
    Dict test = io::read_csv(shared + "/data/titanic/test.csv");
    x_train = preprocess(train), y_train = train["Survived"];
    x_test = preprocess(test), y_test = test["Survived"];
  }
  Tensor x_train, y_train, x_test, y_test;
};

class LinearImpl : public LayerBase {
 public:
  explicit LinearImpl(int units = 32, LayerOptions options = {})
      : LayerBase(options), units_(units) {}
  void build(const Shape& input) override {
    w_ = add_weight("w", {input[-1], units_}, {.initializer = "random_normal"});
    b_ = add_weight("b", {units_}, {.initializer = "random_normal"});
  }
  Tensor call(const Tensor& x, const CallArgs&) override {
    return matmul(x, w_) + b_;
  }
  Config get_config() const override {
    Config config = LayerBase::get_config();
    config["units"] = units_;
    return config;
  }
  static Layer from_config(const Config& config);

 private:
  int units_;
  Variable w_, b_;
};
using Linear = Handle<LinearImpl>;
Layer LinearImpl::from_config(const Config& config) {
  return Linear(config["units"].get<int>(),
                {.name = config["name"].get<std::string>()});
}

auto focal_loss(double gamma = 2.0, double alpha = 0.75) {
  return [=](const Tensor& y_true, const Tensor& y_pred) {
    Tensor bce = losses::binary_crossentropy(y_true, y_pred);
    Tensor p_t = y_true * y_pred + (1 - y_true) * (1 - y_pred);
    Tensor weight = y_true * alpha + (1 - y_true) * (1 - alpha);
    return reduce_sum(weight * pow(1 - p_t, gamma) * bce, {.axis = -1});
  };
}

Tensor ks(const Tensor& y_true,
          const Tensor& y_pred) {  // a metric as a function
  auto [sorted, indices] =
      math::top_k(reshape(y_pred, {-1}), size(y_pred), {.sorted = false});
  Tensor y = gather(reshape(y_true, {-1}), indices);
  Tensor positive = cumsum(y) / reduce_sum(y);
  Tensor negative = cumsum(1 - y) / reduce_sum(1 - y);
  return reduce_max(abs(positive - negative));
}

}  // namespace

TEST_CASE("The Titanic program of the API tour runs up to the loaded model") {
  auto shared = shared_folder();
  if (!shared) return;
  Titanic data(std::filesystem::absolute(*shared).string());
  Workplace workplace;
  utils::set_random_seed(1);
  CHECK(data.x_train.shape() == Shape({712, 15}));
  CHECK(data.x_test.shape() == Shape({179, 15}));

  Sequential model = titanic_model();
  model.summary();
  int epochs = 0;
  History history =
      model.fit(data.x_train,
                data.y_train,
                {.batch_size = 64,
                 .epochs = 30,
                 .callbacks = {callbacks::EarlyStopping({.patience = 5}),
                               callbacks::CSVLogger("titanic.csv"),
                               callbacks::LambdaCallback(
                                   {.on_epoch_end =
                                        [&](int epoch, const Logs& logs) {
                                          CHECK(epoch == epochs++);
                                          CHECK(logs["AUC"] > 0);
                                        }})},
                 .validation_split = 0.2});
  CHECK(history.history["val_AUC"].size() == history.epoch.size());
  CHECK(static_cast<int>(history.epoch.size()) == epochs);
  CHECK(std::filesystem::exists("titanic.csv"));

  Logs result = model.evaluate(data.x_test, data.y_test);
  CHECK(result["AUC"] > 0.6);
  Tensor probability = model.predict(data.x_test[Slice{0, 10}]);
  Tensor label = cast(probability > 0.5, int32);
  CHECK(label.shape() == Shape({10, 1}));

  model.save("keras_model.h5");
  Model again = models::load_model("keras_model.h5");
  Logs same = again.evaluate(data.x_test, data.y_test);
  CHECK(same["loss"] == result["loss"]);
  CHECK(same["AUC"] == result["AUC"]);

  std::string json = model.to_json();
  model.save_weights("weights.h5");
  Model rebuilt = models::model_from_json(json);
  rebuilt.compile(
      {.optimizer = "adam", .loss = "binary_crossentropy", .metrics = {"AUC"}});
  rebuilt.load_weights("weights.h5");
  CHECK(rebuilt.evaluate(data.x_test, data.y_test)["loss"] == result["loss"]);
}

TEST_CASE(
    "The tutorial's Titanic weights give the tutorial's test loss and "
    "AUC") {
  auto shared = shared_folder();
  if (!shared) return;
  Titanic data(*shared);
  Sequential model = titanic_model();
  model.load_weights(*shared + "/models/tutorial/keras_model_weight.h5");
  Logs result = model.evaluate(data.x_test, data.y_test, {.verbose = 0});
  CHECK(result["loss"] == Approx(0.51914).epsilon(1e-4));
  CHECK(result["AUC"] == Approx(0.81226).epsilon(1e-4));
}

TEST_CASE("The digits program of the API tour learns from its first batches") {
  auto shared = shared_folder();
  if (!shared) return;
  std::string folder =
      std::filesystem::absolute(*shared).string() + "/data/mnist/";
  Workplace workplace;
  utils::set_random_seed(1);
  Tensor x_train = io::read_idx(folder + "t10k-images-idx3-ubyte.gz") / 255.0;
  Tensor y_train = io::read_idx(folder + "t10k-labels-idx1-ubyte.gz");
  Sequential model({layers::Flatten({.input_shape = {28, 28}}),
                    layers::Dense(64, {.activation = nn::relu}),
                    layers::Dropout(0.2),
                    layers::Dense(10, {.activation = nn::softmax})});
  model.compile({.optimizer = "adam",
                 .loss = "sparse_categorical_crossentropy",
                 .metrics = {"accuracy"}});
  model.fit(x_train, y_train, {.epochs = 1});
  model.save("mnist.h5");
  Logs result = models::load_model("mnist.h5").evaluate(x_train, y_train);
  CHECK(result["accuracy"] > 0.8);
}

TEST_CASE(
    "The custom-object program of the API tour, as far as its layers "
    "go") {
  Workplace workplace;
  layers::Lambda power([](const Tensor& x) { return pow(x, 2); });
  CHECK(power(range(5))[4].item<float>() == 16);

  Linear linear(8);
  linear.build({-1, 16});
  std::cout << linear.built() << linear.compute_output_shape({-1, 16})
            << linear.get_config();
  linear(random::uniform({100, 64 / 4}));

  Sequential model;
  model.add(Linear(1, {.input_shape = {2}}));
  CHECK(model.input_shape() == Shape({-1, 2}));
  CHECK(model.output_shape() == Shape({-1, 1}));
  model.compile({.optimizer = "sgd", .loss = "mse", .metrics = {"mae"}});
  std::cout << Tensor(model.predict(constant({{3.0, 2.0}, {4.0, 5.0}})));
  model.save("linear_model.h5", {.save_format = "h5"});
  Model loaded = models::load_model(
      "linear_model.h5",
      {.custom_objects = {{"Linear", LinearImpl::from_config}}});
  register_keras_serializable("Linear", LinearImpl::from_config);
  CHECK(models::load_model("linear_model.h5").built());

  Sequential regular(
      {layers::Dense(64,
                     {.kernel_regularizer = regularizers::l2(0.01),
                      .activity_regularizer = "l1",
                      .kernel_constraint =
                          constraints::MaxNorm({.max_value = 2, .axis = 0}),
                      .input_shape = {64}}),
       layers::Dense(
           1,
           {.activation = [](const Tensor& x) { return nn::sigmoid(x); },
            .kernel_regularizer =
                [](const Tensor& w) { return 0.01 * reduce_sum(abs(w)); }})});
  regular.compile(
      {.optimizer = "rmsprop", .loss = focal_loss(), .metrics = {"AUC", ks}});
  Tensor x = random::normal({32, 64});
  Tensor y = cast(random::uniform({32, 1}) > 0.5, float32);
  History history = regular.fit(x, y, {.epochs = 2});
  CHECK(history.history["loss"][1] < history.history["loss"][0]);
}
