#include "keras/object_registry.h"
#include "keras/optimizers/common_options.h"
#include "keras/optimizers/sparse_gradient.h"
#include "tern/ops/math.h"

namespace tern::keras {
namespace {

constexpr auto ftrl_fields = [](auto& options, const auto& visit) {
  visit("learning_rate_power", options.learning_rate_power);
  visit("initial_accumulator_value", options.initial_accumulator_value);
  visit("l1_regularization_strength", options.l1_regularization_strength);
  visit("l2_regularization_strength", options.l2_regularization_strength);
  visit("l2_shrinkage_regularization_strength",
        options.l2_shrinkage_regularization_strength);
  visit("beta", options.beta);
};

class FtrlImpl : public OptimizerBase {
 public:
  explicit FtrlImpl(optimizers::FtrlOptions options)
      : OptimizerBase(base_options(options)), options_(std::move(options)) {}

  void make_slots(const Variables& variables) override {
    for (const Variable& variable : variables) {
      accumulators_.push_back(add_slot(
          "accumulator", variable, options_.initial_accumulator_value));
      linears_.push_back(add_slot("linear", variable));
    }
  }

  void update(const Gradient& gradient,
              const Variable& variable,
              std::size_t index,
              const Tensor& rate) override {
    Moments g = dense_moments(gradient, variable);
    const Variable &accumulator = accumulators_[index], &z = linears_[index];
    Tensor w = variable.read();
    Tensor before = root(accumulator.read());
    accumulator.assign_add(g.second);
    Tensor after = root(accumulator.read());
    double shrinkage = 2 * options_.l2_shrinkage_regularization_strength;
    Tensor slope = shrinkage == 0 ? g.first : g.first + shrinkage * w;
    z.assign_add(slope - (after - before) / rate * w);
    Tensor l2 =
        options_.l2_regularization_strength + options_.beta / (2.0 * rate);
    double l1 = options_.l1_regularization_strength;
    variable.assign((clip_by_value(z.read(), -l1, l1) - z.read()) /
                    (after / rate + 2.0 * l2));
  }

  Config get_config() const override {
    return with_fields(OptimizerBase::get_config(), options_, ftrl_fields);
  }

 private:
  /// accumulator ^ -learning_rate_power: the square root, unless told
  /// otherwise.
  Tensor root(const Tensor& accumulator) const {
    double power = -options_.learning_rate_power;
    return power == 0.5 ? sqrt(accumulator) : pow(accumulator, power);
  }

  optimizers::FtrlOptions options_;
  Variables accumulators_, linears_;
};

Optimizer ftrl_from_config(const Config& config) {
  return optimizers::Ftrl(
      options_from_config<optimizers::FtrlOptions>(config, ftrl_fields));
}

}  // namespace

optimizers::Ftrl::Ftrl(FtrlOptions options)
    : Optimizer(std::make_shared<FtrlImpl>(std::move(options))) {}

void register_ftrl_objects(ObjectRegistry& registry) {
  registry.add_optimizer("Ftrl", ftrl_from_config);
}

}  // namespace tern::keras
