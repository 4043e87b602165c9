// What moves elements without computing: casts between the dtypes that
// training and preprocessing meet (the others are in
// kernels/cpu/plain/math/cast.cc), and selections.

#include "kernels/common/conversions.h"
#include "kernels/common/narrow_floats.h"
#include "kernels/cpu/block_program.h"
#include "kernels/cpu/cast.h"
#include "kernels/cpu/select.h"

namespace tern {
namespace kernels {
namespace {

template <class From, class To>
void convert_loop(const void* x_data, void* y_data, std::int64_t n) {
  const From* x = static_cast<const From*>(x_data);
  To* y = static_cast<To*>(y_data);
  if constexpr (is_narrow<From> && std::is_same_v<To, float>)
    widen(x, y, n);
  else if constexpr (is_narrow<To> && std::is_same_v<From, float>)
    narrow(x, y, n);
  else
#pragma GCC ivdep
    for (std::int64_t i = 0; i < n; ++i) y[i] = convert<To>(x[i]);
}

template <class From, class To>
inline constexpr UnaryLoop kConvertLoop{
    convert_loop<From, To>, sizeof(From), sizeof(To)};

template <class From, class To>
void cast_kernel(KernelContext& context) {
  // Only towards shorter floats does the attr Truncate say anything.
  constexpr bool may_truncate = is_narrow<To> || (std::is_same_v<To, float> &&
                                                  std::is_same_v<From, double>);
  if constexpr (may_truncate)
    if (context.attr<bool>("Truncate")) return run_any_cast(context);
  run_unary(context, kConvertLoop<From, To>);
}

template <class From, class... To>
void add_casts(KernelRegistry& registry) {
  (registry.add("Cast",
                {{"SrcT", dtype_of<From>}, {"DstT", dtype_of<To>}},
                cast_kernel<From, To>,
                {.priority = 1}),
   ...);
  (block_loops().add_cast(dtype_of<From>, dtype_of<To>, kConvertLoop<From, To>),
   ...);
}

struct SixteenBytes {
  std::uint64_t parts[2];
};

KernelFunction select_by_size(std::size_t size) {
  switch (size) {
    case 1:
      return select_kernel<std::uint8_t>;
    case 2:
      return select_kernel<std::uint16_t>;
    case 4:
      return select_kernel<std::uint32_t>;
    case 8:
      return select_kernel<std::uint64_t>;
    default:
      return select_kernel<SixteenBytes>;
  }
}

template <class E>
void select_block(
    const void* c, const void* t, const void* e, void* z, std::int64_t n) {
  select_loop<E, false, false>(static_cast<const std::uint8_t*>(c),
                               static_cast<const E*>(t),
                               static_cast<const E*>(e),
                               static_cast<E*>(z),
                               n);
}

template <class E>
void add_select_blocks(std::initializer_list<DType> dtypes) {
  for (DType dtype : dtypes)
    block_loops().add(find_block_op("SelectV2"),
                      dtype,
                      TernaryLoops{.all_vary = select_block<E>});
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

void register_select_kernels(KernelRegistry& registry) {
  using namespace kernels;
  for (const char* op : {"Select", "SelectV2"})
    for (DType dtype : {float16,
                        bfloat16,
                        float32,
                        float64,
                        int8,
                        int16,
                        int32,
                        int64,
                        uint8,
                        uint16,
                        uint32,
                        uint64,
                        bool_,
                        complex64,
                        complex128})
      registry.add(op, {{"T", dtype}}, select_by_size(dtype.size()));
  add_select_blocks<std::uint16_t>({float16, bfloat16});
  add_select_blocks<std::uint32_t>({float32, int32});
  add_select_blocks<std::uint64_t>({float64, int64});
}

}  // namespace tern
