// Relu6 of integers, and L2Loss.

#include <algorithm>

#include "kernels/common/activation_functions.h"
#include "kernels/cpu/loops.h"

namespace tern {
namespace {

template <class... T>
void add_integer_relu6(KernelRegistry& registry) {
  kernels::add_unary<kernels::Relu6, T...>(registry, "Relu6");
  kernels::add_binary<kernels::Relu6Grad, kernels::LoopSet::kSame, T...>(
      registry, "Relu6Grad");
}

/// sum(t²) / 2: partial sums side by side, which is faster and more accurate
/// than one.
template <class T>
void l2_loss(KernelContext& context) {
  using C = std::conditional_t<std::is_same_v<T, double>, double, float>;
  constexpr std::size_t kLanes = 32;
  constexpr std::size_t kTogether = 4096;
  auto t = context.in<T>(0);
  double total = 0;
  for (std::size_t begin = 0; begin < t.size(); begin += kTogether) {
    std::size_t end = std::min(t.size(), begin + kTogether);
    C sums[kLanes] = {};
    std::size_t i = begin;
    for (; i + kLanes <= end; i += kLanes)
      for (std::size_t lane = 0; lane < kLanes; ++lane) {
        C value = static_cast<C>(t[i + lane]);
        sums[lane] += value * value;
      }
    for (; i < end; ++i) {
      C value = static_cast<C>(t[i]);
      sums[0] += value * value;
    }
    for (C sum : sums) total += sum;
  }
  *context.out<T>().data() = static_cast<T>(static_cast<C>(total / 2));
}

}  // namespace

void register_rare_activation_kernels(KernelRegistry& registry) {
  add_integer_relu6<std::int8_t,
                    std::int16_t,
                    std::int32_t,
                    std::int64_t,
                    std::uint8_t,
                    std::uint16_t,
                    std::uint32_t,
                    std::uint64_t>(registry);
  registry.add("L2Loss", {{"T", float32}}, l2_loss<float>);
  registry.add("L2Loss", {{"T", float64}}, l2_loss<double>);
  registry.add("L2Loss", {{"T", float16}}, l2_loss<Half>);
  registry.add("L2Loss", {{"T", bfloat16}}, l2_loss<BFloat16>);
}

}  // namespace tern
