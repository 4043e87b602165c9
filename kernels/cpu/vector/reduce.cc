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
  block_loops().add(
      op, bool_, ReductionLoops<Reducer, std::uint8_t>::kReduction);
}

constexpr Reduction kHalfSum = HalfSumLoops::reduction();

void half_sum_kernel(KernelContext& context) {
  run_reduction(context, kHalfSum);
}

template <class T>
void l2_loss_kernel(KernelContext& context) {
  run_full_reduction(context, ReductionLoops<L2LossReducer, T>::kReduction);
}

template <class... T>
void add_l2_loss(KernelRegistry& registry) {
  (registry.add("L2Loss", {{"T", dtype_of<T>}}, l2_loss_kernel<T>), ...);
  (block_loops().add(
       "L2Loss", dtype_of<T>, ReductionLoops<L2LossReducer, T>::kReduction),
   ...);
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
  block_loops().add("Sum", float16, kHalfSum);
  add_common<MeanReducer>(registry, "Mean");
  add_common<MaxReducer>(registry, "Max");
  add_common<MinReducer>(registry, "Min");
  add_reduction<ProdReducer, float, double, Half, BFloat16>(registry, "Prod");
  add_logical<AllReducer>(registry, "All");
  add_logical<AnyReducer>(registry, "Any");
  add_l2_loss<float, double, Half, BFloat16>(registry);
}

}  // namespace tern
