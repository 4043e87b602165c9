#include "kernels/cpu/half_sum_loops.h"
#include "kernels/cpu/reduction_loops.h"

namespace tern {
namespace kernels {
namespace {

template <template <class> class Reducer>
void add_common(KernelRegistry& registry, std::string_view op) {
  add_reduction<Reducer,
                float,
                double,
                Half,
                BFloat16,
                std::int32_t,
                std::int64_t>(registry, op);
}

template <template <class> class Reducer>
void add_logical(KernelRegistry& registry, std::string_view op) {
  registry.add(op, {}, reduction_kernel<Reducer, std::uint8_t>);
}

void half_sum_kernel(KernelContext& context) {
  static constexpr Reduction kReduction = HalfSumLoops::reduction();
  run_reduction(context, kReduction);
}

template <class T>
void l2_loss_kernel(KernelContext& context) {
  run_full_reduction(context, ReductionLoops<L2LossReducer, T>::kReduction);
}

template <class... T>
void add_l2_loss(KernelRegistry& registry) {
  (registry.add("L2Loss", {{"T", dtype_of<T>}}, l2_loss_kernel<T>), ...);
}

}  // namespace
}  // namespace kernels

void register_reduce_kernels(KernelRegistry& registry) {
  using namespace kernels;
  add_reduction<SumReducer,
                float,
                double,
                BFloat16,
                std::int32_t,
                std::int64_t>(registry, "Sum");
  registry.add("Sum", {{"T", float16}}, half_sum_kernel);
  add_common<MeanReducer>(registry, "Mean");
  add_common<MaxReducer>(registry, "Max");
  add_common<MinReducer>(registry, "Min");
  add_reduction<ProdReducer, float, double, Half, BFloat16>(registry, "Prod");
  add_logical<AllReducer>(registry, "All");
  add_logical<AnyReducer>(registry, "Any");
  add_l2_loss<float, double, Half, BFloat16>(registry);
}

}  // namespace tern
