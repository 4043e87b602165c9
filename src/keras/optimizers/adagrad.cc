#include "keras/object_registry.h"
#include "keras/optimizers/common_options.h"
#include "keras/optimizers/sparse_gradient.h"
#include "tern/ops/math.h"

namespace tern::keras {
namespace {

constexpr auto adagrad_fields = [](auto& options, const auto& visit) {
  visit("initial_accumulator_value", options.initial_accumulator_value);
  visit("epsilon", options.epsilon);
};

class AdagradImpl : public OptimizerBase {
 public:
  explicit AdagradImpl(optimizers::AdagradOptions options)
      : OptimizerBase(base_options(options)), options_(std::move(options)) {}

  void make_slots(const Variables& variables) override {
    for (const Variable& variable : variables)
      accumulators_.push_back(add_slot(
          "accumulator", variable, options_.initial_accumulator_value));
  }

  void update(const Gradient& gradient,
              const Variable& variable,
              std::size_t index,
              const Tensor& rate) override {
    Moments g = dense_moments(gradient, variable);
    const Variable& accumulator = accumulators_[index];
    accumulator.assign_add(g.second);
    variable.assign_sub(rate * g.first /
                        sqrt(accumulator.read() + options_.epsilon));
  }

  Config get_config() const override {
    return with_fields(OptimizerBase::get_config(), options_, adagrad_fields);
  }

 private:
  optimizers::AdagradOptions options_;
  Variables accumulators_;
};

Optimizer adagrad_from_config(const Config& config) {
  return optimizers::Adagrad(
      options_from_config<optimizers::AdagradOptions>(config, adagrad_fields));
}

}  // namespace

optimizers::Adagrad::Adagrad(AdagradOptions options)
    : Optimizer(std::make_shared<AdagradImpl>(std::move(options))) {}

void register_adagrad_objects(ObjectRegistry& registry) {
  registry.add_optimizer("Adagrad", adagrad_from_config);
}

}  // namespace tern::keras
