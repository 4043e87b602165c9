#include "tern/keras/callbacks.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <limits>
#include <map>

#include "tern/core/error.h"
#include "tern/keras/model.h"

namespace tern::keras {
namespace {

/// A number as Python prints it: the shortest digits that read back the same.
std::string python_float(double value) { return Config(value).dump(); }

class EarlyStoppingImpl : public CallbackBase {
 public:
  explicit EarlyStoppingImpl(callbacks::MonitorOptions options)
      : options_(std::move(options)) {
    if (options_.mode != "auto" && options_.mode != "min" &&
        options_.mode != "max")
      throw InvalidArgumentError(
          "EarlyStopping: mode must be \"auto\", \"min\" or \"max\", got \"",
          options_.mode,
          "\"");
    larger_is_better_ =
        options_.mode == "max" ||
        (options_.mode == "auto" && names_a_gain(options_.monitor));
  }

  void on_train_begin(Logs&) override {
    epochs_without_gain_ = 0;
    best_ = larger_is_better_ ? -std::numeric_limits<double>::infinity()
                              : std::numeric_limits<double>::infinity();
    best_weights_.clear();
    stopped_epoch_ = -1;
    best_epoch_ = 0;
  }

  void on_epoch_end(int epoch, Logs& logs) override {
    if (epoch < options_.start_from_epoch) return;
    if (!logs.contains(options_.monitor)) {
      warn(logs);
      return;
    }
    double current = std::as_const(logs)[options_.monitor];
    ++epochs_without_gain_;
    if (is_better(current)) {
      best_ = current;
      best_epoch_ = epoch;
      epochs_without_gain_ = 0;
      if (options_.restore_best_weights) best_weights_ = model().get_weights();
      return;
    }
    if (epochs_without_gain_ < options_.patience || epoch == 0) return;
    stopped_epoch_ = epoch;
    model().stop_training();
  }

  void on_train_end(Logs&) override {
    if (stopped_epoch_ >= 0 && options_.verbose > 0)
      std::cout << "Epoch " << stopped_epoch_ + 1 << ": early stopping\n";
    if (best_weights_.empty()) return;
    if (options_.verbose > 0)
      std::cout << "Restoring model weights from the end of the best epoch: "
                << best_epoch_ + 1 << ".\n";
    model().set_weights(best_weights_);
  }

 private:
  static bool names_a_gain(const std::string& monitor) {
    for (const char* part : {"acc", "auc", "AUC"})
      if (monitor.find(part) != std::string::npos) return true;
    return false;
  }

  bool is_better(double current) const {
    double margin = std::fabs(options_.min_delta);
    return larger_is_better_ ? current > best_ + margin
                             : current < best_ - margin;
  }

  void warn(const Logs& logs) const {
    std::cerr << "EarlyStopping: \"" << options_.monitor
              << "\" is not among the logs:";
    for (const auto& [name, value] : logs) std::cerr << ' ' << name;
    std::cerr << '\n';
  }

  callbacks::MonitorOptions options_;
  bool larger_is_better_ = false;
  int epochs_without_gain_ = 0;
  int stopped_epoch_ = -1;
  int best_epoch_ = 0;
  double best_ = 0;
  Tensors best_weights_;
};

class CSVLoggerImpl : public CallbackBase {
 public:
  explicit CSVLoggerImpl(std::string filename)
      : filename_(std::move(filename)) {}

  void on_train_begin(Logs&) override {
    file_.open(filename_, std::ios::trunc);
    if (!file_)
      throw PermissionDeniedError("CSVLogger: cannot write ", filename_);
    columns_.clear();
  }

  void on_epoch_end(int epoch, Logs& logs) override {
    if (columns_.empty()) {
      for (const auto& [name, value] : logs) columns_.push_back(name);
      std::sort(columns_.begin(), columns_.end());
      file_ << "epoch";
      for (const std::string& column : columns_) file_ << ',' << column;
      file_ << "\r\n";
    }
    file_ << epoch;
    for (const std::string& column : columns_) {
      file_ << ',';
      if (logs.contains(column))
        file_ << python_float(std::as_const(logs)[column]);
      else
        file_ << "NA";
    }
    file_ << "\r\n" << std::flush;
  }

  void on_train_end(Logs&) override { file_.close(); }

 private:
  std::string filename_;
  std::ofstream file_;
  std::vector<std::string> columns_;
};

class LambdaCallbackImpl : public CallbackBase {
 public:
  explicit LambdaCallbackImpl(callbacks::LambdaOptions options)
      : options_(std::move(options)) {}

  void on_epoch_begin(int epoch, Logs& logs) override {
    if (options_.on_epoch_begin) options_.on_epoch_begin(epoch, logs);
  }
  void on_epoch_end(int epoch, Logs& logs) override {
    if (options_.on_epoch_end) options_.on_epoch_end(epoch, logs);
  }

 private:
  callbacks::LambdaOptions options_;
};

}  // namespace

// -------------------------------------------------------------------- logs

double& Logs::operator[](std::string_view name) {
  for (auto& [key, value] : items_)
    if (key == name) return value;
  return items_.emplace_back(name, 0).second;
}

double Logs::operator[](std::string_view name) const {
  std::string names;
  for (const auto& [key, value] : items_) {
    if (key == name) return value;
    names += (names.empty() ? "" : ", ") + key;
  }
  throw NotFoundError("no \"", name, "\" in the logs; there are: ", names);
}

bool Logs::contains(std::string_view name) const {
  for (const auto& [key, value] : items_)
    if (key == name) return true;
  return false;
}

std::ostream& operator<<(std::ostream& stream, const Logs& logs) {
  stream << '{';
  const char* separator = "";
  for (const auto& [name, value] : logs) {
    stream << separator << '\'' << name << "': " << python_float(value);
    separator = ", ";
  }
  return stream << '}';
}

// -------------------------------------------------------------------- base

CallbackBase::~CallbackBase() = default;

void CallbackBase::set_model(const Model& model) {
  // A model that is itself a member of its callback would live for ever
  // otherwise; fit takes it away at its end.
  model_ = model ? std::make_shared<Model>(model) : nullptr;
}

Model& CallbackBase::model() const {
  if (!model_)
    throw FailedPreconditionError(
        "a callback has a model only during fit, evaluate and predict");
  return *model_;
}

callbacks::EarlyStopping::EarlyStopping(MonitorOptions options)
    : Callback(std::make_shared<EarlyStoppingImpl>(std::move(options))) {}

callbacks::CSVLogger::CSVLogger(std::string filename)
    : Callback(std::make_shared<CSVLoggerImpl>(std::move(filename))) {}

callbacks::LambdaCallback::LambdaCallback(LambdaOptions options)
    : Callback(std::make_shared<LambdaCallbackImpl>(std::move(options))) {}

}  // namespace tern::keras
