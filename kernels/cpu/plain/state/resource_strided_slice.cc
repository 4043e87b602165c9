// Assignment to a strided slice of a variable.

#include "kernels/common/variable_access.h"
#include "kernels/cpu/plain/array/strided_copy.h"
#include "ops/array/strided_slice_spec.h"

namespace tern {
namespace {

/// Writes `value` (the slice's elements, row-major) to where the plan says.
void write_slice(Tensor& target,
                 const StridedSlicePlan& plan,
                 const Tensor& value) {
  std::vector<std::int64_t> to = row_major_strides(target.shape());
  std::vector<std::int64_t> from = row_major_strides(plan.taken);
  std::vector<StridedAxis> axes;
  std::int64_t first = 0;
  for (int d = 0; d < plan.taken.rank(); ++d) {
    auto i = static_cast<std::size_t>(d);
    first += plan.begin[i] * to[i];
    axes.push_back({plan.taken[d], from[i], plan.strides[i] * to[i]});
  }
  DType dtype = target.dtype();
  if (value.num_elements() > 0)
    strided_copy(dtype,
                 value.raw_data(),
                 at(dtype, target.mutable_data(), first),
                 std::move(axes));
}

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
  if (!(plan.result == value.shape()))
    throw UnimplementedError("sliced l-value shape ",
                             plan.result.debug_string(),
                             " does not match r-value shape ",
                             value.shape().debug_string(),
                             ". Automatic broadcasting not yet implemented.");
  write_slice(writable_value(cell), plan, value);
}

}  // namespace

void register_resource_strided_slice_kernels(KernelRegistry& registry) {
  registry.add("ResourceStridedSliceAssign", {}, resource_strided_slice_assign);
}

}  // namespace tern
