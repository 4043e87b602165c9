#include <catch2/catch.hpp>

#include "keras/vectors.h"
#include "tern/autodiff/gradient_tape.h"
#include "tern/keras/losses.h"
#include "tern/ops/math.h"

namespace tern::keras {
namespace {

/// Masks and classes to ignore come with the layers that make them; a class
/// axis other than the last with convolutions.
bool within_reach(const Config& check) {
  const Config& config = check["config"];
  const Config* ignored = config.find("ignore_class");
  return check["mask"].is_null() && (!ignored || ignored->is_null()) &&
         config.get("axis", -1) == -1;
}

}  // namespace

TEST_CASE("Losses and their gradients equal Keras'") {
  for (const char* name : {"BinaryCrossentropy",
                           "CategoricalCrossentropy",
                           "SparseCategoricalCrossentropy",
                           "MeanSquaredError",
                           "MeanAbsoluteError"})
    for_each_case(std::string("loss_") + name, [&](const VectorCase& vectors) {
      int number = -1;
      for (const Config& check : vectors.facts()["checks"].items()) {
        INFO("check " << ++number);
        if (!within_reach(check)) continue;
        Config serialized = Config::object(
            {{"class_name", check["class"]}, {"config", check["config"]}});
        if (check["config"]["reduction"].is_null())
          serialized["config"]["reduction"] = "none";
        Loss loss = Loss::deserialize(serialized);
        Tensor y_pred = vectors.load(check["y_pred"]), weights;
        if (!check["sample_weight"].is_null())
          weights = vectors.load(check["sample_weight"]);
        GradientTape tape;
        tape.watch(y_pred);
        Tensor value = loss(vectors.load(check["y_true"]), y_pred, weights);
        Tolerance allowed = Tolerance::of(check);
        CHECK(difference(value, vectors.load(check["value"]), allowed) == "");
        CHECK(difference(tape.gradient(reduce_sum(value), y_pred),
                         vectors.load(check["grad"]),
                         allowed) == "");
      }
    });
}

}  // namespace tern::keras
