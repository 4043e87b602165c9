// Relu6 of integers.

#include "kernels/common/activation_functions.h"
#include "kernels/cpu/loops.h"

namespace tern {
namespace {

using namespace kernels;

template <class... T>
void add_relu6(KernelRegistry& registry) {
  add_unary<Relu6, T...>(registry, "Relu6");
  add_binary<Relu6Grad, LoopSet::kSame, T...>(registry, "Relu6Grad");
}

}  // namespace

void register_integer_activation_kernels(KernelRegistry& registry) {
  add_relu6<std::int8_t,
            std::int16_t,
            std::int32_t,
            std::int64_t,
            std::uint8_t,
            std::uint16_t,
            std::uint32_t,
            std::uint64_t>(registry);
}

}  // namespace tern
