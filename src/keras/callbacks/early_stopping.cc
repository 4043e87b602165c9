#include <iostream>
#include <utility>

#include "keras/callbacks/monitor.h"
#include "tern/keras/callbacks.h"
#include "tern/keras/model.h"

namespace tern::keras {
namespace {

class EarlyStoppingImpl : public CallbackBase {
 public:
  explicit EarlyStoppingImpl(callbacks::MonitorOptions options)
      : options_(std::move(options)),
        monitor_("EarlyStopping", options_.monitor, options_.mode) {}

  void on_train_begin(Logs&) override {
    epochs_without_gain_ = 0;
    monitor_.reset();
    best_weights_.clear();
    stopped_epoch_ = -1;
    best_epoch_ = 0;
  }

  void on_epoch_end(int epoch, Logs& logs) override {
    if (epoch < options_.start_from_epoch) return;
    std::optional<double> current = monitor_.read(logs);
    if (!current) return;
    ++epochs_without_gain_;
    if (monitor_.improves(*current, options_.min_delta)) {
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
  callbacks::MonitorOptions options_;
  Monitor monitor_;
  int epochs_without_gain_ = 0;
  int stopped_epoch_ = -1;
  int best_epoch_ = 0;
  Tensors best_weights_;
};

}  // namespace

callbacks::EarlyStopping::EarlyStopping(MonitorOptions options)
    : Callback(std::make_shared<EarlyStoppingImpl>(std::move(options))) {}

}  // namespace tern::keras
