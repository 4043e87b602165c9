#include "keras/object_registry.h"
#include "tern/autodiff/gradient_tape.h"
#include "tern/core/error.h"
#include "tern/keras/losses.h"
#include "tern/keras/metrics.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"
#include "tools/golden/keras/case.h"

namespace tern::golden {
namespace {

using keras::Config;

/// The configuration of a check. Keras leaves some arguments out of its own,
/// which are here as the vectors were made with.
Config serialized(const Config& check, int number) {
  std::string name = check["class"].get<std::string>();
  Config config = check["config"];
  if (name == "Huber" && number < 7) config["delta"] = 0.7;
  if (name == "CosineSimilarity" && number == 7) config["axis"] = 1;
  return Config::object({{"class_name", name}, {"config", config}});
}

/// The object of a check; Missing where Tern has no such class.
template <class T>
T make(const Config& check, int number) {
  try {
    return T::deserialize(serialized(check, number));
  } catch (const UnimplementedError& error) {
    throw Missing{error.what()};
  } catch (const InvalidArgumentError& error) {
    if (std::string(error.what()).find("identifier") == std::string::npos)
      throw;
    throw Missing{check["class"].get<std::string>()};
  }
}

/// value(x) and, where there is a cotangent, its gradient.
void check_function(const KerasCase& c,
                    const Config& check,
                    Findings& findings,
                    const std::function<Tensor(const Tensor&)>& function) {
  Tensor x = cast(c.load(check["x"]), check["dtype"].get<DType>());
  Tolerance allowed = tolerance_of(check);
  GradientTape tape;
  tape.watch(x);
  Tensor value = function(x);
  findings.compare("value", value, c.load(check["value"]), allowed);
  Tensor cotangent = c.load_if_any(check, "cotangent");
  Tensor wanted = c.load_if_any(check, "grad");
  if (!cotangent.defined() || !wanted.defined()) return;
  Tensor target = reduce_sum(value * cast(cotangent, value.dtype()));
  findings.compare("gradient", tape.gradient(target, x), wanted, allowed);
}

std::function<Tensor(const Tensor&)> function_of(const Config& check) {
  std::string function = check["function"].get<std::string>();
  std::size_t dot = function.find('.');
  std::string kind = function.substr(0, dot), name = function.substr(dot + 1);
  Config object =
      Config::object({{"class_name", name}, {"config", check["config"]}});
  try {
    if (kind == "regularizers")
      return [regularizer = keras::Regularizer::deserialize(object)](
                 const Tensor& x) { return regularizer(x); };
    if (kind == "constraints")
      return [constraint = keras::Constraint::deserialize(object)](
                 const Tensor& x) { return constraint(x); };
    if (!check["config"].members().empty()) throw Missing{function};
    return [activation = keras::Activation(name)](const Tensor& x) {
      return activation(x);
    };
  } catch (const InvalidArgumentError&) {
    throw Missing{function};
  }
}

/// Makes all checks of a case; where Tern lacks something for one, the others
/// are made all the same.
void for_each_check(
    const KerasCase& c,
    Findings& findings,
    const std::function<void(const Config&, int number)>& make_check) {
  int number = 0;
  std::string missing;
  for (const Config& check : c.facts()["checks"].items()) {
    findings.at("check " + std::to_string(number));
    try {
      make_check(check, number++);
    } catch (const Missing& what) {
      missing = what.name;
    }
  }
  if (!missing.empty()) throw Missing{missing};
}

}  // namespace

void check_functions(const KerasCase& c, Findings& findings) {
  for_each_check(c, findings, [&](const Config& check, int) {
    check_function(c, check, findings, function_of(check));
  });
}

void check_loss(const KerasCase& c, Findings& findings) {
  for_each_check(c, findings, [&](const Config& check, int number) {
    keras::Loss loss = make<keras::Loss>(check, number);
    Tensor y_pred = c.load(check["y_pred"]);
    GradientTape tape;
    tape.watch(y_pred);
    Tensor value = loss(c.load(check["y_true"]),
                        y_pred,
                        c.load_if_any(check, "sample_weight"),
                        c.load_if_any(check, "mask"));
    Tolerance allowed = tolerance_of(check);
    findings.compare("value", value, c.load(check["value"]), allowed);
    findings.compare("gradient",
                     tape.gradient(reduce_sum(value), y_pred),
                     c.load(check["grad"]),
                     allowed);
  });
}

void check_metric(const KerasCase& c, Findings& findings) {
  for_each_check(c, findings, [&](const Config& check, int number) {
    keras::Metric metric = make<keras::Metric>(check, number);
    Tolerance allowed = tolerance_of(check);
    for (const Config& update : check["updates"].items()) {
      Tensor weights = c.load_if_any(update, "sample_weight");
      if (update.contains("values"))
        metric.update_state(c.load(update["values"]), weights);
      else
        metric.update_state(
            c.load(update["y_true"]), c.load(update["y_pred"]), weights);
      findings.compare(
          "result", metric.result(), c.load(update["result"]), allowed);
    }
    metric.reset_state();
    findings.compare("result after reset",
                     metric.result(),
                     c.load(check["result_after_reset"]),
                     allowed);
  });
}

}  // namespace tern::golden
