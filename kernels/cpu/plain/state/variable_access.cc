#include "kernels/common/variable_access.h"

#include <typeinfo>

namespace tern {

VariableCell& variable_cell(const KernelContext& context, int input) {
  Resource* object =
      context.input(input).data<ResourceHandle>()->object().get();
  if (!object)
    throw FailedPreconditionError(
        "input ", input, " is a handle without a resource");
  // Nearly always this very class: one comparison instead of a walk.
  if (typeid(*object) == typeid(VariableCell))
    return static_cast<VariableCell&>(*object);
  if (auto* cell = dynamic_cast<VariableCell*>(object)) return *cell;
  throw InvalidArgumentError(
      "Trying to access a handle's resource using the wrong type. The handle "
      "points to a resource of type '",
      object->kind(),
      "', but you are trying to access the resource as type 'variable'");
}

void throw_uninitialized(const VariableCell& cell) {
  throw FailedPreconditionError(
      "Could not find variable ",
      cell.name,
      ". This could mean that the variable has been deleted. In TF1, it can "
      "also mean the variable is uninitialized. Debug info: "
      "container=localhost, status error message=Could not find resource: "
      "localhost/",
      cell.name);
}

Tensor& writable_value(VariableCell& cell) {
  check_initialized(cell);
  if (!cell.value.is_unique()) cell.value = cell.value.clone();
  return cell.value;
}

}  // namespace tern
