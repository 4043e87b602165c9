#include "ops/grad_context.h"
#include "tern/core/error.h"
#include "tern/keras/optimizers.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"
#include "tools/golden/keras/case.h"

namespace tern::golden {
namespace {

using keras::Config, keras::Optimizer;

Gradient gradient_of(const KerasCase& c, const Config& files, int step) {
  if (!files.is_object()) return c.load(files)[step];
  return IndexedSlices{
      c.load(files["values"])[step], c.load(files["indices"])[step], {}};
}

Optimizer optimizer_of(const KerasCase& c, const Config& generation) {
  std::string name = c.facts()["covers"].items()[0].get<std::string>();
  if (!c.facts()["exclude_from_weight_decay"].is_null())
    throw Missing{"exclude_from_weight_decay"};
  try {
    return Optimizer::deserialize(Config::object(
        {{"class_name", name}, {"config", generation["config"]}}));
  } catch (const UnimplementedError& error) {
    throw Missing{name + ": " + error.what()};
  } catch (const NotFoundError&) {
    throw Missing{name};
  }
}

/// Runs the steps of one generation and compares the weights after each.
void check_steps(const KerasCase& c,
                 const Config& generation,
                 keras::KerasVersion version,
                 Findings& findings) {
  const Config& facts = c.facts();
  Optimizer optimizer = optimizer_of(c, generation);
  optimizer.impl()->set_compatibility(version);
  Variables variables;
  Tensors weights;
  for (const Config& file : generation["weights"].items()) {
    weights.push_back(c.load(file));
    variables.emplace_back(weights.back()[0]);
  }
  Tolerance allowed = tolerance_of(facts);
  int steps = facts["steps"].get<int>();
  std::string name = version == keras::KerasVersion::k2 ? "Keras 2" : "Keras 3";
  for (int step = 0; step < steps; ++step) {
    findings.at(name + ", step " + std::to_string(step));
    std::vector<Gradient> gradients;
    for (const Config& files : facts["grads"].items())
      gradients.push_back(gradient_of(c, files, step));
    optimizer.impl()->apply(gradients, variables);
    for (std::size_t i = 0; i < variables.size(); ++i)
      findings.compare("weight " + std::to_string(i),
                       variables[i],
                       weights[i][step + 1],
                       allowed);
  }
  findings.at(name + ", end");
  const Config* finals = generation.find("final_weights");
  if (!finals || finals->is_null()) return;
  optimizer.impl()->finalize_variable_values(variables);
  for (std::size_t i = 0; i < variables.size(); ++i)
    findings.compare("final weight " + std::to_string(i),
                     variables[i],
                     c.load(finals->items()[i]),
                     allowed);
}

}  // namespace

void check_optimizer(const KerasCase& c, Findings& findings) {
  const Config& facts = c.facts();
  auto given = [&](const char* generation) {
    const Config* found = facts.find(generation);
    return found && !found->is_null() ? found : nullptr;
  };
  const Config* keras3 = given("keras3");
  const Config* keras2 = given("keras2");
  if (!keras3 && !keras2) throw Missing{"legacy optimizers"};
  if (keras3) check_steps(c, *keras3, keras::KerasVersion::k3, findings);
  if (keras2) check_steps(c, *keras2, keras::KerasVersion::k2, findings);
}

void check_schedule(const KerasCase& c, Findings& findings) {
  int number = 0;
  for (const Config& check : c.facts()["checks"].items()) {
    findings.at("check " + std::to_string(number++));
    auto schedule = keras::LearningRateSchedule::deserialize(Config::object(
        {{"class_name", check["class"]}, {"config", check["config"]}}));
    Tensors rates;
    for (const Config& step : check["steps"].items())
      rates.push_back(schedule(constant(step.get<std::int64_t>(), int64)));
    findings.compare("rates",
                     stack(rates),
                     c.load(check["keras3"]),
                     tolerance_of(c.facts()));
  }
}

}  // namespace tern::golden
