#include <catch2/catch.hpp>

#include "keras/vectors.h"
#include "tern/keras/layers.h"

namespace tern::keras {

TEST_CASE("Initializers give Keras 3's numbers for the same seeds") {
  int checked = check_cases("init_");
  if (shared_folder()) CHECK(checked >= 13);
}

TEST_CASE("set_random_seed gives a layer the weights Keras 3 gives it") {
  for_each_case("random_set_random_seed", [](const VectorCase& vectors) {
    const Config& sequence = vectors.facts()["sequences"].items()[0];
    utils::set_random_seed(sequence["seed"].get<std::int64_t>());
    layers::Dense dense(3);
    dense.build({-1, 4});
    CHECK(difference(dense.variables()[0],
                     vectors.load(sequence["results"].items()[0]["file"]),
                     golden::tolerance_of(vectors.facts())) == "");
  });
}

}  // namespace tern::keras
