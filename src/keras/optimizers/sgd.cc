#include "keras/object_registry.h"
#include "keras/optimizers/common_options.h"
#include "keras/optimizers/sparse_gradient.h"
#include "ops/apply.h"
#include "tern/ops/math.h"

namespace tern::keras {
namespace {

constexpr auto sgd_fields = [](auto& options, const auto& visit) {
  visit("momentum", options.momentum);
  visit("nesterov", options.nesterov);
};

class SGDImpl : public OptimizerBase {
 public:
  explicit SGDImpl(optimizers::SGDOptions options)
      : OptimizerBase(base_options(options)), options_(std::move(options)) {
    if (!(options_.momentum >= 0 && options_.momentum <= 1))
      throw InvalidArgumentError(
          "`momentum` must be a float between [0, 1]. Received: momentum=",
          options_.momentum);
  }

  void make_slots(const Variables& variables) override {
    if (options_.momentum == 0) return;
    for (const Variable& variable : variables)
      momentums_.push_back(add_slot("m", variable));
  }

  void update(const Gradient& gradient,
              const Variable& variable,
              std::size_t index,
              const Tensor& rate) override {
    if (options_.momentum == 0) {
      descend(gradient, variable, rate);
      return;
    }
    Tensor step = dense_gradient(gradient, variable) * rate;
    const Variable& m = momentums_[index];
    m.assign(m.read() * options_.momentum - step);
    variable.assign_add(options_.nesterov ? m.read() * options_.momentum - step
                                          : m.read());
  }

  Config get_config() const override {
    return with_fields(OptimizerBase::get_config(), options_, sgd_fields);
  }

 private:
  static void descend(const Gradient& gradient,
                      const Variable& variable,
                      const Tensor& rate) {
    if (gradient.is_sparse()) {
      const IndexedSlices& slices = gradient.slices();
      raw<"ResourceScatterAdd">(
          variable.handle(), slices.indices, -(slices.values * rate));
    } else {
      raw<"ResourceApplyGradientDescent">(
          variable.handle(), rate, gradient.dense());
    }
  }

  optimizers::SGDOptions options_;
  Variables momentums_;
};

Optimizer sgd_from_config(const Config& config) {
  return optimizers::SGD(
      options_from_config<optimizers::SGDOptions>(config, sgd_fields));
}

}  // namespace

optimizers::SGD::SGD(SGDOptions options)
    : Optimizer(std::make_shared<SGDImpl>(std::move(options))) {}

void register_sgd_objects(ObjectRegistry& registry) {
  registry.add_optimizer("SGD", sgd_from_config);
}

}  // namespace tern::keras
