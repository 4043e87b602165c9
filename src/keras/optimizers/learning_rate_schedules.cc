#include "tern/keras/learning_rate_schedules.h"

#include <cmath>
#include <numbers>

#include "keras/serialized_object.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"

namespace tern::keras {
namespace {

namespace schedules = optimizers::schedules;

void check_steps(const char* name, double steps) {
  if (!(steps > 0))
    throw InvalidArgumentError(
        "Argument `", name, "` must be > 0. Received: ", name, "=", steps);
}

std::string name_or(const std::string& given, const char* otherwise) {
  return given.empty() ? otherwise : given;
}

/// 0.5 · (1 + cos(π · x)).
Tensor half_cosine(const Tensor& x) {
  return 0.5 * (1.0 + cos(std::numbers::pi * x));
}

std::vector<double> numbers_of(const Config& list) {
  std::vector<double> numbers;
  for (const Config& item : list.items()) numbers.push_back(item.get<double>());
  return numbers;
}

Config list_of(const std::vector<double>& numbers) {
  Config list = Config::list();
  for (double number : numbers) list.push_back(number);
  return list;
}

}  // namespace

Tensor LearningRateSchedule::operator()(const Tensor& step) const {
  return function_(cast(step, float32));
}

Config LearningRateSchedule::serialize() const {
  if (class_name_.empty())
    throw UnimplementedError(
        "a learning-rate schedule that is a C++ callable cannot be saved");
  return serialized_object("keras.optimizers.schedules", class_name_, config_);
}

LearningRateSchedule LearningRateSchedule::deserialize(const Config& config) {
  std::string class_name = config["class_name"].get<std::string>();
  const Config& c = config["config"];
  auto number = [&](const char* key) { return c[key].get<double>(); };
  std::string name = c.get("name", std::string());
  if (class_name == "ExponentialDecay" || class_name == "InverseTimeDecay") {
    auto make = class_name == "ExponentialDecay" ? schedules::ExponentialDecay
                                                 : schedules::InverseTimeDecay;
    return make(number("initial_learning_rate"),
                number("decay_steps"),
                number("decay_rate"),
                {.staircase = c.get("staircase", false), .name = name});
  }
  if (class_name == "PiecewiseConstantDecay")
    return schedules::PiecewiseConstantDecay(
        numbers_of(c["boundaries"]), numbers_of(c["values"]), name);
  if (class_name == "PolynomialDecay")
    return schedules::PolynomialDecay(
        number("initial_learning_rate"),
        number("decay_steps"),
        {.end_learning_rate = c.get("end_learning_rate", 0.0001),
         .power = c.get("power", 1.0),
         .cycle = c.get("cycle", false),
         .name = name});
  if (class_name == "CosineDecay") {
    const Config* target = c.find("warmup_target");
    return schedules::CosineDecay(
        number("initial_learning_rate"),
        number("decay_steps"),
        {.alpha = c.get("alpha", 0.0),
         .name = name,
         .warmup_target = target && !target->is_null()
                              ? std::optional(target->get<double>())
                              : std::nullopt,
         .warmup_steps = c.get("warmup_steps", 0.0)});
  }
  if (class_name == "CosineDecayRestarts")
    return schedules::CosineDecayRestarts(number("initial_learning_rate"),
                                          number("first_decay_steps"),
                                          {.t_mul = c.get("t_mul", 2.0),
                                           .m_mul = c.get("m_mul", 1.0),
                                           .alpha = c.get("alpha", 0.0),
                                           .name = name});
  throw NotFoundError("Unknown learning-rate schedule: ", class_name);
}

LearningRateSchedule schedules::ExponentialDecay(double initial_learning_rate,
                                                 double decay_steps,
                                                 double decay_rate,
                                                 StaircaseOptions options) {
  check_steps("decay_steps", decay_steps);
  return {"ExponentialDecay",
          Config::object({{"initial_learning_rate", initial_learning_rate},
                          {"decay_steps", decay_steps},
                          {"decay_rate", decay_rate},
                          {"staircase", options.staircase},
                          {"name", name_or(options.name, "ExponentialDecay")}}),
          [=, staircase = options.staircase](const Tensor& step) {
            Tensor p = step / decay_steps;
            return initial_learning_rate *
                   pow(decay_rate, staircase ? floor(p) : p);
          }};
}

LearningRateSchedule schedules::InverseTimeDecay(double initial_learning_rate,
                                                 double decay_steps,
                                                 double decay_rate,
                                                 StaircaseOptions options) {
  check_steps("decay_steps", decay_steps);
  return {"InverseTimeDecay",
          Config::object({{"initial_learning_rate", initial_learning_rate},
                          {"decay_steps", decay_steps},
                          {"decay_rate", decay_rate},
                          {"staircase", options.staircase},
                          {"name", name_or(options.name, "InverseTimeDecay")}}),
          [=, staircase = options.staircase](const Tensor& step) {
            Tensor p = step / decay_steps;
            return initial_learning_rate /
                   (1.0 + decay_rate * (staircase ? floor(p) : p));
          }};
}

LearningRateSchedule schedules::PiecewiseConstantDecay(
    std::vector<double> boundaries,
    std::vector<double> values,
    std::string name) {
  if (values.size() != boundaries.size() + 1)
    throw InvalidArgumentError(
        "The length of boundaries should be 1 less than the length of values. "
        "Received: boundaries=",
        boundaries.size(),
        " and values=",
        values.size());
  Config config =
      Config::object({{"boundaries", list_of(boundaries)},
                      {"values", list_of(values)},
                      {"name", name_or(name, "PiecewiseConstant")}});
  return {"PiecewiseConstantDecay",
          std::move(config),
          [boundaries, values](const Tensor& step) {
            Tensor rate = constant(values.back(), float32);
            for (std::size_t i = boundaries.size(); i-- > 0;)
              rate = where(
                  step <= boundaries[i], constant(values[i], float32), rate);
            return rate;
          }};
}

LearningRateSchedule schedules::PolynomialDecay(
    double initial_learning_rate,
    double decay_steps,
    PolynomialDecayOptions options) {
  check_steps("decay_steps", decay_steps);
  return {"PolynomialDecay",
          Config::object({{"initial_learning_rate", initial_learning_rate},
                          {"decay_steps", decay_steps},
                          {"end_learning_rate", options.end_learning_rate},
                          {"power", options.power},
                          {"cycle", options.cycle},
                          {"name", name_or(options.name, "PolynomialDecay")}}),
          [=](const Tensor& step) {
            Tensor at = step, steps = constant(decay_steps, float32);
            if (options.cycle)
              steps = steps * maximum(math::ceil(step / decay_steps), 1.0);
            else
              at = minimum(step, steps);
            double end = options.end_learning_rate;
            return (initial_learning_rate - end) *
                       pow(1.0 - at / steps, options.power) +
                   end;
          }};
}

LearningRateSchedule schedules::CosineDecay(double initial_learning_rate,
                                            double decay_steps,
                                            CosineDecayOptions options) {
  check_steps("decay_steps", decay_steps);
  double alpha = options.alpha;
  auto decayed = [=](double from, const Tensor& step) {
    return from * ((1 - alpha) * half_cosine(step / decay_steps) + alpha);
  };
  return {
      "CosineDecay",
      Config::object(
          {{"initial_learning_rate", initial_learning_rate},
           {"decay_steps", decay_steps},
           {"alpha", alpha},
           {"name", name_or(options.name, "CosineDecay")},
           {"warmup_target",
            options.warmup_target ? Config(*options.warmup_target) : Config()},
           {"warmup_steps", options.warmup_steps}}),
      [=](const Tensor& step) {
        if (!options.warmup_target)
          return decayed(initial_learning_rate, minimum(step, decay_steps));
        double target = *options.warmup_target;
        double warmup = options.warmup_steps;
        Tensor at = minimum(step, decay_steps + warmup);
        Tensor rising = (target - initial_learning_rate) * (at / warmup) +
                        initial_learning_rate;
        return where(at < warmup, rising, decayed(target, at - warmup));
      }};
}

LearningRateSchedule schedules::CosineDecayRestarts(
    double initial_learning_rate,
    double first_decay_steps,
    CosineDecayRestartsOptions options) {
  check_steps("first_decay_steps", first_decay_steps);
  return {
      "CosineDecayRestarts",
      Config::object({{"initial_learning_rate", initial_learning_rate},
                      {"first_decay_steps", first_decay_steps},
                      {"t_mul", options.t_mul},
                      {"m_mul", options.m_mul},
                      {"alpha", options.alpha},
                      {"name", name_or(options.name, "SGDRDecay")}}),
      [=](const Tensor& step) {
        Tensor x = step / first_decay_steps, restarts;
        double t = options.t_mul;
        if (t == 1) {
          restarts = floor(x);
          x = x - restarts;
        } else {
          // Restart i begins after 1 + t + … + t^(i-1) first decays.
          restarts = floor(log(1.0 - x * (1.0 - t)) / std::log(t));
          Tensor length = pow(t, restarts);
          x = (x - (1.0 - length) / (1.0 - t)) / length;
        }
        Tensor start = pow(options.m_mul, restarts);
        return initial_learning_rate *
               ((1 - options.alpha) * (start * half_cosine(x)) + options.alpha);
      }};
}

}  // namespace tern::keras
