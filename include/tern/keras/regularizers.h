#pragma once

#include <functional>
#include <string>
#include <type_traits>
#include <utility>

#include "tern/core/tensor.h"
#include "tern/keras/config.h"
#include "tern/ops/options.h"

namespace tern::keras {

/// A penalty on a weight or an output: a name ("l1", "l2"), one of
/// `regularizers`, or a callable from a tensor to a scalar.
class Regularizer {
 public:
  using Function = std::function<Tensor(const Tensor&)>;

  Regularizer() = default;
  /// Throws InvalidArgumentError for a name Keras does not know.
  Regularizer(const char* name);
  Regularizer(std::string class_name, Config config, Function function)
      : class_name_(std::move(class_name)),
        config_(std::move(config)),
        function_(std::move(function)) {}
  template <class F>
  requires std::is_invocable_r_v<Tensor, F, const Tensor&> Regularizer(
      F function)
      : function_(std::move(function)) {}

  bool is_given() const { return static_cast<bool>(function_); }
  /// The penalty, a scalar.
  Tensor operator()(const Tensor& x) const { return function_(x); }

  Config serialize() const;
  static Regularizer deserialize(const Config& config);

 private:
  std::string class_name_;
  Config config_;
  Function function_;
};

/// A rule a weight is bent to after each update: a name ("non_neg") or one of
/// `constraints`.
class Constraint {
 public:
  using Function = std::function<Tensor(const Tensor&)>;

  Constraint() = default;
  /// Throws InvalidArgumentError for a name Keras does not know.
  Constraint(const char* name);
  Constraint(std::string class_name, Config config, Function function)
      : class_name_(std::move(class_name)),
        config_(std::move(config)),
        function_(std::move(function)) {}

  bool is_given() const { return static_cast<bool>(function_); }
  /// The weight nearest to `w` that keeps the rule.
  Tensor operator()(const Tensor& w) const { return function_(w); }

  Config serialize() const;
  static Constraint deserialize(const Config& config);

 private:
  std::string class_name_;
  Config config_;
  Function function_;
};

namespace regularizers {
/// l1 * sum(|x|).
Regularizer l1(double l1 = 0.01);
/// l2 * sum(x²).
Regularizer l2(double l2 = 0.01);
Regularizer l1_l2(double l1 = 0.01, double l2 = 0.01);
}  // namespace regularizers

namespace constraints {
struct MaxNormOptions {
  double max_value = 2;
  Ints axis = 0;
};
/// Scales columns down whose norm along `axis` exceeds `max_value`.
Constraint MaxNorm(MaxNormOptions options = {});
/// Scales columns to norm 1.
Constraint UnitNorm(Ints axis = 0);
struct MinMaxNormOptions {
  double min_value = 0;
  double max_value = 1;
  double rate = 1;  ///< how much of the way is taken at once
  Ints axis = 0;
};
/// Scales columns towards norms between min_value and max_value.
Constraint MinMaxNorm(MinMaxNormOptions options = {});
/// max(w, 0).
Constraint NonNeg();
}  // namespace constraints

}  // namespace tern::keras
