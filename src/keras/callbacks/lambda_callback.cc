#include <utility>

#include "tern/keras/callbacks.h"

namespace tern::keras {
namespace {

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
  void on_train_begin(Logs& logs) override {
    if (options_.on_train_begin) options_.on_train_begin(logs);
  }
  void on_train_end(Logs& logs) override {
    if (options_.on_train_end) options_.on_train_end(logs);
  }
  void on_train_batch_begin(std::int64_t batch, Logs& logs) override {
    if (options_.on_train_batch_begin)
      options_.on_train_batch_begin(batch, logs);
  }
  void on_train_batch_end(std::int64_t batch, Logs& logs) override {
    if (options_.on_train_batch_end) options_.on_train_batch_end(batch, logs);
  }

 private:
  callbacks::LambdaOptions options_;
};

}  // namespace

callbacks::LambdaCallback::LambdaCallback(LambdaOptions options)
    : Callback(std::make_shared<LambdaCallbackImpl>(std::move(options))) {}

}  // namespace tern::keras
