#include <filesystem>

#include "io/atomic_file.h"
#include "io/hdf5.h"
#include "keras/saving/architecture.h"
#include "keras/saving/custom_objects.h"
#include "keras/saving/h5_weights.h"
#include "keras/saving/saving.h"
#include "keras/training/trainer.h"
#include "tern/core/error.h"

namespace tern::keras {
namespace {

/// Keras 2, whose files Keras 3 reads as well.
constexpr const char* kKerasVersion = "2.21.0";
constexpr const char* kBackend = "tensorflow";
/// Tells Tern's own files from Keras 2's: their optimizers go on as Keras 3's.
constexpr const char* kWriter = "tern";

bool is_h5_path(const std::string& path) {
  return path.ends_with(".h5") || path.ends_with(".hdf5");
}

void check_format(const std::string& path, const std::string& save_format) {
  // Keras 3 expects another layout under this name.
  if (path.ends_with(".weights.h5"))
    throw UnimplementedError(
        path,
        ": Keras 3's .weights.h5 layout is not supported; use another "
        "name that ends in .h5");
  bool is_h5 = save_format.empty() ? is_h5_path(path) : save_format == "h5";
  if (!is_h5)
    throw UnimplementedError(
        path,
        ": format ",
        save_format.empty() ? "of this name" : "\"" + save_format + "\"",
        " is not supported, only HDF5: use a name that ends in .h5 or "
        ".save_format = \"h5\"");
}

void check_built(const Model& model) {
  if (!model.built())
    throw FailedPreconditionError(
        "the model \"",
        model.name(),
        "\" has no weights yet: build it, or call it on a batch, before "
        "saving");
}

/// Writes a file with `write`; the old one stays if that throws.
template <class F>
void write_file(const std::string& path, const SaveOptions& options, F write) {
  if (!options.overwrite && std::filesystem::exists(path))
    throw AlreadyExistsError(path, ": file exists, and overwrite is false");
  io::AtomicFile target(path);
  target.create();
  auto file = io::create_hdf5(target.temporary_path());
  write(*file);
  file->close();
  target.commit();
}

void write_versions(io::Hdf5File& file, const std::string& group) {
  file.set_text_attribute(group, "keras_version", kKerasVersion);
  file.set_text_attribute(group, "backend", kBackend);
}

Config metrics_config(const std::vector<Metric>& metrics) {
  Config list = Config::list();
  for (const Metric& metric : metrics)
    if (Config saved = metric.serialize(); !saved.is_null())
      list.push_back(std::move(saved));
  return list;
}

/// What compile was told, in the long names that both Keras versions take: by
/// output where there are several.
Config training_config(const Trainer& trainer) {
  Config optimizer = trainer.optimizer().serialize();
  // Keras 2 takes the plain name for its old optimizers, whose state is laid
  // out otherwise.
  optimizer["class_name"] =
      "Custom>" + optimizer["class_name"].get<std::string>();
  Config loss = Config::object(), metrics = Config::object(),
         weights = Config::object(), weighted = Config::object();
  bool has_weights = false, has_weighted = false;
  for (const CompiledOutput& output : trainer.outputs()) {
    loss[output.name] = output.loss.serialize();
    metrics[output.name] = metrics_config(output.given_metrics);
    weights[output.name] = output.loss_weight;
    weighted[output.name] = metrics_config(output.given_weighted_metrics);
    has_weights = has_weights || output.loss_weight != 1;
    has_weighted = has_weighted || !output.given_weighted_metrics.empty();
  }
  auto part = [](const Config& by_output) {
    return by_output.members().size() == 1 ? by_output.members()[0].second
                                           : by_output;
  };
  return Config::object(
      {{"loss", part(loss)},
       {"metrics", part(metrics)},
       {"weighted_metrics", has_weighted ? part(weighted) : Config()},
       {"loss_weights", has_weights ? part(weights) : Config()},
       {"optimizer_config", std::move(optimizer)}});
}

Loss loss_from_config(const Config& config) {
  if (config.is_null()) return {};
  const Config* name = config.is_object() ? config.find("config") : &config;
  if (name && name->is_string())
    if (const CustomObject* custom =
            find_custom_object(name->get<std::string>());
        custom && custom->binary)
      return Loss(custom->binary);
  return Loss::deserialize(config);
}

Metric metric_of_config(const Config& config) {
  if (config.is_string()) {
    const CustomObject* custom = find_custom_object(config.get<std::string>());
    if (custom && custom->binary) return Metric(custom->binary);
  }
  return Metric::deserialize(config);
}

/// The parts of "loss", "metrics" or "loss_weights" for each of the outputs: by
/// name, or by position. `shared` values are lists for every output otherwise.
std::vector<std::pair<std::string, Config>> by_output(
    const Config* config,
    const std::vector<std::string>& outputs,
    bool shared) {
  std::vector<std::pair<std::string, Config>> parts;
  if (!config || config->is_null()) return parts;
  if (config->is_object() && !config->contains("class_name")) {
    for (const auto& [name, part] : config->members())
      parts.emplace_back(name, part);
    return parts;
  }
  bool by_position = config->is_list() &&
                     config->items().size() == outputs.size() &&
                     (!shared || config->items()[0].is_list());
  for (std::size_t i = 0; i < outputs.size(); ++i)
    parts.emplace_back(outputs[i], by_position ? config->items()[i] : *config);
  return parts;
}

/// Keras 2 writes the metrics of several outputs under their names in the logs.
void remove_prefix(Metric& metric, const std::string& output) {
  if (metric.impl() && metric.name().starts_with(output + "_"))
    metric.impl()->set_name(metric.name().substr(output.size() + 1));
}

PerOutput<Metric> metrics_from_config(const Config* config,
                                      const std::vector<std::string>& outputs) {
  std::vector<PerOutput<Metric>::Item> items;
  for (const auto& [output, part] : by_output(config, outputs, true)) {
    PerOutput<Metric>::Item item(output, {});
    for (const Config& entry :
         part.is_list() ? part.items() : std::vector<Config>{part}) {
      if (entry.is_null()) continue;
      item.values.push_back(metric_of_config(entry));
      if (outputs.size() > 1) remove_prefix(item.values.back(), output);
    }
    items.push_back(std::move(item));
  }
  return PerOutput<Metric>::of(std::move(items));
}

bool is_of_keras_2(const io::Hdf5File& file) {
  auto version = file.text_attribute("", "keras_version");
  return version && version->starts_with("2.") &&
         file.text_attribute("", "writer") != kWriter;
}

void compile_from_config(const Model& model,
                         const Config& config,
                         const io::Hdf5File& file,
                         const std::string& path) {
  CompileOptions options;
  options.optimizer = Optimizer::deserialize(config["optimizer_config"]);
  std::vector<std::string> outputs = model.impl()->output_names();
  std::vector<PerOutput<Loss>::Item> losses;
  for (const auto& [output, part] :
       by_output(config.find("loss"), outputs, false))
    if (Loss loss = loss_from_config(part)) losses.emplace_back(output, loss);
  options.loss = PerOutput<Loss>::of(std::move(losses));
  std::vector<PerOutput<double>::Item> weights;
  for (const auto& [output, part] :
       by_output(config.find("loss_weights"), outputs, false))
    if (part.is_number()) weights.emplace_back(output, part.get<double>());
  options.loss_weights = PerOutput<double>::of(std::move(weights));
  options.metrics = metrics_from_config(config.find("metrics"), outputs);
  options.weighted_metrics =
      metrics_from_config(config.find("weighted_metrics"), outputs);
  if (is_of_keras_2(file))
    options.optimizer.impl()->set_compatibility(KerasVersion::k2);
  model.compile(options);
  read_optimizer(model, model.optimizer(), file, path);
}

}  // namespace

void save_model(const Model& model,
                const std::string& path,
                const SaveOptions& options) {
  check_format(path, options.save_format);
  check_built(model);
  write_file(path, options, [&](io::Hdf5File& file) {
    write_versions(file, "");
    file.set_text_attribute("", "writer", kWriter);
    file.set_text_attribute("", "model_config", model_config(model).dump());
    write_weights(model, file, "model_weights");
    write_versions(file, "model_weights");
    const Trainer* trainer = model.impl()->trainer();
    if (!trainer || !options.include_optimizer) return;
    file.set_text_attribute(
        "", "training_config", training_config(*trainer).dump());
    write_optimizer(trainer->optimizer(), file);
  });
}

void save_weights(const Model& model,
                  const std::string& path,
                  const SaveOptions& options) {
  check_format(path, options.save_format);
  check_built(model);
  write_file(path, options, [&](io::Hdf5File& file) {
    write_weights(model, file, "");
    write_versions(file, "");
  });
}

void load_weights(const Model& model, const std::string& path) {
  check_built(model);
  auto file = io::open_hdf5(path);
  bool whole_model = file->contains("model_weights");
  read_weights(model, *file, whole_model ? "model_weights" : "", path);
}

Model models::load_model(const std::string& path, LoadOptions options) {
  CustomObjectScope scope(options.custom_objects);
  if (!is_h5_path(path) && std::filesystem::exists(path) &&
      (path.ends_with(".keras") || std::filesystem::is_directory(path)))
    throw UnimplementedError(path,
                             ": only Keras models in HDF5 files (.h5) "
                             "are supported");
  auto file = io::open_hdf5(path);
  auto config = file->text_attribute("", "model_config");
  if (!config)
    throw InvalidArgumentError(path,
                               ": No model config found in the file; it holds ",
                               file->list_attribute("", "layer_names")
                                   ? "weights alone"
                                   : "no Keras model");
  Model model = model_from_config(Config::parse(*config));
  if (is_of_keras_2(*file)) model.impl()->behave_as_keras_2();
  read_weights(model, *file, "model_weights", path);
  auto training = file->text_attribute("", "training_config");
  if (options.compile && training)
    compile_from_config(model, Config::parse(*training), *file, path);
  return model;
}

}  // namespace tern::keras
