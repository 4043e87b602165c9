#include "tern/keras/regularizers.h"

#include "keras/serialized_object.h"
#include "tern/core/error.h"
#include "tern/ops/math.h"

namespace tern::keras {
namespace {

/// Keras' guard against a division by zero.
constexpr double kEpsilon = 1e-7;

Tensor norms_along(const Tensor& w, const Ints& axis) {
  return sqrt(reduce_sum(square(w), {.axis = axis, .keepdims = true}));
}

/// An axis, or a list of them.
Ints axes_of(const Config& config) {
  const Config* axis = config.find("axis");
  if (!axis || axis->is_null()) return 0;
  if (!axis->is_list()) return axis->get<std::int64_t>();
  std::vector<std::int64_t> axes;
  for (const Config& item : axis->items())
    axes.push_back(item.get<std::int64_t>());
  return axes;
}

Config config_of(const Ints& axis) {
  const std::vector<std::int64_t> axes = axis.values();
  if (axes.size() == 1) return axes[0];
  Config list = Config::list();
  for (std::int64_t item : axes) list.push_back(item);
  return list;
}

}  // namespace

Regularizer::Regularizer(const char* name) {
  std::string_view wanted(name);
  if (wanted == "l1")
    *this = regularizers::l1();
  else if (wanted == "l2")
    *this = regularizers::l2();
  else if (wanted == "l1_l2")
    *this = regularizers::l1_l2();
  else
    throw InvalidArgumentError("Could not interpret regularizer identifier: ",
                               name);
}

Config Regularizer::serialize() const {
  return serialized_object("keras.regularizers", class_name_, config_);
}

Regularizer Regularizer::deserialize(const Config& config) {
  if (config.is_null()) return {};
  if (config.is_string()) return {config.get<std::string>().c_str()};
  std::string name = config["class_name"].get<std::string>();
  const Config& numbers = config["config"];
  if (name == "L1") return regularizers::l1(numbers.get("l1", 0.01));
  if (name == "L2") return regularizers::l2(numbers.get("l2", 0.01));
  if (name == "L1L2")
    return regularizers::l1_l2(numbers.get("l1", 0.0), numbers.get("l2", 0.0));
  throw InvalidArgumentError("Could not interpret regularizer identifier: ",
                             name);
}

Regularizer regularizers::l1(double l1) {
  return {"L1", Config::object({{"l1", l1}}), [l1](const Tensor& x) {
            return l1 * reduce_sum(abs(x));
          }};
}

Regularizer regularizers::l2(double l2) {
  return {"L2", Config::object({{"l2", l2}}), [l2](const Tensor& x) {
            return l2 * reduce_sum(square(x));
          }};
}

Regularizer regularizers::l1_l2(double l1, double l2) {
  return {"L1L2",
          Config::object({{"l1", l1}, {"l2", l2}}),
          [l1, l2](const Tensor& x) {
            return l1 * reduce_sum(abs(x)) + l2 * reduce_sum(square(x));
          }};
}

Constraint::Constraint(const char* name) {
  std::string_view wanted(name);
  if (wanted == "max_norm")
    *this = constraints::MaxNorm();
  else if (wanted == "non_neg")
    *this = constraints::NonNeg();
  else if (wanted == "unit_norm")
    *this = constraints::UnitNorm();
  else if (wanted == "min_max_norm")
    *this = constraints::MinMaxNorm();
  else
    throw InvalidArgumentError("Could not interpret constraint identifier: ",
                               name);
}

Config Constraint::serialize() const {
  return serialized_object("keras.constraints", class_name_, config_);
}

Constraint Constraint::deserialize(const Config& config) {
  if (config.is_null()) return {};
  if (config.is_string()) return {config.get<std::string>().c_str()};
  std::string name = config["class_name"].get<std::string>();
  const Config& numbers = config["config"];
  if (name == "MaxNorm")
    return constraints::MaxNorm(
        {numbers.get("max_value", 2.0), axes_of(numbers)});
  if (name == "NonNeg") return constraints::NonNeg();
  if (name == "UnitNorm") return constraints::UnitNorm(axes_of(numbers));
  if (name == "MinMaxNorm")
    return constraints::MinMaxNorm({.min_value = numbers.get("min_value", 0.0),
                                    .max_value = numbers.get("max_value", 1.0),
                                    .rate = numbers.get("rate", 1.0),
                                    .axis = axes_of(numbers)});
  throw InvalidArgumentError("Could not interpret constraint identifier: ",
                             name);
}

Constraint constraints::MaxNorm(MaxNormOptions options) {
  return {"MaxNorm",
          Config::object({{"max_value", options.max_value},
                          {"axis", config_of(options.axis)}}),
          [options](const Tensor& w) {
            Tensor norms = norms_along(w, options.axis);
            Tensor desired = clip_by_value(norms, 0.0, options.max_value);
            return w * (desired / (kEpsilon + norms));
          }};
}

Constraint constraints::UnitNorm(Ints axis) {
  return {"UnitNorm",
          Config::object({{"axis", config_of(axis)}}),
          [axis](const Tensor& w) {
            return w / (kEpsilon + norms_along(w, axis));
          }};
}

Constraint constraints::MinMaxNorm(MinMaxNormOptions options) {
  return {"MinMaxNorm",
          Config::object({{"min_value", options.min_value},
                          {"max_value", options.max_value},
                          {"rate", options.rate},
                          {"axis", config_of(options.axis)}}),
          [options](const Tensor& w) {
            Tensor norms = norms_along(w, options.axis);
            Tensor desired =
                options.rate *
                    clip_by_value(norms, options.min_value, options.max_value) +
                (1 - options.rate) * norms;
            return w * (desired / (kEpsilon + norms));
          }};
}

Constraint constraints::NonNeg() {
  return {"NonNeg", Config::object(), [](const Tensor& w) {
            return w * cast(w >= 0.0, w.dtype());
          }};
}

}  // namespace tern::keras
