#include <catch2/catch.hpp>

#include "keras/vectors.h"
#include "ops/grad_context.h"
#include "tern/core/error.h"
#include "tern/keras/optimizers.h"

namespace tern::keras {
namespace {

Gradient gradient_of(const VectorCase& vectors, const Config& files, int step) {
  if (!files.is_object()) return vectors.load(files)[step];
  return IndexedSlices{vectors.load(files["values"])[step],
                       vectors.load(files["indices"])[step],
                       {}};
}

/// Runs the steps of one generation's case and compares the weights after
/// each, and the slots at the end.
void check_steps(const VectorCase& vectors, const char* generation) {
  const Config& facts = vectors.facts();
  const Config* wanted = facts.find(generation);
  if (!wanted || wanted->is_null()) return;
  Optimizer optimizer;
  try {
    optimizer = Optimizer::deserialize(
        Config::object({{"class_name", facts["covers"].items()[0]},
                        {"config", (*wanted)["config"]}}));
  } catch (const UnimplementedError&) {
    return;  // averages of weights, schedules
  } catch (const NotFoundError&) {
    return;  // an optimizer that is not there yet
  }
  if (!facts["exclude_from_weight_decay"].is_null()) return;
  INFO(generation);
  optimizer.impl()->set_sums_repeated_rows(std::string(generation) == "keras2");
  Variables variables;
  std::vector<Tensor> weights;
  for (const Config& file : (*wanted)["weights"].items()) {
    weights.push_back(vectors.load(file));
    variables.emplace_back(weights.back()[0]);
  }
  Tolerance allowed = Tolerance::of(facts);
  int steps = facts["steps"].get<int>();
  for (int step = 0; step < steps; ++step) {
    INFO("step " << step);
    std::vector<Gradient> gradients;
    for (const Config& files : facts["grads"].items())
      gradients.push_back(gradient_of(vectors, files, step));
    optimizer.impl()->apply(gradients, variables);
    for (std::size_t i = 0; i < variables.size(); ++i)
      CHECK(difference(variables[i], weights[i][step + 1], allowed) == "");
  }
  Variables slots = optimizer.impl()->slots();
  std::size_t next = 0;
  for (const Config& slot : (*wanted)["slots"].items()) {
    std::string name = slot["name"].get<std::string>();
    bool is_slot =
        !name.ends_with("iteration") && !name.ends_with("learning_rate");
    if (!is_slot || next == slots.size()) continue;
    INFO(name);
    CHECK(difference(slots[next++],
                     vectors.load(slot["file"])[steps - 1],
                     allowed) == "");
  }
}

}  // namespace

TEST_CASE("Optimizers take the steps Keras' optimizers take") {
  for (const char* prefix : {"optimizer_SGD_",
                             "optimizer_Adam_",
                             "optimizer_RMSprop_",
                             "optimizer_clip_",
                             "optimizer_sparse_Adam_",
                             "optimizer_sparse_SGD_",
                             "optimizer_sparse_RMSprop_"})
    for_each_case(prefix, [](const VectorCase& vectors) {
      check_steps(vectors, "keras3");
    });
}

TEST_CASE("An optimizer of a Keras 2 file sums repeated sparse rows first") {
  for_each_case("optimizer_sparse_Adam_", [](const VectorCase& vectors) {
    check_steps(vectors, "keras2");
  });
}

}  // namespace tern::keras
