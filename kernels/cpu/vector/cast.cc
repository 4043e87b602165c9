#include "kernels/cpu/cast.h"

#include "kernels/common/conversions.h"
#include "kernels/common/narrow_floats.h"
#include "kernels/cpu/elementwise.h"

// The pairs of dtypes that training and preprocessing meet; the others are in
// kernels/cpu/plain/cast.cc.

namespace tern {
namespace kernels {
namespace {

template <class From, class To>
void convert_loop(const void* x_data, void* y_data, std::int64_t n) {
  const From* __restrict x = static_cast<const From*>(x_data);
  To* __restrict y = static_cast<To*>(y_data);
  if constexpr (is_narrow<From> && std::is_same_v<To, float>)
    widen(x, y, n);
  else if constexpr (is_narrow<To> && std::is_same_v<From, float>)
    narrow(x, y, n);
  else
    for (std::int64_t i = 0; i < n; ++i) y[i] = convert<To>(x[i]);
}

template <class From, class To>
void cast_kernel(KernelContext& context) {
  // Only towards shorter floats does the attr Truncate say anything.
  constexpr bool may_truncate = is_narrow<To> || (std::is_same_v<To, float> &&
                                                  std::is_same_v<From, double>);
  if constexpr (may_truncate)
    if (context.attr<bool>("Truncate")) return run_any_cast(context);
  static constexpr UnaryLoop kLoop{
      convert_loop<From, To>, sizeof(From), sizeof(To)};
  run_unary(context, kLoop);
}

template <class From, class... To>
void add_casts(KernelRegistry& registry) {
  (registry.add("Cast",
                {{"SrcT", dtype_of<From>}, {"DstT", dtype_of<To>}},
                cast_kernel<From, To>,
                {.priority = 1}),
   ...);
}

}  // namespace
}  // namespace kernels

void register_cast_kernels(KernelRegistry& registry) {
  using namespace kernels;
  using std::int32_t, std::int64_t, std::uint8_t;
  add_casts<float, double, int32_t, int64_t, uint8_t, bool, Half, BFloat16>(
      registry);
  add_casts<double, float, int32_t, int64_t, bool>(registry);
  add_casts<int32_t, float, double, int64_t, uint8_t, bool>(registry);
  add_casts<int64_t, float, double, int32_t, bool>(registry);
  add_casts<uint8_t, float, double, int32_t, int64_t>(registry);
  add_casts<bool, float, double, int32_t, int64_t>(registry);
  add_casts<Half, float>(registry);
  add_casts<BFloat16, float>(registry);
}

}  // namespace tern
