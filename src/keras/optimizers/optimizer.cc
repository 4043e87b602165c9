#include <typeinfo>

#include "keras/initial_value.h"
#include "keras/naming.h"
#include "keras/object_registry.h"
#include "keras/optimizers/sparse_gradient.h"
#include "ops/apply.h"
#include "ops/grad_context.h"
#include "tern/autodiff/gradient_tape.h"
#include "tern/core/error.h"
#include "tern/keras/optimizers.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"

namespace tern::keras {
namespace {

Config number_or_null(std::optional<double> value) {
  return value ? Config(*value) : Config();
}

/// The same gradient with other values.
Gradient with_values(const Gradient& gradient, Tensor values) {
  if (!gradient.is_sparse()) return values;
  IndexedSlices slices = gradient.slices();
  slices.values = std::move(values);
  return slices;
}

const Tensor& values_of(const Gradient& gradient) {
  return gradient.is_sparse() ? gradient.slices().values : gradient.dense();
}

Tensors handles_of(const Variables& variables) {
  Tensors handles;
  for (const Variable& variable : variables)
    handles.push_back(variable.handle());
  return handles;
}

}  // namespace

// ------------------------------------------------------------------ handle

Optimizer::Optimizer(std::string name) {
  auto factory = ObjectRegistry::global().find_optimizer(name);
  if (!factory)
    throw InvalidArgumentError("Could not interpret optimizer identifier: ",
                               name);
  *this = factory(Config::object());
}

OptimizerBase& Optimizer::get() const {
  if (!impl_) throw FailedPreconditionError("this Optimizer handle is empty");
  return *impl_;
}

void Optimizer::apply_gradients(const Tensors& gradients,
                                const Variables& variables) const {
  std::vector<Gradient> parts(gradients.begin(), gradients.end());
  get().apply(parts, variables);
}

void Optimizer::minimize_loss(const std::function<Tensor()>& loss,
                              const Variables& variables) const {
  GradientTape tape;
  Tensor value = loss();
  get().apply(tape.gradients({value}, handles_of(variables)), variables);
}

Variable Optimizer::learning_rate() const { return get().learning_rate(); }
Variable Optimizer::iterations() const { return get().iterations(); }
Variables Optimizer::variables() const { return get().variables(); }
Config Optimizer::get_config() const { return get().get_config(); }
std::shared_ptr<Module> Optimizer::module() const { return impl_; }

Config Optimizer::serialize() const {
  return Config::object(
      {{"class_name", get().class_name()}, {"config", get_config()}});
}

Optimizer Optimizer::deserialize(const Config& config) {
  if (config.is_null()) return {};
  if (config.is_string()) return Optimizer(config.get<std::string>());
  std::string name = config["class_name"].get<std::string>();
  // Keras 2 tells its new optimizers from the old ones by "Custom>Adam".
  if (std::size_t package = name.find('>'); package != std::string::npos)
    name.erase(0, package + 1);
  auto factory = ObjectRegistry::global().find_optimizer(name);
  if (!factory)
    throw NotFoundError("Could not interpret optimizer identifier: ", name);
  return factory(config["config"]);
}

// -------------------------------------------------------------------- base

OptimizerBase::OptimizerBase(OptimizerOptions options)
    : Module(options.name), options_(std::move(options)) {
  learning_rate_ = Variable(constant(options_.learning_rate.initial(), float32),
                            {.trainable = false, .name = "learning_rate"});
  iterations_ =
      Variable(constant(0, int64), {.trainable = false, .name = "iteration"});
  int rules = (options_.clipnorm ? 1 : 0) + (options_.clipvalue ? 1 : 0) +
              (options_.global_clipnorm ? 1 : 0);
  if (rules > 1)
    throw InvalidArgumentError(
        "Only one of `clipnorm`, `clipvalue` and `global_clipnorm` can be set");
}

Variables OptimizerBase::variables() const {
  Variables all{iterations_};
  all.insert(all.end(), slots_.begin(), slots_.end());
  return all;
}

void OptimizerBase::build(const Variables& variables) {
  if (built()) return;
  variables_ = variables;
  if (options_.use_ema)
    for (const Variable& variable : variables) {
      averages_.push_back(add_slot("average", variable));
      if (version_ == KerasVersion::k2)
        averages_.back().assign(initial_value([&] { return variable.read(); }));
    }
  make_slots(variables);
}

Variable OptimizerBase::add_slot(const std::string& slot,
                                 const Variable& variable,
                                 double initial) {
  std::string of = variable.name().substr(0, variable.name().rfind(':'));
  Variable made(initial_value([&] {
                  return fill(variable.shape(),
                              constant(initial, variable.dtype()));
                }),
                {.trainable = false, .name = name() + "/" + slot + "/" + of});
  slots_.push_back(made);
  return made;
}

std::size_t OptimizerBase::index_of(const Variable& variable) const {
  for (std::size_t i = 0; i < variables_.size(); ++i)
    if (variables_[i].same_as(variable)) return i;
  throw InvalidArgumentError(
      "Unknown variable: ",
      variable.name(),
      ". This optimizer can only be called for the variables it was "
      "originally built with. When working with a new set of variables, you "
      "should recreate a new optimizer instance.");
}

void OptimizerBase::begin_step() {}

void OptimizerBase::end_step() {}

void OptimizerBase::apply(const std::vector<Gradient>& gradients,
                          const Variables& variables) {
  if (gradients.size() != variables.size())
    throw InvalidArgumentError(name(),
                               ": got ",
                               gradients.size(),
                               " gradients for ",
                               variables.size(),
                               " variables");
  build(variables);
  std::vector<Gradient> present;
  Variables targets;
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    if (gradients[i].is_none()) continue;
    present.push_back(version_ == KerasVersion::k2
                          ? sum_repeated_rows(gradients[i])
                          : gradients[i]);
    targets.push_back(variables[i]);
  }
  if (present.empty())
    throw InvalidArgumentError("No gradients provided for any variable.");
  present = clip(std::move(present));

