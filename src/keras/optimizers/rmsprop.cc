#include "keras/object_registry.h"
#include "keras/optimizers/common_options.h"
#include "keras/optimizers/sparse_gradient.h"
#include "tern/ops/math.h"

namespace tern::keras {
namespace {

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
    Config config = OptimizerBase::get_config();
    config["rho"] = options_.rho;
    config["momentum"] = options_.momentum;
    config["epsilon"] = options_.epsilon;
    config["centered"] = options_.centered;
    return config;
  }

 private:
  optimizers::RMSpropOptions options_;
  Variables squares_, momentums_, means_;
};

Optimizer rmsprop_from_config(const Config& config) {
  auto options = options_from_config<optimizers::RMSpropOptions>(config);
  options.rho = config.get("rho", options.rho);
  options.momentum = config.get("momentum", options.momentum);
  options.epsilon = config.get("epsilon", options.epsilon);
  options.centered = config.get("centered", options.centered);
  return optimizers::RMSprop(options);
}

}  // namespace

optimizers::RMSprop::RMSprop(RMSpropOptions options)
    : Optimizer(std::make_shared<RMSpropImpl>(std::move(options))) {}

void register_rmsprop_objects(ObjectRegistry& registry) {
  registry.add_optimizer("RMSprop", rmsprop_from_config);
}

}  // namespace tern::keras
