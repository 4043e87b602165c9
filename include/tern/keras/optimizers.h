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
  /// The rate, to be read and assigned.
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

/// What every optimizer takes beside its own numbers.
struct OptimizerOptions {
  double learning_rate = 0.001;
  std::optional<double> weight_decay = {};
  std::optional<double> clipnorm = {};
  std::optional<double> clipvalue = {};
  std::optional<double> global_clipnorm = {};
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
  /// Sums repeated rows of a sparse gradient first, as Keras 2 does; Keras 3
  /// does not.
  void set_sums_repeated_rows(bool sums) { sums_repeated_rows_ = sums; }
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
  /// Zeros of the variable's shape, named "<slot>/<variable>".
  Variable add_slot(const std::string& slot, const Variable& variable);

 private:
  std::vector<Gradient> clip(std::vector<Gradient> gradients) const;
  std::size_t index_of(const Variable& variable) const;

  OptimizerOptions options_;
  Variable learning_rate_;
  Variable iterations_;
  Variables variables_;
  Variables slots_;
  bool sums_repeated_rows_ = false;
};

namespace optimizers {

using keras::Optimizer;

struct SGDOptions {
  double learning_rate = 0.01;
  double momentum = 0;
  bool nesterov = false;
  std::optional<double> weight_decay = {};
  std::optional<double> clipnorm = {};
  std::optional<double> clipvalue = {};
  std::optional<double> global_clipnorm = {};
  std::string name = "SGD";
};
/// w -= rate · g; with momentum m = momentum · m - rate · g, w += m.
class SGD : public Optimizer {
 public:
  explicit SGD(SGDOptions options = {});
};

struct AdamOptions {
  double learning_rate = 0.001;
  double beta_1 = 0.9;
  double beta_2 = 0.999;
  double epsilon = 1e-7;
  bool amsgrad = false;
  std::optional<double> weight_decay = {};
  std::optional<double> clipnorm = {};
  std::optional<double> clipvalue = {};
  std::optional<double> global_clipnorm = {};
  std::string name = "Adam";
};
/// Kingma & Ba, "Adam", 2015, with epsilon outside the bias correction.
class Adam : public Optimizer {
 public:
  explicit Adam(AdamOptions options = {});
};

struct RMSpropOptions {
  double learning_rate = 0.001;
  double rho = 0.9;
  double momentum = 0;
  double epsilon = 1e-7;
  bool centered = false;
  std::optional<double> weight_decay = {};
  std::optional<double> clipnorm = {};
  std::optional<double> clipvalue = {};
  std::optional<double> global_clipnorm = {};
  std::string name = "RMSprop";
};
/// Divides the gradient by a running root mean square of itself (Tieleman &
/// Hinton, 2012).
class RMSprop : public Optimizer {
 public:
  explicit RMSprop(RMSpropOptions options = {});
};

}  // namespace optimizers
}  // namespace tern::keras