  Tensor rate = current_rate();
  if (options_.weight_decay)
    for (const Variable& target : targets)
      target.assign_sub(target.read() *
                        cast(rate * *options_.weight_decay, target.dtype()));
  begin_step();
  for (std::size_t i = 0; i < present.size(); ++i)
    update(present[i],
           targets[i],
           index_of(targets[i]),
           cast(rate, targets[i].dtype()));
  end_step();
  if (options_.use_ema) update_averages(targets);
  iterations_.assign_add(constant(1, int64));
}

Tensor OptimizerBase::current_rate() const {
  const LearningRateSchedule& schedule = options_.learning_rate.schedule();
  if (schedule.is_given()) learning_rate_.assign(schedule(iterations_.read()));
  return learning_rate_.read();
}

void OptimizerBase::update_averages(const Variables& variables) const {
  Tensor momentum = constant(options_.ema_momentum, float32);
  if (version_ == KerasVersion::k3)
    momentum = where(iterations_.read() > 0, momentum, zeros_like(momentum));
  Tensor overwrites;
  if (options_.ema_overwrite_frequency)
    overwrites = equal(
        floormod(iterations_.read() + 1, *options_.ema_overwrite_frequency), 0);
  for (const Variable& variable : variables) {
    const Variable& average = averages_[index_of(variable)];
    Tensor m = cast(momentum, variable.dtype());
    average.assign(m * average.read() + (1 - m) * variable.read());
    if (overwrites.defined())
      variable.assign(where(overwrites, average.read(), variable.read()));
  }
}

void OptimizerBase::finalize_variable_values(const Variables& variables) {
  if (!options_.use_ema || !built()) return;
  for (const Variable& variable : variables)
    variable.assign(averages_[index_of(variable)].read());
}

std::vector<Gradient> OptimizerBase::clip(
    std::vector<Gradient> gradients) const {
  if (options_.clipnorm) {
    double limit = *options_.clipnorm;
    for (Gradient& gradient : gradients) {
      const Tensor& values = values_of(gradient);
      Tensor norm = sqrt(reduce_sum(square(values)));
      gradient = with_values(gradient, values * limit / maximum(norm, limit));
    }
  } else if (options_.clipvalue) {
    double limit = *options_.clipvalue;
    for (Gradient& gradient : gradients)
      gradient = with_values(gradient,
                             clip_by_value(values_of(gradient), -limit, limit));
  } else if (options_.global_clipnorm) {
    double limit = *options_.global_clipnorm;
    Tensors squares;
    for (const Gradient& gradient : gradients)
      squares.push_back(reduce_sum(square(values_of(gradient))));
    Tensor norm = sqrt(add_n(squares));
    Tensor scale = limit * minimum(1.0 / norm, 1.0 / limit);
    for (Gradient& gradient : gradients)
      gradient = with_values(gradient, values_of(gradient) * scale);
  }
  return gradients;
}

std::string OptimizerBase::class_name() const {
  return class_name_of(typeid(*this));
}

Config OptimizerBase::get_config() const {
  return Config::object(
      {{"name", name()},
       {"weight_decay", number_or_null(options_.weight_decay)},
       {"clipnorm", number_or_null(options_.clipnorm)},
       {"global_clipnorm", number_or_null(options_.global_clipnorm)},
       {"clipvalue", number_or_null(options_.clipvalue)},
       {"use_ema", options_.use_ema},
       {"ema_momentum", options_.ema_momentum},
       {"ema_overwrite_frequency",
        options_.ema_overwrite_frequency
            ? Config(*options_.ema_overwrite_frequency)
            : Config()},
       {"jit_compile", false},
       {"is_legacy_optimizer", false},
       {"learning_rate",
        options_.learning_rate.schedule().is_given()
            ? options_.learning_rate.schedule().serialize()
            : Config(learning_rate_.read().item<double>())}});
}

}  // namespace tern::keras
