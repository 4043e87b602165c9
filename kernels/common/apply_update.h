#pragma once

#include <cstdint>
#include <utility>

#include "kernels/common/training_rules.h"
#include "ops/kernel.h"
#include "tern/core/parallel.h"
#include "tern/core/resource.h"

namespace tern::training {

/// Whether a gradient has the variable's shape, or is some of its rows.
enum class GradientForm { kDense, kRows };

/// The variable and slots of an update (the first inputs of the op), locked
/// and ready to be written: initialised, of the gradient's dtype and shape, not
/// shared. Throws before anything is changed. Locks are taken in the order of
/// addresses, so that updates of the same variables cannot wait for each other.
class LockedVariables {
 public:
  LockedVariables(const KernelContext& context,
                  int count,
                  GradientForm form = GradientForm::kDense);
  ~LockedVariables();
  LockedVariables(const LockedVariables&) = delete;
  LockedVariables& operator=(const LockedVariables&) = delete;

  const Tensor& gradient() const { return *gradient_; }
  const Shape& shape() const { return cells_[0]->value.shape(); }
  template <class T>
  T* elements(int i) const {
    return cells_[i]->value.data<T>();
  }

 private:
  static constexpr int kMost = 4;

  void lock();
  void unlock();
  void prepare(const KernelContext& context);
  bool fits(const Tensor& value) const;

  const Tensor* gradient_ = nullptr;
  VariableCell* cells_[kMost];
  VariableCell* locked_[kMost];
  int count_;
  GradientForm form_;
  int num_locked_ = 0;
};

/// Least number of elements worth a second thread.
inline constexpr std::int64_t kUpdateGrain = 1 << 14;

/// Runs Rule over all elements, variable and slots in place. Storage is the
/// dtype's type, C what it is computed in.
template <template <class> class Rule, class Storage, class C = Storage>
void apply_update(KernelContext& context) {
  constexpr int kVariables = Rule<C>::kSlots + 1;
  const Rule<C> rule(Hyperparameters<Storage, C>{context});
  LockedVariables variables(context, kVariables);
  const Storage* gradient = variables.gradient().template data<Storage>();
  auto update = [&]<int... I>(std::integer_sequence<int, I...>) {
    Storage* const streams[] = {variables.elements<Storage>(I)...};
    parallel_for(variables.gradient().num_elements(),
                 kUpdateGrain,
                 [=](std::int64_t begin, std::int64_t end) {
    // The streams are distinct variables: no store reaches a later load.
#pragma GCC ivdep
                   for (std::int64_t i = begin; i < end; ++i) {
                     C values[] = {static_cast<C>(streams[I][i])...};
                     rule(static_cast<C>(gradient[i]), values[I]...);
                     ((streams[I][i] = static_cast<Storage>(values[I])), ...);
                   }
                 });
  };
  update(std::make_integer_sequence<int, kVariables>());
}

}  // namespace tern::training
