#include <cctype>
#include <cstdio>
#include <iostream>
#include <utility>

#include "keras/callbacks/monitor.h"
#include "tern/core/error.h"
#include "tern/keras/callbacks.h"
#include "tern/keras/model.h"

namespace tern::keras {
namespace {

/// Whether this is one of Python's formats for numbers: "02d", ".3f", "g".
bool is_number_format(std::string_view format) {
  auto skip_digits = [&] {  // two at most: no text is longer than its buffer
    for (int i = 0; i < 2 && !format.empty() && std::isdigit(format[0]); ++i)
      format.remove_prefix(1);
  };
  skip_digits();
  if (format.starts_with('.')) {
    format.remove_prefix(1);
    skip_digits();
  }
  return format == "d" || format == "f" || format == "e" || format == "g";
}

/// A replacement field of Python's str.format: "name" or "name:format".
std::string replacement(std::string_view field, int epoch, const Logs& logs) {
  const std::size_t colon = field.find(':');
  const std::string name(field.substr(0, colon));
  const bool is_epoch = name == "epoch";
  if (!is_epoch && !logs.contains(name)) {
    std::string names = "epoch";
    for (const auto& [known, value] : logs) names += ", " + known;
    throw InvalidArgumentError("no \"", name, "\"; there are: ", names);
  }
  const int number = epoch + 1;
  if (colon == field.npos)
    return is_epoch ? std::to_string(number) : Config(logs[name]).dump();
  const std::string format(field.substr(colon + 1));
  if (!is_number_format(format) || (!is_epoch && format.back() == 'd'))
    throw InvalidArgumentError(
        "\"", format, "\" is no format for \"", name, "\"");
  char text[512];
  if (format.back() == 'd')
    std::snprintf(text, sizeof text, ("%" + format).c_str(), number);
  else
    std::snprintf(text,
                  sizeof text,
                  ("%" + format).c_str(),
                  is_epoch ? static_cast<double>(number) : logs[name]);
  return text;
}

std::string path_of(const std::string& pattern, int epoch, const Logs& logs) {
  std::string path;
  std::size_t at = 0;
  try {
    for (;;) {
      const std::size_t begin = pattern.find('{', at);
      path += pattern.substr(at, begin - at);
      if (begin == pattern.npos) return path;
      const std::size_t end = pattern.find('}', begin);
      if (end == pattern.npos) throw InvalidArgumentError("'{' without '}'");
      path += replacement(
          std::string_view(pattern).substr(begin + 1, end - begin - 1),
          epoch,
          logs);
      at = end + 1;
    }
  } catch (const InvalidArgumentError& error) {
    throw InvalidArgumentError("Failed to format this callback filepath: \"",
                               pattern,
                               "\". Reason: ",
                               error.what());
  }
}

/// As the messages show values.
std::string five_digits(double value) {
  char text[512];
  std::snprintf(text, sizeof text, "%0.5f", value);
  return text;
}

class ModelCheckpointImpl : public CallbackBase {
 public:
  ModelCheckpointImpl(std::string filepath,
                      callbacks::ModelCheckpointOptions options)
      : filepath_(std::move(filepath)),
        options_(std::move(options)),
        monitor_("ModelCheckpoint", options_.monitor, options_.mode) {}

  void on_epoch_end(int epoch, Logs& logs) override {
    const std::string path = path_of(filepath_, epoch, logs);
    std::string reason;
    if (options_.save_best_only) {
      const std::optional<double> value = monitor_.read(logs);
      if (!value) return;
      const std::string before = five_digits(monitor_.best());
      if (!monitor_.improves(*value)) {
        say(epoch, monitor_.name() + " did not improve from " + before);
        return;
      }
      reason = monitor_.name() + " improved from " + before + " to " +
               five_digits(*value) + ", ";
    }
    say(epoch, reason + "saving model to " + path);
    if (options_.save_weights_only)
      model().save_weights(path);
    else
      model().save(path);
  }

 private:
  void say(int epoch, const std::string& text) const {
    if (options_.verbose == 0) return;
    char number[16];
    std::snprintf(number, sizeof number, "%05d", epoch + 1);
    std::cout << "\nEpoch " << number << ": " << text << "\n";
  }

  std::string filepath_;
  callbacks::ModelCheckpointOptions options_;
  Monitor monitor_;
};

}  // namespace

callbacks::ModelCheckpoint::ModelCheckpoint(std::string filepath,
                                            ModelCheckpointOptions options)
    : Callback(std::make_shared<ModelCheckpointImpl>(std::move(filepath),
                                                     std::move(options))) {}

}  // namespace tern::keras
