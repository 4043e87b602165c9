#include <typeinfo>

#include "keras/initial_value.h"
#include "keras/metrics/registry.h"
#include "keras/naming.h"
#include "tern/core/error.h"
#include "tern/keras/metrics.h"
#include "tern/ops/array.h"

namespace tern::keras {
namespace {

bool means_accuracy(const std::string& name) {
  return name == "accuracy" || name == "acc" || name == "Accuracy";
}

}  // namespace

// ------------------------------------------------------------------ handle

Metric::Metric(std::string name) : identifier_(std::move(name)) {
  if (means_accuracy(identifier_)) return;
  impl_ = metric_named(identifier_);
  impl_->set_name(identifier_);
}

Metric::Metric(Callable function) : Metric(metric_of(std::move(function))) {}

Metric::Metric(std::shared_ptr<MetricBase> impl) : impl_(std::move(impl)) {
  if (impl_) impl_->ensure_name();
}

MetricBase& Metric::get() const {
  if (!impl_ && !identifier_.empty())
    throw FailedPreconditionError(
        "the metric \"",
        identifier_,
        "\" depends on the shapes of labels and predictions: use "
        "metrics::BinaryAccuracy, CategoricalAccuracy or "
        "SparseCategoricalAccuracy outside of a model");
  if (!impl_) throw FailedPreconditionError("this Metric handle is empty");
  return *impl_;
}

void Metric::update_state(const Tensor& y_true,
                          const Tensor& y_pred,
                          const Tensor& sample_weight) const {
  get().update_state(y_true, y_pred, sample_weight);
}

Tensor Metric::result() const { return get().result(); }
void Metric::reset_state() const { get().reset_state(); }
std::string Metric::name() const { return impl_ ? impl_->name() : identifier_; }
Variables Metric::variables() const { return get().variables(); }
std::shared_ptr<Module> Metric::module() const { return impl_; }

Metric Metric::resolve(const Shape& y_true, const Shape& y_pred) const {
  if (impl_) return *this;
  bool is_binary = y_pred.rank() > 0 && y_pred[-1] == 1;
  bool is_sparse =
      y_true.rank() < y_pred.rank() || (y_true.rank() > 0 && y_true[-1] == 1);
  Metric resolved;
  if (is_binary)
    resolved = metrics::BinaryAccuracy({.name = identifier_});
  else if (is_sparse)
    resolved = metrics::SparseCategoricalAccuracy({.name = identifier_});
  else
    resolved = metrics::CategoricalAccuracy({.name = identifier_});
  resolved.identifier_ = identifier_;
  return resolved;
}

Config Metric::serialize() const {
  if (!identifier_.empty()) return identifier_;
  // A function of the user's has no name that a file could hold.
  if (get().class_name() == "MeanMetricWrapper") return {};
  return Config::object(
      {{"class_name", get().class_name()}, {"config", get().get_config()}});
}

Metric Metric::deserialize(const Config& config) {
  if (config.is_string()) return Metric(config.get<std::string>());
  std::string name = config["class_name"].get<std::string>();
  const Config& options = config["config"];
  if (options.is_string()) return Metric(options.get<std::string>());
  if (name == "MeanMetricWrapper") {
    // Keras 2's form of a function: {"fn": "mean_absolute_error"}.
    const Config& function = options["fn"];
    name = (function.is_object() ? function["config"] : function)
               .get<std::string>();
  }
  std::shared_ptr<MetricBase> impl = metric_from_config(name, options);
  if (const Config* given = options.find("name"))
    impl->set_name(given->get<std::string>());
  return Metric(std::move(impl));
}

// -------------------------------------------------------------------- base

MetricBase::MetricBase(MetricOptions options)
    : Module(std::move(options.name)),
      dtype_(options.dtype == DType{} ? float32 : options.dtype) {}

void MetricBase::reset_state() {
  for (const Variable& variable : variables())
    variable.assign(zeros(variable.shape(), variable.dtype()));
}

Config MetricBase::get_config() const {
  return Config::object(
      {{"name", name()}, {"dtype", std::string(dtype_.name())}});
}

std::string MetricBase::class_name() const {
  return class_name_of(typeid(*this));
}

void MetricBase::ensure_name() {
  if (name().empty()) set_name(unique_name(to_snake_case(class_name())));
}

Variable MetricBase::add_weight(std::string name,
                                const Shape& shape,
                                WeightOptions options) {
  DType dtype = options.dtype == DType{} ? dtype_ : options.dtype;
  if (!options.initializer.is_given()) options.initializer = "zeros";
  // Nothing trains a metric: gradients are not for its state.
  return track(
      name,
      Variable(initial_value([&] { return options.initializer(shape, dtype); }),
               {.trainable = false, .name = name}));
}

}  // namespace tern::keras
