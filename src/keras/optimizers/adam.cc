#include "keras/object_registry.h"
#include "keras/optimizers/common_options.h"
#include "keras/optimizers/sparse_gradient.h"
#include "ops/apply.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"

namespace tern::keras {
namespace {

constexpr auto adam_fields = [](auto& options, const auto& visit) {
  visit("beta_1", options.beta_1);
  visit("beta_2", options.beta_2);
  visit("epsilon", options.epsilon);
  visit("amsgrad", options.amsgrad);
};

class AdamImpl : public OptimizerBase {
 public:
  AdamImpl(optimizers::AdamOptions options, std::string class_name)
      : OptimizerBase(base_options(options)),
        options_(std::move(options)),
        class_name_(std::move(class_name)) {}

  std::string class_name() const override { return class_name_; }

  void make_slots(const Variables& variables) override {
    for (const Variable& variable : variables) {
      first_.push_back(add_slot("m", variable));
      second_.push_back(add_slot("v", variable));
    }
    if (!options_.amsgrad) return;
    for (const Variable& variable : variables)
      largest_.push_back(add_slot("vhat", variable));
  }

  /// The rate with both bias corrections: the same for all variables.
  void begin_step() override {
    Tensor step = cast(iterations().read() + 1, float32);
    Tensor correction_1 = 1 - pow(constant(options_.beta_1, float32), step);
    Tensor correction_2 = 1 - pow(constant(options_.beta_2, float32), step);
    alpha_ = learning_rate().read() * sqrt(correction_2) / correction_1;
  }

  void end_step() override { alpha_ = Tensor(); }

  void update(const Gradient& gradient,
              const Variable& variable,
              std::size_t index,
              const Tensor&) override {
    const Variable &m = first_[index], &v = second_[index];
    DType dtype = variable.dtype();
    Tensor alpha = cast(alpha_, dtype);
    bool has_kernel =
        gradient.is_dense() || dtype == float32 || dtype == float64;
    if (!options_.amsgrad && has_kernel) {
      Tensors inputs{variable.handle(),
                     m.handle(),
                     v.handle(),
                     alpha,
                     constant(1 - options_.beta_1, dtype),
                     constant(1 - options_.beta_2, dtype),
                     constant(options_.epsilon, dtype)};
      if (gradient.is_dense()) {
        inputs.push_back(gradient.dense());
        raw<"_TernResourceApplyAdam">(inputs);
      } else {
        inputs.push_back(gradient.slices().values);
        inputs.push_back(gradient.slices().indices);
        raw<"_TernResourceSparseApplyAdam">(inputs);
      }
      return;
    }
    decay_and_add(gradient, m, v);
    Tensor second = v.read();
    if (options_.amsgrad) {
      const Variable& largest = largest_[index];
      largest.assign(maximum(largest.read(), second));
      second = largest.read();
    }
    variable.assign_sub(m.read() * alpha / (sqrt(second) + options_.epsilon));
  }

  Config get_config() const override {
    return with_fields(OptimizerBase::get_config(), options_, adam_fields);
  }

 private:
  /// m += (g - m) · (1 - beta_1), v += (g² - v) · (1 - beta_2). All rows
  /// decay, also those a sparse gradient does not name.
  void decay_and_add(const Gradient& gradient,
                     const Variable& m,
                     const Variable& v) const {
    double rate_1 = 1 - options_.beta_1, rate_2 = 1 - options_.beta_2;
    if (gradient.is_dense()) {
      const Tensor& g = gradient.dense();
      m.assign_add((g - m.read()) * rate_1);
      v.assign_add((square(g) - v.read()) * rate_2);
      return;
    }
    const auto& [values, indices, shape] = gradient.slices();
    m.assign_sub(m.read() * rate_1);
    v.assign_sub(v.read() * rate_2);
    raw<"ResourceScatterAdd">(m.handle(), indices, values * rate_1);
    raw<"ResourceScatterAdd">(v.handle(), indices, square(values) * rate_2);
  }

  optimizers::AdamOptions options_;
  std::string class_name_;
  Variables first_, second_, largest_;
  Tensor alpha_;
};

Optimizer adam_from_config(const Config& config) {
  return optimizers::Adam(
      options_from_config<optimizers::AdamOptions>(config, adam_fields));
}

Optimizer adamw_from_config(const Config& config) {
  return optimizers::AdamW(
      options_from_config<optimizers::AdamWOptions>(config, adam_fields));
}

/// AdamW is Adam with another default for the decay.
optimizers::AdamOptions adam_options(optimizers::AdamWOptions options) {
  return {.learning_rate = options.learning_rate,
          .beta_1 = options.beta_1,
          .beta_2 = options.beta_2,
          .epsilon = options.epsilon,
          .amsgrad = options.amsgrad,
          .weight_decay = options.weight_decay,
          .clipnorm = options.clipnorm,
          .clipvalue = options.clipvalue,
          .global_clipnorm = options.global_clipnorm,
          .use_ema = options.use_ema,
          .ema_momentum = options.ema_momentum,
          .ema_overwrite_frequency = options.ema_overwrite_frequency,
          .name = options.name};
}

}  // namespace

optimizers::Adam::Adam(AdamOptions options)
    : Optimizer(std::make_shared<AdamImpl>(std::move(options), "Adam")) {}

optimizers::AdamW::AdamW(AdamWOptions options)
    : Optimizer(std::make_shared<AdamImpl>(adam_options(std::move(options)),
                                           "AdamW")) {}

void register_adam_objects(ObjectRegistry& registry) {
  registry.add_optimizer("Adam", adam_from_config);
  registry.add_optimizer("AdamW", adamw_from_config);
}

}  // namespace tern::keras
