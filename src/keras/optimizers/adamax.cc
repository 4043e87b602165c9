#include "keras/object_registry.h"
#include "keras/optimizers/common_options.h"
#include "keras/optimizers/sparse_gradient.h"
#include "tern/ops/math.h"

namespace tern::keras {
namespace {

constexpr auto adamax_fields = [](auto& options, const auto& visit) {
  visit("beta_1", options.beta_1);
  visit("beta_2", options.beta_2);
  visit("epsilon", options.epsilon);
};

class AdamaxImpl : public OptimizerBase {
 public:
  explicit AdamaxImpl(optimizers::AdamaxOptions options)
      : OptimizerBase(base_options(options)), options_(std::move(options)) {}

  void make_slots(const Variables& variables) override {
    for (const Variable& variable : variables) {
      momentums_.push_back(add_slot("m", variable));
      norms_.push_back(add_slot("u", variable));
    }
  }

  void update(const Gradient& gradient,
              const Variable& variable,
              std::size_t index,
              const Tensor& rate) override {
    Tensor step = cast(iterations().read() + 1, variable.dtype());
    Tensor correction = 1 - pow(options_.beta_1, step);
    const Variable &m = momentums_[index], &u = norms_[index];
    Tensor g = dense_gradient(gradient, variable);
    m.assign_add((g - m.read()) * (1 - options_.beta_1));
    u.assign(maximum(options_.beta_2 * u.read(),
                     dense_magnitude(gradient, variable)));
    variable.assign_sub(rate * m.read() /
                        (correction * (u.read() + options_.epsilon)));
  }

  Config get_config() const override {
    return with_fields(OptimizerBase::get_config(), options_, adamax_fields);
  }

 private:
  optimizers::AdamaxOptions options_;
  Variables momentums_, norms_;
};

Optimizer adamax_from_config(const Config& config) {
  return optimizers::Adamax(
      options_from_config<optimizers::AdamaxOptions>(config, adamax_fields));
}

}  // namespace

optimizers::Adamax::Adamax(AdamaxOptions options)
    : Optimizer(std::make_shared<AdamaxImpl>(std::move(options))) {}

void register_adamax_objects(ObjectRegistry& registry) {
  registry.add_optimizer("Adamax", adamax_from_config);
}

}  // namespace tern::keras
