#include "keras/training/compiled_outputs.h"

#include <algorithm>

#include "tern/core/error.h"

namespace tern::keras {
namespace {

std::size_t index_of(const std::string& name,
                     const std::vector<std::string>& names,
                     const char* what) {
  auto found = std::find(names.begin(), names.end(), name);
  if (found != names.end())
    return static_cast<std::size_t>(found - names.begin());
  std::string known;
  for (const std::string& other : names)
    known += (known.empty() ? "'" : ", '") + other + "'";
  throw InvalidArgumentError("Found unexpected ",
                             what,
                             " that do not correspond to any Model output: '",
                             name,
                             "'. Valid mode output names: [",
                             known,
                             "]");
}

/// The values for each output. Without names one value is for every output, and
/// as many as there are outputs for one each; `shared` ones always for all.
template <class T>
std::vector<std::vector<T>> spread(const PerOutput<T>& given,
                                   const std::vector<std::string>& names,
                                   bool shared,
                                   const char* what) {
  std::vector<std::vector<T>> values(names.size());
  const auto& items = given.items();
  bool by_position = !shared && items.size() > 1;
  for (std::size_t i = 0; i < items.size(); ++i) {
    auto add = [&](std::size_t output) {
      values[output].insert(
          values[output].end(), items[i].values.begin(), items[i].values.end());
    };
    if (!items[i].name.empty()) {
      add(index_of(items[i].name, names, what));
    } else if (by_position) {
      if (items.size() != names.size())
        throw InvalidArgumentError("the model has ",
                                   names.size(),
                                   " output(s), but got ",
                                   items.size(),
                                   " ",
                                   what);
      add(i);
    } else {
      for (std::size_t output = 0; output < names.size(); ++output) add(output);
    }
  }
  return values;
}

template <class T>
T only(const std::vector<T>& values,
       const std::string& output,
       const char* what) {
  if (values.size() != 1)
    throw InvalidArgumentError(
        "got ", values.size(), " ", what, " for output \"", output, "\"");
  return values[0];
}

/// A metric like this one with counts of its own.
Metric fresh(const Metric& metric) {
  Config saved = metric.serialize();
  if (saved.is_null())
    throw InvalidArgumentError("the metric ",
                               metric.name(),
                               " is a function and shared by several outputs: "
                               "name the output it is for");
  return Metric::deserialize(saved);
}

/// Every metric belongs to one output.
void separate(std::vector<std::vector<Metric>>& metrics) {
  std::vector<MetricBase*> seen;
  for (std::vector<Metric>& list : metrics)
    for (Metric& metric : list) {
      if (metric.impl() &&
          std::find(seen.begin(), seen.end(), metric.impl()) != seen.end())
        metric = fresh(metric);
      seen.push_back(metric.impl());
    }
}

}  // namespace

std::vector<CompiledOutput> compile_outputs(
    const CompileOptions& options, const std::vector<std::string>& names) {
  auto losses = spread(options.loss, names, false, "losses");
  auto weights = spread(options.loss_weights, names, false, "loss weights");
  auto metrics = spread(options.metrics, names, true, "metrics");
  auto weighted =
      spread(options.weighted_metrics, names, true, "weighted metrics");
  separate(metrics);
  separate(weighted);
  std::vector<CompiledOutput> outputs(names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    CompiledOutput& output = outputs[i];
    output.name = names[i];
    if (!losses[i].empty()) output.loss = only(losses[i], names[i], "losses");
    if (!weights[i].empty())
      output.loss_weight = only(weights[i], names[i], "loss weights");
    output.given_metrics = std::move(metrics[i]);
    output.given_weighted_metrics = std::move(weighted[i]);
    if (names.size() > 1 && output.loss)
      output.loss_tracker = metrics::Mean({.name = names[i] + "_loss"});
  }
  return outputs;
}

Tensors for_outputs(const Nest& given,
                    const std::vector<CompiledOutput>& outputs,
                    const char* what) {
  Tensors tensors(outputs.size());
  if (given.kind() == 'n') return tensors;
  if (given.kind() == 'd') {
    for (const std::string& key : given.keys()) {
      auto found = std::find_if(
          outputs.begin(), outputs.end(), [&](const CompiledOutput& output) {
            return output.name == key;
          });
      if (found == outputs.end())
        throw InvalidArgumentError(what, " for \"", key, "\": no such output");
      tensors[static_cast<std::size_t>(found - outputs.begin())] =
          given[key].tensor();
    }
    return tensors;
  }
  Tensors flat = given.flatten();
  if (flat.size() != outputs.size())
    throw InvalidArgumentError("the model has ",
                               outputs.size(),
                               " output(s), but got ",
                               flat.size(),
                               " tensors of ",
                               what);
  return flat;
}

}  // namespace tern::keras
