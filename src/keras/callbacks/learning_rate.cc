#include <algorithm>
#include <cmath>
#include <iostream>
#include <utility>

#include "keras/callbacks/monitor.h"
#include "tern/core/error.h"
#include "tern/keras/callbacks.h"
#include "tern/keras/model.h"
#include "tern/ops/array.h"

namespace tern::keras {
namespace {

double rate_of(const Model& model) {
  return model.optimizer().learning_rate().read().item<double>();
}

void set_rate(const Model& model, double rate) {
  model.optimizer().learning_rate().assign(constant(rate, float32));
}

/// "\nEpoch 3: ReduceLROnPlateau reducing learning rate to 0.01."
void say(int epoch, const char* callback, const char* what, double rate) {
  std::cout << "\nEpoch " << epoch + 1 << ": " << callback << ' ' << what
            << " learning rate to " << Config(rate).dump() << ".\n";
}

class ReduceLROnPlateauImpl : public CallbackBase {
 public:
  explicit ReduceLROnPlateauImpl(callbacks::ReduceLROnPlateauOptions options)
      : options_(std::move(options)),
        monitor_("ReduceLROnPlateau", options_.monitor, options_.mode) {
    if (!(options_.factor < 1))
      throw InvalidArgumentError(
          "ReduceLROnPlateau does not support a factor >= 1.0. Got ",
          options_.factor);
  }

  void on_train_begin(Logs&) override {
    monitor_.reset();
    cooldown_ = epochs_without_gain_ = 0;
  }

  void on_epoch_end(int epoch, Logs& logs) override {
    double rate = rate_of(model());
    logs["lr"] = rate;
    std::optional<double> current = monitor_.read(logs);
    if (!current) return;
    if (cooldown_ > 0) {
      --cooldown_;
      epochs_without_gain_ = 0;
    }
    if (monitor_.improves(*current, options_.min_delta)) {
      epochs_without_gain_ = 0;
      return;
    }
    if (cooldown_ > 0 || ++epochs_without_gain_ < options_.patience) return;
    if (rate <= static_cast<double>(static_cast<float>(options_.min_lr)))
      return;
    // The rate is a float32: the text shows what it becomes.
    double reduced = std::max<double>(
        static_cast<float>(rate) * static_cast<float>(options_.factor),
        options_.min_lr);
    set_rate(model(), reduced);
    if (options_.verbose > 0)
      say(epoch, "ReduceLROnPlateau", "reducing", reduced);
    cooldown_ = options_.cooldown;
    epochs_without_gain_ = 0;
  }

 private:
  callbacks::ReduceLROnPlateauOptions options_;
  Monitor monitor_;
  int cooldown_ = 0;
  int epochs_without_gain_ = 0;
};

class LearningRateSchedulerImpl : public CallbackBase {
 public:
  LearningRateSchedulerImpl(std::function<double(int, double)> schedule,
                            callbacks::LearningRateSchedulerOptions options)
      : schedule_(std::move(schedule)), options_(options) {}

  void on_epoch_begin(int epoch, Logs&) override {
    double rate = schedule_(epoch, rate_of(model()));
    set_rate(model(), rate);
    if (options_.verbose > 0)
      say(epoch, "LearningRateScheduler", "setting", rate);
  }

  void on_epoch_end(int, Logs& logs) override { logs["lr"] = rate_of(model()); }

 private:
  std::function<double(int, double)> schedule_;
  callbacks::LearningRateSchedulerOptions options_;
};

class TerminateOnNaNImpl : public CallbackBase {
 public:
  void on_train_batch_end(std::int64_t batch, Logs& logs) override {
    if (!logs.contains("loss") || std::isfinite(logs["loss"])) return;
    std::cout << "Batch " << batch << ": Invalid loss, terminating training\n";
    model().stop_training();
  }
};

}  // namespace

callbacks::ReduceLROnPlateau::ReduceLROnPlateau(
    ReduceLROnPlateauOptions options)
    : Callback(std::make_shared<ReduceLROnPlateauImpl>(std::move(options))) {}

callbacks::LearningRateScheduler::LearningRateScheduler(
    std::function<double(int, double)> schedule,
    LearningRateSchedulerOptions options)
    : Callback(std::make_shared<LearningRateSchedulerImpl>(std::move(schedule),
                                                           options)) {}

callbacks::TerminateOnNaN::TerminateOnNaN()
    : Callback(std::make_shared<TerminateOnNaNImpl>()) {}

}  // namespace tern::keras
