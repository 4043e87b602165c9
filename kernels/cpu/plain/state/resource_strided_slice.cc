// Assignment to a strided slice of a variable.

#include "kernels/common/variable_access.h"
#include "kernels/cpu/plain/array/layout.h"

namespace tern {
namespace {

void resource_strided_slice_assign(KernelContext& context) {
  VariableCell& cell = variable_cell(context);
  const Tensor& value = context.input(4);
  StridedSliceMasks masks{
      .begin = context.attr<std::int64_t>("begin_mask"),
      .end = context.attr<std::int64_t>("end_mask"),
      .ellipsis = context.attr<std::int64_t>("ellipsis_mask"),
      .new_axis = context.attr<std::int64_t>("new_axis_mask"),
      .shrink_axis = context.attr<std::int64_t>("shrink_axis_mask")};
  std::scoped_lock lock(cell.mutex);
  check_initialized(cell);
  StridedSlicePlan plan = plan_strided_slice(
      cell.value.shape(),
      {context.host_ints(1), context.host_ints(2), context.host_ints(3)},
      masks);
  check_broadcasts_into(plan.result, value.shape());
  Tensor& target = writable_value(cell);
  assign_strided_slice(plan, value, target.shape(), target.mutable_data());
}

}  // namespace

void register_resource_strided_slice_kernels(KernelRegistry& registry) {
  registry.add("ResourceStridedSliceAssign", {}, resource_strided_slice_assign);
}

}  // namespace tern
