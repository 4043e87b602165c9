#include "keras/object_registry.h"
#include "keras/optimizers/common_options.h"
#include "keras/optimizers/sparse_gradient.h"
#include "tern/ops/math.h"

namespace tern::keras {
namespace {

constexpr auto lion_fields = [](auto& options, const auto& visit) {
  visit("beta_1", options.beta_1);
  visit("beta_2", options.beta_2);
};

class LionImpl : public OptimizerBase {
 public:
  explicit LionImpl(optimizers::LionOptions options)
      : OptimizerBase(base_options(options)), options_(std::move(options)) {}

  void make_slots(const Variables& variables) override {
    for (const Variable& variable : variables)
      momentums_.push_back(add_slot("m", variable));
  }

  void update(const Gradient& gradient,
              const Variable& variable,
              std::size_t index,
              const Tensor& rate) override {
    double beta_1 = options_.beta_1, beta_2 = options_.beta_2;
    Tensor g = dense_gradient(gradient, variable);
    const Variable& m = momentums_[index];
    variable.assign_sub(rate * sign(m.read() * beta_1 + g * (1 - beta_1)));
    m.assign(m.read() * beta_2 + g * (1 - beta_2));
  }

  Config get_config() const override {
    return with_fields(OptimizerBase::get_config(), options_, lion_fields);
  }

 private:
  optimizers::LionOptions options_;
  Variables momentums_;
};

Optimizer lion_from_config(const Config& config) {
  return optimizers::Lion(
      options_from_config<optimizers::LionOptions>(config, lion_fields));
}

}  // namespace

optimizers::Lion::Lion(LionOptions options)
    : Optimizer(std::make_shared<LionImpl>(std::move(options))) {}

void register_lion_objects(ObjectRegistry& registry) {
  registry.add_optimizer("Lion", lion_from_config);
}

}  // namespace tern::keras
