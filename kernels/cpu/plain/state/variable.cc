// Variables as a whole: making, reading and assigning.

#include <functional>

#include "kernels/common/variable_access.h"
#include "kernels/cpu/plain/math/element_types.h"
#include "tern/core/parallel.h"

namespace tern {
namespace {

/// Least number of elements worth a second thread when each is one addition.
constexpr std::int64_t kUpdateGrain = 1 << 16;

std::shared_ptr<VariableCell> make_cell(const KernelContext& context) {
  const std::string& shared = context.attr<std::string>("shared_name");
  return std::make_shared<VariableCell>(
      shared.empty() ? context.attr<std::string>("debug_name") : shared,
      context.attr<DType>("dtype"),
      context.attr<Shape>("shape"),
      /*trainable=*/false);
}

void var_handle(KernelContext& context) {
  // A node of a graph stands for one variable over all runs; an eager call
  // makes a new one.
  std::shared_ptr<VariableCell> cell =
      context.has_own_state() ? context.state<std::shared_ptr<VariableCell>>(
                                    [&] { return make_cell(context); })
                              : make_cell(context);
  *context.out<ResourceHandle>().data() =
      ResourceHandle(cell, cell->dtype, cell->shape);
}

void read_variable(KernelContext& context) {
  VariableCell& cell = variable_cell(context);
  std::scoped_lock lock(cell.mutex);
  check_initialized(cell);
  if (DType wanted = context.output_dtype(0); !(wanted == cell.value.dtype()))
    throw InvalidArgumentError(
        "Trying to read variable with wrong dtype. Expected ",
        wanted.name(),
        " got ",
        cell.value.dtype().name());
  // A tensor of its own over the same elements: tapes know reads by identity.
  context.set_output(0, cell.value.with_shape(cell.value.shape()));
}

void assign_variable(KernelContext& context) {
  VariableCell& cell = variable_cell(context);
  const Tensor& value = context.input(1);
  std::scoped_lock lock(cell.mutex);
  if (cell.dtype.code != 0 && !(cell.dtype == value.dtype()))
    throw InvalidArgumentError(
        "Trying to assign to variable with wrong dtype. Expected ",
        cell.dtype.name(),
        " got ",
        value.dtype().name());
  if (context.attr<bool>("validate_shape") && cell.value.defined() &&
      !(cell.value.shape() == value.shape()))
    throw InvalidArgumentError(
        "Trying to assign to variable with tensor with wrong shape. Expected ",
        cell.value.shape().debug_string(),
        " got ",
        value.shape().debug_string());
  cell.value = value.with_shape(value.shape());
}

template <class T, class Op>
void update_variable(KernelContext& context) {
  VariableCell& cell = variable_cell(context);
  const Tensor& delta = context.input(1);
  std::scoped_lock lock(cell.mutex);
  check_initialized(cell);
  if (!(cell.value.shape() == delta.shape()))
    throw InvalidArgumentError("Cannot update variable with shape ",
                               cell.value.shape().debug_string(),
                               " using a Tensor with shape ",
                               delta.shape().debug_string(),
                               ", shapes must be equal.");
  const T* from = cell.value.data<T>();
  const T* change = delta.data<T>();
  Tensor fresh;
  if (!cell.value.is_unique())
    fresh = Tensor::allocate(cell.value.dtype(), cell.value.shape());
  T* to = fresh.defined() ? fresh.data<T>() : cell.value.data<T>();
  auto update = [=](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i)
      to[i] = static_cast<T>(Op()(from[i], change[i]));
  };
  parallel_for(delta.num_elements(), kUpdateGrain, update);
  if (fresh.defined()) cell.value = std::move(fresh);
}

void var_is_initialized(KernelContext& context) {
  const auto& object = context.input(0).data<ResourceHandle>()->object();
  bool initialized = object != nullptr;
  if (auto* cell = dynamic_cast<VariableCell*>(object.get())) {
    std::scoped_lock lock(cell->mutex);
    initialized = cell->value.defined();
  }
  *context.out<bool>().data() = initialized;
}

void variable_shape(KernelContext& context) {
  VariableCell& cell = variable_cell(context);
  Shape shape;
  {
    std::scoped_lock lock(cell.mutex);
    check_initialized(cell);
    shape = cell.value.shape();
  }
  Tensor& output = context.allocate_output(0, {shape.rank()});
  if (output.dtype() == int32)
    std::copy(shape.begin(), shape.end(), output.data<std::int32_t>());
  else
    std::copy(shape.begin(), shape.end(), output.data<std::int64_t>());
}

void destroy_resource(KernelContext& context) {
  const auto& object = context.input(0).data<ResourceHandle>()->object();
  if (auto* cell = dynamic_cast<VariableCell*>(object.get())) {
    std::scoped_lock lock(cell->mutex);
    cell->value = Tensor();
  }
}

}  // namespace

void register_variable_kernels(KernelRegistry& registry) {
  registry.add("VarHandleOp", {}, var_handle);
  registry.add("ReadVariableOp", {}, read_variable);
  registry.add("AssignVariableOp", {}, assign_variable);
  registry.add("VarIsInitializedOp", {}, var_is_initialized);
  registry.add("VariableShape", {}, variable_shape);
  registry.add("DestroyResourceOp", {}, destroy_resource);
  for_each_number_type([&](auto tag) {
    using T = typename decltype(tag)::type;
    registry.add("AssignAddVariableOp",
                 {{"dtype", dtype_of<T>}},
                 update_variable<T, std::plus<>>);
    registry.add("AssignSubVariableOp",
                 {{"dtype", dtype_of<T>}},
                 update_variable<T, std::minus<>>);
  });
}

}  // namespace tern
