#include "tern/core/error.h"
#include "tern/keras/model.h"
#include "tools/golden/keras/case.h"

namespace tern::golden {
namespace {

using keras::Config, keras::Model;

/// Where two JSON values differ ("config.layers[2]"), empty where they agree;
/// the order of members does not count.
std::string json_difference(const Config& got,
                            const Config& want,
                            const std::string& path) {
  if (want.is_object() && got.is_object()) {
    for (const auto& [key, value] : want.members()) {
      const Config* found = got.find(key);
      if (!found) return path + "." + key + " is missing";
      std::string text = json_difference(*found, value, path + "." + key);
      if (!text.empty()) return text;
    }
    for (const auto& [key, value] : got.members())
      if (!want.contains(key)) return path + "." + key + " is too much";
    return {};
  }
  if (want.is_list() && got.is_list() &&
      want.items().size() == got.items().size()) {
    for (std::size_t i = 0; i < want.items().size(); ++i) {
      std::string text = json_difference(got.items()[i],
                                         want.items()[i],
                                         path + "[" + std::to_string(i) + "]");
      if (!text.empty()) return text;
    }
    return {};
  }
  if (got.dump() == want.dump()) return {};
  // Keras 2 makes a list of the axis of BatchNormalization when it is built,
  // and reads a number as well.
  if (path.ends_with(".axis") && want.is_list() && want.items().size() == 1)
    return json_difference(got, want.items()[0], path);
  return path + " is " + got.dump() + ", wanted " + want.dump();
}

std::string summary_of(const Model& model, const Config& arguments) {
  std::string text;
  model.summary(
      {.line_length = arguments.get("line_length", 0),
       .print_fn = [&](const std::string& line) { text += line + "\n"; },
       .expand_nested = arguments.get("expand_nested", false),
       .show_trainable = arguments.get("show_trainable", false)});
  return text;
}

}  // namespace

void check_config(const KerasCase& c, Findings& findings) {
  const Config& wanted = c.facts()["keras2"];
  keras::backend::clear_session();
  Model model;
  try {
    model = keras::models::load_model(
        c.path(wanted["model"].get<std::string>()), {.compile = false});
  } catch (const UnimplementedError& error) {
    throw Missing{error.what()};
  } catch (const NotFoundError& error) {
    throw Missing{error.what()};
  }
  std::string json = json_difference(Config::parse(model.to_json()),
                                     Config::parse(c.text(wanted["to_json"])),
                                     "to_json");
  if (!json.empty()) findings.fail(json);
  if (model.count_params() != wanted["count_params"].get<std::int64_t>())
    findings.fail("count_params() is " + std::to_string(model.count_params()));
  for (const Config& summary : wanted["summaries"].items())
    findings.compare_text("summary " + summary["args"].dump(),
                          summary_of(model, summary["args"]),
                          c.text(summary["file"]));
}

}  // namespace tern::golden
