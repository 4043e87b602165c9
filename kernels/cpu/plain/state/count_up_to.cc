#include "kernels/common/variable_access.h"

namespace tern {
namespace {

/// Gives the variable's value and raises it by one.
template <class T>
void count_up_to(KernelContext& c) {
  VariableCell& cell = variable_cell(c);
  std::scoped_lock lock(cell.mutex);
  check_initialized(cell);
  if (cell.value.num_elements() != 1 || !(cell.value.dtype() == dtype_of<T>))
    throw InvalidArgumentError(
        "CountUpTo: the variable must be a scalar of the attr's dtype, got ",
        cell.value.dtype().name(),
        " ",
        cell.value.shape().debug_string());
  const auto limit = c.attr<std::int64_t>("limit");
  const T before = *cell.value.data<T>();
  if (before >= limit) throw OutOfRangeError("Reached limit of ", limit);
  *writable_value(cell).data<T>() = static_cast<T>(before + 1);
  *c.out<T>().data() = before;
}

}  // namespace

void register_count_up_to_kernels(KernelRegistry& registry) {
  registry.add("ResourceCountUpTo", {{"T", int32}}, count_up_to<std::int32_t>);
  registry.add("ResourceCountUpTo", {{"T", int64}}, count_up_to<std::int64_t>);
}

}  // namespace tern
