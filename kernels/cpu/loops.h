#pragma once

#include <algorithm>
#include <string_view>
#include <type_traits>

#include "kernels/common/narrow_floats.h"
#include "kernels/common/scalar_functions.h"
#include "kernels/cpu/block_program.h"
#include "kernels/cpu/elementwise.h"
#include "tern/core/dtype.h"

// Contiguous loops over the functors of scalar_functions.h. A result may take
// the place of an operand whose elements have the same size: no iteration
// depends on another one (`ivdep`), but the pointers may be equal.

namespace tern::kernels {

/// Functions so dear that a thread is worth starting for fewer elements.
template <class F>
inline constexpr bool is_costly = false;
template <>
inline constexpr bool is_costly<Exp> = true;
template <>
inline constexpr bool is_costly<Expm1> = true;
template <>
inline constexpr bool is_costly<Log> = true;
template <>
inline constexpr bool is_costly<Log1p> = true;
template <>
inline constexpr bool is_costly<Sin> = true;
template <>
inline constexpr bool is_costly<Cos> = true;
template <>
inline constexpr bool is_costly<Tanh> = true;
template <>
inline constexpr bool is_costly<Sigmoid> = true;
template <>
inline constexpr bool is_costly<Pow> = true;
template <>
inline constexpr bool is_costly<FloorModFloat> = true;
template <>
inline constexpr bool is_costly<TruncateModFloat> = true;
template <>
inline constexpr bool is_costly<Xlogy> = true;
template <>
inline constexpr bool is_costly<Xlog1py> = true;

template <class F>
inline constexpr std::int64_t grain_of =
    is_costly<F> ? kCostlyGrain : kCheapGrain;

template <class F, class T>
using UnaryResult = decltype(F()(T()));
template <class F, class T>
using BinaryResult = decltype(F()(T(), T()));

// ------------------------------------------------------------------ unary

template <class F, class T>
void unary_loop(const void* x_data, void* y_data, std::int64_t n) {
  using R = UnaryResult<F, T>;
  const T* x = static_cast<const T*>(x_data);
  R* y = static_cast<R*>(y_data);
#pragma GCC ivdep
  for (std::int64_t i = 0; i < n; ++i) y[i] = F()(x[i]);
}

/// Half and BFloat16 go through float in blocks that stay in the cache.
template <class F, class Narrow>
void narrow_unary_loop(const void* x_data, void* y_data, std::int64_t n) {
  using R = UnaryResult<F, float>;
  constexpr bool is_predicate = std::is_same_v<R, bool>;
  const auto* x = static_cast<const Narrow*>(x_data);
  for (std::int64_t i = 0; i < n; i += kNarrowBlock) {
    std::int64_t m = std::min(n - i, kNarrowBlock);
    float wide[kNarrowBlock];
    widen(x + i, wide, m);
    if constexpr (is_predicate) {
      unary_loop<F, float>(wide, static_cast<bool*>(y_data) + i, m);
    } else {
      float result[kNarrowBlock];
      unary_loop<F, float>(wide, result, m);
      narrow(result, static_cast<Narrow*>(y_data) + i, m);
    }
  }
}

template <class F, class T>
constexpr UnaryLoop unary_loop_of() {
  if constexpr (is_narrow<T>) {
    using R = UnaryResult<F, float>;
    constexpr std::size_t result_size =
        std::is_same_v<R, bool> ? sizeof(bool) : sizeof(T);
    return {narrow_unary_loop<F, T>, sizeof(T), result_size, grain_of<F>};
  } else {
    return {
        unary_loop<F, T>, sizeof(T), sizeof(UnaryResult<F, T>), grain_of<F>};
  }
}

template <class F, class T>
inline constexpr UnaryLoop kUnaryLoop = unary_loop_of<F, T>();

template <class F, class T>
void unary_kernel(KernelContext& context) {
  run_unary(context, kUnaryLoop<F, T>);
}

template <class F, class... T>
void add_unary(KernelRegistry& registry, std::string_view op) {
  (registry.add(op, {{"T", dtype_of<T>}}, unary_kernel<F, T>), ...);
  (block_loops().add(op, dtype_of<T>, kUnaryLoop<F, T>), ...);
}

// ----------------------------------------------------------------- binary

template <class F, class T>
void binary_loop(const void* x_data,
                 const void* y_data,
                 void* z_data,
                 std::int64_t n) {
  using R = BinaryResult<F, T>;
  const T* x = static_cast<const T*>(x_data);
  const T* y = static_cast<const T*>(y_data);
  R* z = static_cast<R*>(z_data);
#pragma GCC ivdep
  for (std::int64_t i = 0; i < n; ++i) z[i] = F()(x[i], y[i]);
}

template <class F, class T>
void binary_loop_y_fixed(const void* x_data,
                         const void* y_data,
                         void* z_data,
                         std::int64_t n) {
  using R = BinaryResult<F, T>;
  const T* x = static_cast<const T*>(x_data);
  const T y = *static_cast<const T*>(y_data);
  R* z = static_cast<R*>(z_data);
#pragma GCC ivdep
  for (std::int64_t i = 0; i < n; ++i) z[i] = F()(x[i], y);
}

template <class F, class T>
void binary_loop_x_fixed(const void* x_data,
                         const void* y_data,
                         void* z_data,
                         std::int64_t n) {
  using R = BinaryResult<F, T>;
  const T x = *static_cast<const T*>(x_data);
  const T* y = static_cast<const T*>(y_data);
  R* z = static_cast<R*>(z_data);
#pragma GCC ivdep
  for (std::int64_t i = 0; i < n; ++i) z[i] = F()(x, y[i]);
}

template <class F, class Narrow>
void narrow_binary_loop(const void* x_data,
                        const void* y_data,
                        void* z_data,
                        std::int64_t n) {
  using R = BinaryResult<F, float>;
  const auto* x = static_cast<const Narrow*>(x_data);
  const auto* y = static_cast<const Narrow*>(y_data);
  for (std::int64_t i = 0; i < n; i += kNarrowBlock) {
    std::int64_t m = std::min(n - i, kNarrowBlock);
    float wide_x[kNarrowBlock], wide_y[kNarrowBlock];
    widen(x + i, wide_x, m);
    widen(y + i, wide_y, m);
    if constexpr (std::is_same_v<R, bool>) {
      binary_loop<F, float>(wide_x, wide_y, static_cast<bool*>(z_data) + i, m);
    } else {
      float result[kNarrowBlock];
      binary_loop<F, float>(wide_x, wide_y, result, m);
      narrow(result, static_cast<Narrow*>(z_data) + i, m);
    }
  }
}

/// Which loops a kernel has: `kAll` for the dtypes that matter, `kSame` where
/// operands have one shape or repeating the smaller one is good enough.
enum class LoopSet { kSame, kAll };

template <class F, class T, LoopSet Set>
constexpr BinaryLoops binary_loops() {
  if constexpr (is_narrow<T>) {
    constexpr bool is_predicate = std::is_same_v<BinaryResult<F, float>, bool>;
    return {narrow_binary_loop<F, T>,
            nullptr,
            nullptr,
            sizeof(T),
            is_predicate ? sizeof(bool) : sizeof(T),
            grain_of<F>};
  } else if constexpr (Set == LoopSet::kSame) {
    return {binary_loop<F, T>,
            nullptr,
            nullptr,
            sizeof(T),
            sizeof(BinaryResult<F, T>),
            grain_of<F>};
  } else {
    return {binary_loop<F, T>,
            binary_loop_y_fixed<F, T>,
            binary_loop_x_fixed<F, T>,
            sizeof(T),
            sizeof(BinaryResult<F, T>),
            grain_of<F>};
  }
}

template <class F, class T, LoopSet Set>
inline constexpr BinaryLoops kBinaryLoops = binary_loops<F, T, Set>();

template <class F, class T, LoopSet Set>
void binary_kernel(KernelContext& context) {
  run_binary(context, kBinaryLoops<F, T, Set>);
}
template <class F, class T, LoopSet Set>
void swapped_binary_kernel(KernelContext& context) {
  run_binary_swapped(context, kBinaryLoops<F, T, Set>);
}
template <class F, class T, LoopSet Set>
void equality_kernel(KernelContext& context) {
  run_equality(context, kBinaryLoops<F, T, Set>);
}
template <class T>
void add_n_kernel(KernelContext& context) {
  run_add_n(context, kBinaryLoops<Add, T, LoopSet::kSame>);
}

/// Kernels for each T; `swapped` calls F(y, x).
template <class F, LoopSet Set, class... T>
void add_binary(KernelRegistry& registry, std::string_view op) {
  (registry.add(op, {{"T", dtype_of<T>}}, binary_kernel<F, T, Set>), ...);
  (block_loops().add(op, dtype_of<T>, kBinaryLoops<F, T, Set>), ...);
}
template <class F, LoopSet Set, class... T>
void add_swapped_binary(KernelRegistry& registry, std::string_view op) {
  (registry.add(op, {{"T", dtype_of<T>}}, swapped_binary_kernel<F, T, Set>),
   ...);
}
template <class F, LoopSet Set, class... T>
void add_equality(KernelRegistry& registry, std::string_view op) {
  (registry.add(op, {{"T", dtype_of<T>}}, equality_kernel<F, T, Set>), ...);
  (block_loops().add(op, dtype_of<T>, kBinaryLoops<F, T, Set>), ...);
}
template <class... T>
void add_add_n(KernelRegistry& registry) {
  (registry.add("AddN", {{"T", dtype_of<T>}}, add_n_kernel<T>), ...);
}

}  // namespace tern::kernels
