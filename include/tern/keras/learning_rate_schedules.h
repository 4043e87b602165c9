#pragma once

#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "tern/core/tensor.h"
#include "tern/keras/config.h"

namespace tern::keras {

/// A learning rate that depends on the step: one of `optimizers::schedules`,
/// or a callable from the step (a scalar tensor) to the rate.
class LearningRateSchedule {
 public:
  using Function = std::function<Tensor(const Tensor& step)>;

  LearningRateSchedule() = default;
  LearningRateSchedule(std::string class_name, Config config, Function function)
      : class_name_(std::move(class_name)),
        config_(std::move(config)),
        function_(std::move(function)) {}
  template <class F>
  requires std::is_invocable_r_v<Tensor, F, const Tensor&>
  explicit LearningRateSchedule(F function) : function_(std::move(function)) {}

  bool is_given() const { return static_cast<bool>(function_); }
  /// The rate of step `step`, counted from 0: a float32 scalar.
  Tensor operator()(const Tensor& step) const;
  Config serialize() const;
  /// Throws NotFoundError for a class Keras does not know.
  static LearningRateSchedule deserialize(const Config& config);

 private:
  std::string class_name_;
  Config config_;
  Function function_;
};

/// A number, or a schedule.
class LearningRate {
 public:
  template <Number T>
  LearningRate(T rate) : initial_(static_cast<double>(rate)) {}
  LearningRate(LearningRateSchedule schedule)
      : schedule_(std::move(schedule)) {}

  double initial() const { return initial_; }
  const LearningRateSchedule& schedule() const { return schedule_; }

 private:
  double initial_ = 0;
  LearningRateSchedule schedule_;
};

namespace optimizers::schedules {

using keras::LearningRateSchedule;

struct StaircaseOptions {
  bool staircase = false;  ///< whole numbers of decay_steps alone count
  std::string name = {};
};
/// initial · decay_rate ^ (step / decay_steps).
LearningRateSchedule ExponentialDecay(double initial_learning_rate,
                                      double decay_steps,
                                      double decay_rate,
                                      StaircaseOptions options = {});
/// initial / (1 + decay_rate · step / decay_steps).
LearningRateSchedule InverseTimeDecay(double initial_learning_rate,
                                      double decay_steps,
                                      double decay_rate,
                                      StaircaseOptions options = {});

/// values[i] up to and including step boundaries[i], the last one after. Throws
/// InvalidArgumentError unless there is one value more than boundaries.
LearningRateSchedule PiecewiseConstantDecay(std::vector<double> boundaries,
                                            std::vector<double> values,
                                            std::string name = {});

struct PolynomialDecayOptions {
  double end_learning_rate = 0.0001;
  double power = 1;
  bool cycle = false;  ///< goes on with longer and longer decays
  std::string name = {};
};
/// From initial to end in decay_steps steps: (initial - end) ·
/// (1 - step / decay_steps) ^ power + end.
LearningRateSchedule PolynomialDecay(double initial_learning_rate,
                                     double decay_steps,
                                     PolynomialDecayOptions options = {});

struct CosineDecayOptions {
  double alpha = 0;  ///< what is left in the end, as a share
  std::string name = {};
  /// Where a linear rise of `warmup_steps` ends and the decay begins.
  std::optional<double> warmup_target = {};
  double warmup_steps = 0;
};
/// Half a wave of a cosine down (Loshchilov & Hutter, 2017).
LearningRateSchedule CosineDecay(double initial_learning_rate,
                                 double decay_steps,
                                 CosineDecayOptions options = {});

struct CosineDecayRestartsOptions {
  double t_mul = 2;  ///< how much longer each decay is than the one before
  double m_mul = 1;  ///< and where it starts, as a share
  double alpha = 0;
  std::string name = {};
};
/// One cosine decay after another.
LearningRateSchedule CosineDecayRestarts(
    double initial_learning_rate,
    double first_decay_steps,
    CosineDecayRestartsOptions options = {});

}  // namespace optimizers::schedules
}  // namespace tern::keras
