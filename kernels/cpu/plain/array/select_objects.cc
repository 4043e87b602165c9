#include <string>

#include "kernels/cpu/select.h"
#include "tern/core/resource.h"

namespace tern {

void register_select_object_kernels(KernelRegistry& registry) {
  using namespace kernels;
  for (const char* op : {"Select", "SelectV2"}) {
    registry.add(op, {{"T", string}}, select_kernel<std::string>);
    registry.add(op, {{"T", resource}}, select_kernel<ResourceHandle>);
    registry.add(op, {{"T", variant}}, select_kernel<Variant>);
  }
}

}  // namespace tern
