// Max and average pooling in float.

#include "kernels/cpu/pooling_loops.h"

namespace tern {

void register_pooling_kernels(KernelRegistry& registry) {
  using namespace pooling;
  add_max<float>(registry);
  add_average<float>(registry);
  registry.add("MaxPool3D", {{"T", float32}}, max_kernel<float, true>);
  registry.add("MaxPool3DGrad",
               {{"T", float32}, {"TInput", float32}},
               max_grad_kernel<Choice::kEqual, float>);
}

}  // namespace tern
