// BiasAdd of the dtypes that networks compute in.

#include "kernels/common/bias.h"

namespace tern {

void register_bias_kernels(KernelRegistry &registry) {
  bias::add_kernels<float, double>(registry);
}

} // namespace tern
