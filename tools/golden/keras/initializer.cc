#include "keras/object_registry.h"
#include "tern/core/error.h"
#include "tern/keras/initializers.h"
#include "tern/keras/layers.h"
#include "tools/golden/keras/case.h"

namespace tern::golden {

using keras::Config;

void check_initializer(const KerasCase& c, Findings& findings) {
  int number = 0;
  for (const Config& check : c.facts()["checks"].items()) {
    findings.at("check " + std::to_string(number++));
    keras::Initializer initializer;
    try {
      initializer = keras::Initializer::deserialize(Config::object(
          {{"class_name", check["class"]}, {"config", check["config"]}}));
    } catch (const InvalidArgumentError&) {
      throw Missing{check["class"].get<std::string>()};
    }
    Tensor values =
        initializer(check["shape"].get<Shape>(), check["dtype"].get<DType>());
    findings.compare(
        "values", values, c.load(check["keras3"]), tolerance_of(c.facts()));
  }
}

namespace {

/// Layers built after set_random_seed have the weights that Keras gives them.
void check_seeded_layers(const KerasCase& c,
                         const Config& sequence,
                         Findings& findings) {
  keras::utils::set_random_seed(sequence["seed"].get<std::int64_t>());
  std::size_t next = 0;
  const auto& results = sequence["results"].items();
  for (const Config& op : sequence["ops"].items()) {
    std::string name = op.items()[0].get<std::string>();
    auto factory = keras::ObjectRegistry::global().find_layer(name);
    if (!factory) throw Missing{name};
    keras::Layer layer = factory(op.items()[1]);
    layer.build(op.items()[2].get<Shape>());
    for (const Variable& variable : layer.variables())
      findings.compare(name,
                       variable,
                       c.load(results.at(next++)["file"]),
                       tolerance_of(c.facts()));
  }
}

}  // namespace

void check_random(const KerasCase& c, Findings& findings) {
  for (const Config& sequence : c.facts()["sequences"].items()) {
    std::string kind = sequence["kind"].get<std::string>();
    // Keras 2 seeds its initializers otherwise.
    if (kind == "set_random_seed" &&
        sequence["api"].get<std::string>() == "keras2")
      continue;
    if (kind != "set_random_seed") throw Missing{"random " + kind};
    check_seeded_layers(c, sequence, findings);
  }
}

}  // namespace tern::golden
