#include <algorithm>

#include "kernels/common/apply_update.h"
#include "kernels/common/variable_access.h"
#include "tern/core/error.h"

namespace tern::training {

LockedVariables::LockedVariables(const KernelContext& context,
                                 int count,
                                 GradientForm form)
    : count_(count), form_(form) {
  for (int i = 0; i < count; ++i) cells_[i] = &variable_cell(context, i);
  lock();
  try {
    prepare(context);
  } catch (...) {
    unlock();
    throw;
  }
}

LockedVariables::~LockedVariables() { unlock(); }

void LockedVariables::lock() {
  std::copy(cells_, cells_ + count_, locked_);
  std::sort(locked_, locked_ + count_);
  auto end = std::unique(locked_, locked_ + count_);
  num_locked_ = static_cast<int>(end - locked_);
  for (int i = 0; i < num_locked_; ++i) locked_[i]->mutex.lock();
}

void LockedVariables::unlock() {
  for (int i = 0; i < num_locked_; ++i) locked_[i]->mutex.unlock();
}

/// Every variable has the first one's shape, and the gradient goes with it.
bool LockedVariables::fits(const Tensor& value) const {
  const Shape &shape = value.shape(), &gradient = gradient_->shape();
  if (!(shape == cells_[0]->value.shape())) return false;
  if (form_ == GradientForm::kDense) return shape == gradient;
  return shape.rank() >= 1 && shape.rank() == gradient.rank() &&
         shape.slice(1) == gradient.slice(1);
}

void LockedVariables::prepare(const KernelContext& context) {
  const OpDef& op = context.op();
  for (int i = count_; i < context.num_inputs(); ++i) {
    const std::string& name = op.inputs[static_cast<std::size_t>(i)].name;
    if (name == "grad" || name == "delta") gradient_ = &context.input(i);
  }
  if (num_locked_ != count_)
    throw InvalidArgumentError(op.name,
                               ": the same variable is given as two slots");
  for (int i = 0; i < count_; ++i) {
    check_initialized(*cells_[i]);
    const Tensor& value = cells_[i]->value;
    if (!(value.dtype() == gradient_->dtype()))
      throw InvalidArgumentError("Trying to update variable ",
                                 cells_[i]->name,
                                 " of dtype ",
                                 value.dtype().name(),
                                 " with a gradient of dtype ",
                                 gradient_->dtype().name());
    if (!fits(value))
      throw InvalidArgumentError(op.inputs[static_cast<std::size_t>(i)].name,
                                 " and grad do not have the same shape",
                                 value.shape().debug_string(),
                                 " ",
                                 gradient_->shape().debug_string());
  }
  for (int i = 0; i < count_; ++i) writable_value(*cells_[i]);
}

}  // namespace tern::training
