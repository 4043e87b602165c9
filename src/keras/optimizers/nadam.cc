#include "keras/object_registry.h"
#include "keras/optimizers/common_options.h"
#include "keras/optimizers/sparse_gradient.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"

namespace tern::keras {
namespace {

constexpr auto nadam_fields = [](auto& options, const auto& visit) {
  visit("beta_1", options.beta_1);
  visit("beta_2", options.beta_2);
  visit("epsilon", options.epsilon);
};

/// From here on 1 - 0.5 · 0.96^t is 1 in float32.
constexpr int kTableSize = 512;

/// The products of 1 - 0.5 · 0.96^i over i = 1 … t, for each t.
const Tensor& decay_products() {
  static const Tensor table = [] {
    std::vector<float> products{1};
    double product = 1, power = 1;
    for (int i = 1; i < kTableSize; ++i) {
      power *= 0.96;
      product *= 1 - 0.5 * power;
      products.push_back(static_cast<float>(product));
    }
    return Tensor(products);
  }();
  return table;
}

class NadamImpl : public OptimizerBase {
 public:
  explicit NadamImpl(optimizers::NadamOptions options)
      : OptimizerBase(base_options(options)), options_(std::move(options)) {}

  void make_slots(const Variables& variables) override {
    for (const Variable& variable : variables) {
      momentums_.push_back(add_slot("m", variable));
      velocities_.push_back(add_slot("v", variable));
    }
  }

  /// The momenta's schedule: u(t) = beta_1 · (1 - 0.5 · 0.96^t), of which the
  /// product over all steps so far corrects the bias.
  void begin_step() override {
    Tensor t = cast(iterations().read() + 1, float32);
    u_ = options_.beta_1 * (1.0 - 0.5 * pow(0.96, t));
    next_u_ = options_.beta_1 * (1.0 - 0.5 * pow(0.96, t + 1.0));
    Tensor place = cast(minimum(t, static_cast<double>(kTableSize - 1)), int32);
    product_ = pow(options_.beta_1, t) * gather(decay_products(), place);
    correction_ = 1.0 - pow(options_.beta_2, t);
  }

  void end_step() override { u_ = next_u_ = product_ = correction_ = Tensor(); }

  void update(const Gradient& gradient,
              const Variable& variable,
              std::size_t index,
              const Tensor& rate) override {
    DType dtype = variable.dtype();
    Moments g = dense_moments(gradient, variable);
    const Variable &m = momentums_[index], &v = velocities_[index];
    m.assign_add((g.first - m.read()) * (1 - options_.beta_1));
    v.assign_add((g.second - v.read()) * (1 - options_.beta_2));
    Tensor ahead = cast(next_u_ / (1.0 - product_ * next_u_), dtype);
    Tensor now = cast((1.0 - u_) / (1.0 - product_), dtype);
    Tensor m_hat = ahead * m.read() + now * g.first;
    Tensor v_hat = v.read() / cast(correction_, dtype);
    variable.assign_sub(m_hat * rate / (sqrt(v_hat) + options_.epsilon));
  }

  Config get_config() const override {
    return with_fields(OptimizerBase::get_config(), options_, nadam_fields);
  }

 private:
  optimizers::NadamOptions options_;
  Variables momentums_, velocities_;
  Tensor u_, next_u_, product_, correction_;
};

Optimizer nadam_from_config(const Config& config) {
  return optimizers::Nadam(
      options_from_config<optimizers::NadamOptions>(config, nadam_fields));
}

}  // namespace

optimizers::Nadam::Nadam(NadamOptions options)
    : Optimizer(std::make_shared<NadamImpl>(std::move(options))) {}

void register_nadam_objects(ObjectRegistry& registry) {
  registry.add_optimizer("Nadam", nadam_from_config);
}

}  // namespace tern::keras
