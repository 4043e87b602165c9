// Assignment to a strided slice of a variable.

#include <cstring>

#include "kernels/common/variable_access.h"
#include "ops/strided_slice_spec.h"

namespace tern {
namespace {

void copy_some(DType dtype, char* to, const char* from, std::int64_t count) {
  if (dtype.is_object())
    copy_elements(dtype, to, from, count);
  else
    std::memcpy(to, from, static_cast<std::size_t>(count) * dtype.size());
}

/// Writes `value` (elements of the slice, row-major) into the places of
/// `target` that the plan names.
void write_slice(Tensor& target,
                 const StridedSlicePlan& plan,
                 const Tensor& value) {
  const Shape& shape = target.shape();
  int rank = shape.rank();
  auto size = static_cast<std::int64_t>(target.dtype().size());
  char* base = static_cast<char*>(target.mutable_data());
  const char* from = static_cast<const char*>(value.raw_data());
  if (rank == 0) {
    copy_some(target.dtype(), base, from, 1);
    return;
  }
  std::vector<std::int64_t> steps(static_cast<std::size_t>(rank));
  std::int64_t step = size;
  for (int d = rank - 1; d >= 0; --d) {
    auto i = static_cast<std::size_t>(d);
    base += plan.begin[i] * step;
    steps[i] = plan.strides[i] * step;
    step *= shape[d];
  }
  // The last dimension is one run where its stride is 1.
  std::int64_t run = plan.strides.back() == 1 ? plan.taken[-1] : 1;
  std::vector<std::int64_t> position(steps.size());
  for (std::int64_t left = value.num_elements(); left > 0; left -= run) {
    std::int64_t offset = 0;
    for (std::size_t i = 0; i < position.size(); ++i)
      offset += position[i] * steps[i];
    copy_some(target.dtype(), base + offset, from, run);
    from += run * size;
    position.back() += run;
    for (int d = rank - 1; d > 0 && position[static_cast<std::size_t>(d)] ==
                                        plan.taken[d]; --d) {
      position[static_cast<std::size_t>(d)] = 0;
      ++position[static_cast<std::size_t>(d - 1)];
    }
  }
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
    throw UnimplementedError(
        "sliced l-value shape ", plan.result.debug_string(),
        " does not match r-value shape ", value.shape().debug_string(),
        ". Automatic broadcasting not yet implemented.");
  write_slice(writable_value(cell), plan, value);
}

}  // namespace

void register_resource_strided_slice_kernels(KernelRegistry& registry) {
  registry.add("ResourceStridedSliceAssign", {},
               resource_strided_slice_assign);
}

}  // namespace tern
