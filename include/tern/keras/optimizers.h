#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tern/core/nest.h"
#include "tern/keras/config.h"
#include "tern/keras/handle.h"
#include "tern/keras/learning_rate_schedules.h"
#include "tern/module.h"
#include "tern/ops/gradient.h"

namespace tern::keras {

class OptimizerBase;

/// An optimizer: a name ("adam") or one of `optimizers`; shared by its copies.
class Optimizer {
 public:
  Optimizer() = default;
  /// Throws InvalidArgumentError for a name Keras does not know.
  Optimizer(const char* name) : Optimizer(std::string(name)) {}
  Optimizer(std::string name);
  Optimizer(std::shared_ptr<OptimizerBase> impl) : impl_(std::move(impl)) {}

  /// Moves each variable along its gradient; undefined gradients leave their
  /// variable alone. Throws InvalidArgumentError when the numbers differ or no
  /// variable has a gradient.
  void apply_gradients(const Tensors& gradients,
                       const Variables& variables) const;
  /// One step down the gradient of `loss()`.
  template <class F>
  void minimize(F loss, const Variables& variables) const {
    minimize_loss([&]() -> Tensor { return loss(); }, variables);
  }
  /// The rate, to be read and assigned; with a schedule, that of the last step.
  Variable learning_rate() const;
  /// Steps so far, int64.
  Variable iterations() const;
  /// iteration, then the slots, as Keras 2 stores them.
  Variables variables() const;
  Config get_config() const;
  /// {"class_name": "Adam", "config": {…}}.
  Config serialize() const;
  static Optimizer deserialize(const Config& config);

  OptimizerBase* impl() const { return impl_.get(); }
  std::shared_ptr<Module> module() const;
  explicit operator bool() const { return impl_ != nullptr; }

 private:
  void minimize_loss(const std::function<Tensor()>& loss,
                     const Variables& variables) const;
  OptimizerBase& get() const;

  std::shared_ptr<OptimizerBase> impl_;
};

/// Whose habits an object follows where the generations differ: Keras 3's, or
/// Keras 2's where it comes from a file of theirs.
enum class KerasVersion { k2, k3 };

/// What every optimizer takes beside its own numbers. `weight_decay` takes
/// that share of the rate off the weights; of the clips only one may be given.
/// With `use_ema` moving averages of the weights are kept, and take the
/// weights' place every `ema_overwrite_frequency` steps and when fit ends.
struct OptimizerOptions {
  LearningRate learning_rate = 0.001;
  std::optional<double> weight_decay = {};
  std::optional<double> clipnorm = {};
  std::optional<double> clipvalue = {};
  std::optional<double> global_clipnorm = {};
  bool use_ema = false;
  double ema_momentum = 0.99;
  std::optional<int> ema_overwrite_frequency = {};
  std::string name = {};
};

/// The base of all optimizers, for users to derive from: `make_slots` and
/// `update`, written with public ops.
class OptimizerBase : public Module {
 public:
  using Face = Optimizer;
  using Options = OptimizerOptions;

  explicit OptimizerBase(OptimizerOptions options = {});

  /// Makes the slots of these variables, once; called before the first step.
  void build(const Variables& variables);
  bool built() const { return !variables_.empty(); }
  /// One step: clips, decays, updates.
  void apply(const std::vector<Gradient>& gradients,
             const Variables& variables);
  Variable learning_rate() const { return learning_rate_; }
  Variable iterations() const { return iterations_; }
  /// In the order of Keras 2's files.
  Variables slots() const { return slots_; }
  Variables variables() const override;
  /// Puts the moving averages in the weights' place, if they are kept.
  void finalize_variable_values(const Variables& variables);
  /// Keras 2 sums repeated rows of a sparse gradient first, and its moving
  /// averages start from the initial weights; Keras 3's from those after the
  /// first step. To be called before `build`.
  void set_compatibility(KerasVersion version) { version_ = version; }
  virtual Config get_config() const;
  virtual std::string class_name() const;

