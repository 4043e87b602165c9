#include "keras/object_registry.h"
#include "keras/optimizers/common_options.h"
#include "keras/optimizers/sparse_gradient.h"
#include "tern/ops/math.h"

namespace tern::keras {
namespace {

constexpr auto rmsprop_fields = [](auto& options, const auto& visit) {
  visit("rho", options.rho);
  visit("momentum", options.momentum);
  visit("epsilon", options.epsilon);
  visit("centered", options.centered);
};

class RMSpropImpl : public OptimizerBase {
 public:
  explicit RMSpropImpl(optimizers::RMSpropOptions options)
      : OptimizerBase(base_options(options)), options_(std::move(options)) {}

  std::string class_name() const override { return "RMSprop"; }

  void make_slots(const Variables& variables) override {
    auto add_slots = [&](Variables& slots, const std::string& name) {
      for (const Variable& variable : variables)
        slots.push_back(add_slot(name, variable));
    };
    add_slots(squares_, "velocity");
    if (options_.momentum > 0) add_slots(momentums_, "momentum");
    if (options_.centered) add_slots(means_, "average_gradient");
  }

  void update(const Gradient& gradient,
              const Variable& variable,
              std::size_t index,
              const Tensor& rate) override {
    double rho = options_.rho;
    Moments g = dense_moments(gradient, variable);
    const Variable& square_mean = squares_[index];
    square_mean.assign(rho * square_mean.read() + (1 - rho) * g.second);
    Tensor variance = square_mean.read();
    if (options_.centered) {
      const Variable& mean = means_[index];
      mean.assign(rho * mean.read() + (1 - rho) * g.first);
      variance = variance - square(mean.read());
    }
    Tensor step = rate * g.first / sqrt(variance + options_.epsilon);
    if (options_.momentum > 0) {
      const Variable& momentum = momentums_[index];
      momentum.assign(options_.momentum * momentum.read() + step);
      step = momentum.read();
    }
    variable.assign_sub(step);
  }

  Config get_config() const override {
    return with_fields(OptimizerBase::get_config(), options_, rmsprop_fields);
  }

 private:
  optimizers::RMSpropOptions options_;
  Variables squares_, momentums_, means_;
};

Optimizer rmsprop_from_config(const Config& config) {
  return optimizers::RMSprop(
      options_from_config<optimizers::RMSpropOptions>(config, rmsprop_fields));
}

}  // namespace

optimizers::RMSprop::RMSprop(RMSpropOptions options)
    : Optimizer(std::make_shared<RMSpropImpl>(std::move(options))) {}

void register_rmsprop_objects(ObjectRegistry& registry) {
  registry.add_optimizer("RMSprop", rmsprop_from_config);
}

}  // namespace tern::keras
