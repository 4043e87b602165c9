#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tern/keras/handle.h"

namespace tern::keras {

class Model;
class ModelBase;

/// Losses and metrics by name, in Keras' order.
class Logs {
 public:
  using Item = std::pair<std::string, double>;

  Logs() = default;
  Logs(std::initializer_list<Item> items) : items_(items) {}

  /// A new name starts at 0.
  double& operator[](std::string_view name);
  /// Throws NotFoundError, naming what there is.
  double operator[](std::string_view name) const;
  bool contains(std::string_view name) const;
  std::size_t size() const { return items_.size(); }
  auto begin() const { return items_.begin(); }
  auto end() const { return items_.end(); }

 private:
  std::vector<Item> items_;
};

/// As Python prints a dict: {'loss': 0.5, 'auc': 0.8}.
std::ostream& operator<<(std::ostream& stream, const Logs& logs);

class CallbackBase;

/// Something told of the progress of fit, evaluate and predict; shared by its
/// copies.
class Callback {
 public:
  Callback() = default;
  Callback(std::shared_ptr<CallbackBase> impl) : impl_(std::move(impl)) {}
  CallbackBase* impl() const { return impl_.get(); }

 private:
  std::shared_ptr<CallbackBase> impl_;
};

struct NoOptions {};

/// The base of all callbacks, for users to derive from. What a method throws
/// ends the training and leaves the model usable. Changes to `logs` are seen
/// by the callbacks that follow, and by the history.
class CallbackBase {
 public:
  using Face = Callback;
  using Options = NoOptions;

  virtual ~CallbackBase();
  virtual void on_train_begin(Logs&) {}
  virtual void on_train_end(Logs&) {}
  virtual void on_epoch_begin(int /*epoch*/, Logs&) {}
  virtual void on_epoch_end(int /*epoch*/, Logs&) {}
  virtual void on_train_batch_begin(std::int64_t /*batch*/, Logs&) {}
  virtual void on_train_batch_end(std::int64_t /*batch*/, Logs&) {}
  virtual void on_test_begin(Logs&) {}
  virtual void on_test_end(Logs&) {}
  virtual void on_test_batch_begin(std::int64_t /*batch*/, Logs&) {}
  virtual void on_test_batch_end(std::int64_t /*batch*/, Logs&) {}
  virtual void on_predict_begin(Logs&) {}
  virtual void on_predict_end(Logs&) {}
  virtual void on_predict_batch_begin(std::int64_t /*batch*/, Logs&) {}
  virtual void on_predict_batch_end(std::int64_t /*batch*/, Logs&) {}

  /// Called by fit, evaluate and predict before everything else.
  void set_model(const Model& model);

 protected:
  /// The model at work. Throws FailedPreconditionError outside of fit,
  /// evaluate and predict.
  Model& model() const;

 private:
  std::shared_ptr<Model> model_;
};

namespace callbacks {

using keras::Callback, keras::CallbackBase;

struct MonitorOptions {
  std::string monitor = "val_loss";
  double factor = 0.1;
  double min_delta = 0;
  int patience = 0;
  int verbose = 0;
  std::string mode = "auto";
  bool restore_best_weights = false;
  int start_from_epoch = 0;
};

/// Ends the training after `patience` epochs in a row that did not better the
/// monitored value by more than min_delta.
class EarlyStopping : public Callback {
 public:
  explicit EarlyStopping(MonitorOptions options = {});
};

struct ReduceLROnPlateauOptions {
  std::string monitor = "val_loss";
  double factor = 0.1;
  int patience = 10;
  int verbose = 0;
  std::string mode = "auto";
  double min_delta = 1e-4;
  int cooldown = 0;
  double min_lr = 0;
};
/// Multiplies the learning rate by `factor` after `patience` epochs in a row
/// that did not better the monitored value, and then leaves it for `cooldown`
/// epochs. Adds "lr" to the logs. Throws InvalidArgumentError for a factor of 1
/// or more.
class ReduceLROnPlateau : public Callback {
 public:
  explicit ReduceLROnPlateau(ReduceLROnPlateauOptions options = {});
};

struct LearningRateSchedulerOptions {
  int verbose = 0;
};
/// Sets the rate before each epoch to schedule(epoch, rate so far), epochs
/// counted from 0. Adds "lr" to the logs.
class LearningRateScheduler : public Callback {
 public:
  explicit LearningRateScheduler(
      std::function<double(int epoch, double rate)> schedule,
      LearningRateSchedulerOptions options = {});
};

/// Ends the training when a batch's loss is NaN or infinite.
class TerminateOnNaN : public Callback {
 public:
  TerminateOnNaN();
};

struct ModelCheckpointOptions {
  std::string monitor = "val_loss";
  int verbose = 0;  ///< 1 says what is saved and why
  bool save_best_only = false;
  bool save_weights_only = false;
  std::string mode = "auto";
};
/// Saves the model, or its weights, after each epoch, or only after those that
/// bettered the monitored value. The path may name the epoch, counted from 1,
/// and logs, formatted as Python does: "{epoch:02d}-{val_loss:.2f}.h5". Throws
/// InvalidArgumentError when it names what there is not.
class ModelCheckpoint : public Callback {
 public:
  explicit ModelCheckpoint(std::string filepath,
                           ModelCheckpointOptions options = {});
};

struct CSVLoggerOptions {
  std::string separator = ",";
  bool append = false;  ///< go on with a file that is there
};
/// Writes one line an epoch: epoch, then the logs in alphabetical order. Throws
/// PermissionDeniedError when training begins and the file cannot be written.
class CSVLogger : public Callback {
 public:
  explicit CSVLogger(std::string filename, CSVLoggerOptions options = {});
};

struct LambdaOptions {
  std::function<void(int epoch, const Logs&)> on_epoch_begin = {};
  std::function<void(int epoch, const Logs&)> on_epoch_end = {};
  std::function<void(const Logs&)> on_train_begin = {};
  std::function<void(const Logs&)> on_train_end = {};
  std::function<void(std::int64_t batch, const Logs&)> on_train_batch_begin =
      {};
  std::function<void(std::int64_t batch, const Logs&)> on_train_batch_end = {};
};
/// Calls functions.
class LambdaCallback : public Callback {
 public:
  explicit LambdaCallback(LambdaOptions options);
};

}  // namespace callbacks
}  // namespace tern::keras