 protected:
  /// Makes what `update` needs for all variables, by add_slot.
  virtual void make_slots(const Variables& variables) = 0;
  /// Called once a step before the updates: numbers that all share.
  virtual void begin_step();
  /// Called after them: lets go of such numbers.
  virtual void end_step();
  virtual void update(const Gradient& gradient,
                      const Variable& variable,
                      std::size_t index,
                      const Tensor& learning_rate) = 0;
  /// A variable of the variable's shape, named "<slot>/<variable>".
  Variable add_slot(const std::string& slot,
                    const Variable& variable,
                    double initial_value = 0);

 private:
  std::vector<Gradient> clip(std::vector<Gradient> gradients) const;
  Tensor current_rate() const;
  void update_averages(const Variables& variables) const;
  std::size_t index_of(const Variable& variable) const;

  OptimizerOptions options_;
  Variable learning_rate_;
  Variable iterations_;
  Variables variables_;
  Variables slots_;
  Variables averages_;
  KerasVersion version_ = KerasVersion::k3;
};

namespace optimizers {

using keras::Optimizer;

struct SGDOptions {
  LearningRate learning_rate = 0.01;
  double momentum = 0;
  bool nesterov = false;
  std::optional<double> weight_decay = {};
  std::optional<double> clipnorm = {};
  std::optional<double> clipvalue = {};
  std::optional<double> global_clipnorm = {};
  bool use_ema = false;
  double ema_momentum = 0.99;
  std::optional<int> ema_overwrite_frequency = {};
  std::string name = "SGD";
};
/// w -= rate · g; with momentum m = momentum · m - rate · g, w += m.
class SGD : public Optimizer {
 public:
  explicit SGD(SGDOptions options = {});
};

struct AdamOptions {
  LearningRate learning_rate = 0.001;
  double beta_1 = 0.9;
  double beta_2 = 0.999;
  double epsilon = 1e-7;
  bool amsgrad = false;
  std::optional<double> weight_decay = {};
  std::optional<double> clipnorm = {};
  std::optional<double> clipvalue = {};
  std::optional<double> global_clipnorm = {};
  bool use_ema = false;
  double ema_momentum = 0.99;
  std::optional<int> ema_overwrite_frequency = {};
  std::string name = "Adam";
};
/// Kingma & Ba, "Adam", 2015, with epsilon outside the bias correction.
class Adam : public Optimizer {
 public:
  explicit Adam(AdamOptions options = {});
};

struct RMSpropOptions {
  LearningRate learning_rate = 0.001;
  double rho = 0.9;
  double momentum = 0;
  double epsilon = 1e-7;
  bool centered = false;
  std::optional<double> weight_decay = {};
  std::optional<double> clipnorm = {};
  std::optional<double> clipvalue = {};
  std::optional<double> global_clipnorm = {};
  bool use_ema = false;
  double ema_momentum = 0.99;
  std::optional<int> ema_overwrite_frequency = {};
  std::string name = "RMSprop";
};
/// Divides the gradient by a running root mean square of itself (Tieleman &
/// Hinton, 2012).
class RMSprop : public Optimizer {
 public:
  explicit RMSprop(RMSpropOptions options = {});
};

struct AdamWOptions {
  LearningRate learning_rate = 0.001;
  double beta_1 = 0.9;
  double beta_2 = 0.999;
  double epsilon = 1e-7;
  bool amsgrad = false;
  std::optional<double> weight_decay = 0.004;
  std::optional<double> clipnorm = {};
  std::optional<double> clipvalue = {};
  std::optional<double> global_clipnorm = {};
  bool use_ema = false;
  double ema_momentum = 0.99;
  std::optional<int> ema_overwrite_frequency = {};
  std::string name = "AdamW";
};
/// Adam whose weights decay apart from the gradient (Loshchilov & Hutter,
/// 2019).
class AdamW : public Optimizer {
 public:
  explicit AdamW(AdamWOptions options = {});
};

struct AdamaxOptions {
  LearningRate learning_rate = 0.001;
  double beta_1 = 0.9;
  double beta_2 = 0.999;
  double epsilon = 1e-7;
  std::optional<double> weight_decay = {};
  std::optional<double> clipnorm = {};
  std::optional<double> clipvalue = {};
  std::optional<double> global_clipnorm = {};
  bool use_ema = false;
  double ema_momentum = 0.99;
  std::optional<int> ema_overwrite_frequency = {};
  std::string name = "Adamax";
};
/// Adam by the largest gradient so far instead of a mean square (Kingma & Ba,
/// 2015, section 7).
class Adamax : public Optimizer {
 public:
  explicit Adamax(AdamaxOptions options = {});
};

struct NadamOptions {
  LearningRate learning_rate = 0.001;
  double beta_1 = 0.9;
  double beta_2 = 0.999;
  double epsilon = 1e-7;
  std::optional<double> weight_decay = {};
  std::optional<double> clipnorm = {};
  std::optional<double> clipvalue = {};
  std::optional<double> global_clipnorm = {};
  bool use_ema = false;
  double ema_momentum = 0.99;
  std::optional<int> ema_overwrite_frequency = {};
  std::string name = "Nadam";
};
/// Adam with Nesterov's look ahead (Dozat, 2016).
class Nadam : public Optimizer {
 public:
  explicit Nadam(NadamOptions options = {});
};

struct AdagradOptions {
  LearningRate learning_rate = 0.001;
  double initial_accumulator_value = 0.1;
  double epsilon = 1e-7;
  std::optional<double> weight_decay = {};
  std::optional<double> clipnorm = {};
  std::optional<double> clipvalue = {};
  std::optional<double> global_clipnorm = {};
  bool use_ema = false;
  double ema_momentum = 0.99;
  std::optional<int> ema_overwrite_frequency = {};
  std::string name = "Adagrad";
};
/// Divides by the root of the sum of all squared gradients so far (Duchi et
/// al., 2011).
class Adagrad : public Optimizer {
 public:
  explicit Adagrad(AdagradOptions options = {});
};

struct AdadeltaOptions {
  LearningRate learning_rate = 0.001;
  double rho = 0.95;
  double epsilon = 1e-7;
  std::optional<double> weight_decay = {};
  std::optional<double> clipnorm = {};
  std::optional<double> clipvalue = {};
  std::optional<double> global_clipnorm = {};
  bool use_ema = false;
  double ema_momentum = 0.99;
  std::optional<int> ema_overwrite_frequency = {};
  std::string name = "Adadelta";
};
/// Steps in the ratio of the running means of past steps and of gradients
/// (Zeiler, 2012).
class Adadelta : public Optimizer {
 public:
  explicit Adadelta(AdadeltaOptions options = {});
};

struct FtrlOptions {
  LearningRate learning_rate = 0.001;
  double learning_rate_power = -0.5;
  double initial_accumulator_value = 0.1;
  double l1_regularization_strength = 0;
  double l2_regularization_strength = 0;
  double l2_shrinkage_regularization_strength = 0;
  double beta = 0;
  std::optional<double> weight_decay = {};
  std::optional<double> clipnorm = {};
  std::optional<double> clipvalue = {};
  std::optional<double> global_clipnorm = {};
  bool use_ema = false;
  double ema_momentum = 0.99;
  std::optional<int> ema_overwrite_frequency = {};
  std::string name = "Ftrl";
};
/// Follow the regularized leader (McMahan et al., 2013).
class Ftrl : public Optimizer {
 public:
  explicit Ftrl(FtrlOptions options = {});
};

struct LionOptions {
  LearningRate learning_rate = 0.001;
  double beta_1 = 0.9;
  double beta_2 = 0.99;
  std::optional<double> weight_decay = {};
  std::optional<double> clipnorm = {};
  std::optional<double> clipvalue = {};
  std::optional<double> global_clipnorm = {};
  bool use_ema = false;
  double ema_momentum = 0.99;
  std::optional<int> ema_overwrite_frequency = {};
  std::string name = "Lion";
};
/// Steps of one size, by the sign of a momentum (Chen et al., 2023).
class Lion : public Optimizer {
 public:
  explicit Lion(LionOptions options = {});
};

}  // namespace optimizers
}  // namespace tern::keras
