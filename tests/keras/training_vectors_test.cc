#include <catch2/catch.hpp>

#include "keras/vectors.h"
#include "tern/keras/layers.h"
#include "tern/keras/model.h"

namespace tern::keras {

TEST_CASE("fit, evaluate and predict end and print as Keras 2's") {
  int checked = check_cases("train_");
  if (shared_folder()) CHECK(checked >= 8);
}

TEST_CASE("Models of files have Keras 2's configurations and summaries") {
  int checked = check_cases("config_");
  if (shared_folder()) CHECK(checked >= 3);
}

TEST_CASE("fit ends at the same weights when it runs eagerly") {
  for_each_case("train_mlp_adam", [](const VectorCase& vectors) {
    Model traced = models::load_model(vectors.path("before.h5"));
    Model eager = models::load_model(vectors.path("before.h5"));
    eager.compile({.optimizer = eager.optimizer(),
                   .loss = "mse",
                   .metrics = {"mae"},
                   .run_eagerly = true});
    Tensor x = vectors.load(vectors.facts()["data"]["x"]);
    Tensor y = vectors.load(vectors.facts()["data"]["y"]);
    FitOptions options{
        .batch_size = 8, .epochs = 2, .verbose = 0, .shuffle = false};
    traced.fit(x, y, options);
    eager.fit(x, y, options);
    Tensors a = traced.get_weights(), b = eager.get_weights();
    for (std::size_t i = 0; i < a.size(); ++i)
      CHECK(difference(b[i], a[i], {1e-5, 1e-6}) == "");
  });
}

}  // namespace tern::keras
