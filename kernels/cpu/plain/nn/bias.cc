// BiasAdd of all other dtypes.

#include "kernels/common/bias.h"

#include <complex>

namespace tern {

void register_rare_bias_kernels(KernelRegistry& registry) {
  bias::add_kernels<Half,
                    BFloat16,
                    std::int8_t,
                    std::int16_t,
                    std::int32_t,
                    std::int64_t,
                    std::uint8_t,
                    std::uint16_t,
                    std::uint32_t,
                    std::uint64_t,
                    std::complex<float>,
                    std::complex<double>>(registry);
}

}  // namespace tern
