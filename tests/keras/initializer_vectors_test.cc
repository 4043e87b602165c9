#include <catch2/catch.hpp>

#include "keras/vectors.h"
#include "tern/core/error.h"
#include "tern/keras/layers.h"

namespace tern::keras {

TEST_CASE("Initializers give Keras 3's numbers for the same seeds") {
  for (const char* name : {"Constant",
                           "GlorotNormal",
                           "GlorotUniform",
                           "HeNormal",
                           "HeUniform",
                           "LecunNormal",
                           "LecunUniform",
                           "Ones",
                           "RandomNormal",
                           "RandomUniform",
                           "TruncatedNormal",
                           "VarianceScaling",
                           "Zeros"})
    for_each_case(std::string("init_") + name, [](const VectorCase& vectors) {
      Tolerance allowed = Tolerance::of(vectors.facts());
      int number = -1;
      for (const Config& check : vectors.facts()["checks"].items()) {
        INFO("check " << ++number);
        Initializer initializer = Initializer::deserialize(Config::object(
            {{"class_name", check["class"]}, {"config", check["config"]}}));
        Tensor values = initializer(check["shape"].get<Shape>(),
                                    check["dtype"].get<DType>());
        CHECK(difference(values, vectors.load(check["keras3"]), allowed) == "");
      }
    });
}

TEST_CASE("set_random_seed gives a layer the weights Keras 3 gives it") {
  for_each_case("random_set_random_seed", [](const VectorCase& vectors) {
    const Config& sequence = vectors.facts()["sequences"].items()[0];
    utils::set_random_seed(sequence["seed"].get<std::int64_t>());
    layers::Dense dense(3);
    dense.build({-1, 4});
    CHECK(difference(dense.variables()[0],
                     vectors.load(sequence["results"].items()[0]["file"]),
                     Tolerance::of(vectors.facts())) == "");
  });
}

}  // namespace tern::keras
