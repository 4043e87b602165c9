#include "kernels/cpu/reduction_loops.h"

// Reductions of the dtypes that kernels/cpu/vector leaves out.

namespace tern {
namespace kernels {
namespace {

template <template <class> class Reducer>
void add_rare_integers(KernelRegistry& registry, std::string_view op) {
  add_reduction<Reducer,
                std::int8_t,
                std::int16_t,
                std::uint8_t,
                std::uint16_t,
                std::uint32_t,
                std::uint64_t>(registry, op);
}

template <template <class> class Reducer>
void add_complex(KernelRegistry& registry, std::string_view op) {
  add_reduction<Reducer, std::complex<float>, std::complex<double>>(registry,
                                                                    op);
}

}  // namespace
}  // namespace kernels

void register_rare_reduce_kernels(KernelRegistry& registry) {
  using namespace kernels;
  add_rare_integers<SumReducer>(registry, "Sum");
  add_rare_integers<MeanReducer>(registry, "Mean");
  add_rare_integers<MaxReducer>(registry, "Max");
  add_rare_integers<MinReducer>(registry, "Min");
  add_rare_integers<ProdReducer>(registry, "Prod");
  add_reduction<ProdReducer, std::int32_t, std::int64_t>(registry, "Prod");
  add_complex<SumReducer>(registry, "Sum");
  add_complex<MeanReducer>(registry, "Mean");
  add_complex<ProdReducer>(registry, "Prod");
}

}  // namespace tern
