#include "keras/object_registry.h"
#include "keras/optimizers/common_options.h"
#include "keras/optimizers/sparse_gradient.h"
#include "tern/ops/math.h"

namespace tern::keras {
namespace {

constexpr auto adadelta_fields = [](auto& options, const auto& visit) {
  visit("rho", options.rho);
  visit("epsilon", options.epsilon);
};

class AdadeltaImpl : public OptimizerBase {
 public:
  explicit AdadeltaImpl(optimizers::AdadeltaOptions options)
      : OptimizerBase(base_options(options)), options_(std::move(options)) {}

  void make_slots(const Variables& variables) override {
    for (const Variable& variable : variables) {
      gradients_.push_back(add_slot("accumulated_grad", variable));
      steps_.push_back(add_slot("accumulated_delta_var", variable));
    }
  }

  void update(const Gradient& gradient,
              const Variable& variable,
              std::size_t index,
              const Tensor& rate) override {
    double rho = options_.rho;
    Moments g = dense_moments(gradient, variable);
    const Variable &gradients = gradients_[index], &steps = steps_[index];
    gradients.assign(rho * gradients.read() + (1 - rho) * g.second);
    Tensor ratio = sqrt(steps.read() + options_.epsilon) /
                   sqrt(gradients.read() + options_.epsilon);
    // The mean square of the steps, of which the rate is no part.
    steps.assign(rho * steps.read() + (1 - rho) * square(ratio) * g.second);
    variable.assign_sub(rate * (ratio * g.first));
  }

  Config get_config() const override {
    return with_fields(OptimizerBase::get_config(), options_, adadelta_fields);
  }

 private:
  optimizers::AdadeltaOptions options_;
  Variables gradients_, steps_;
};

Optimizer adadelta_from_config(const Config& config) {
  return optimizers::Adadelta(options_from_config<optimizers::AdadeltaOptions>(
      config, adadelta_fields));
}

}  // namespace

optimizers::Adadelta::Adadelta(AdadeltaOptions options)
    : Optimizer(std::make_shared<AdadeltaImpl>(std::move(options))) {}

void register_adadelta_objects(ObjectRegistry& registry) {
  registry.add_optimizer("Adadelta", adadelta_from_config);
}

}  // namespace tern::keras
