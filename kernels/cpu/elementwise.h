#pragma once

#include <cstdint>

#include "ops/kernel.h"

namespace tern::kernels {

/// Elements worth a thread for additions; and for exponentials and the like.
inline constexpr std::int64_t kCheapGrain = 32768;
inline constexpr std::int64_t kCostlyGrain = 4096;

/// y[i] = f(x[i]) for i < n.
struct UnaryLoop {
  void (*loop)(const void* x, void* y, std::int64_t n);
  std::size_t input_size;  // bytes an element
  std::size_t output_size;
  std::int64_t grain = kCheapGrain;
};

/// z[i] = f(x[i], y[i]) for i < n; the other two loops hold one operand fixed
/// at its first element. They may be absent: the operand is then repeated.
struct BinaryLoops {
  using Loop = void (*)(const void* x, const void* y, void* z, std::int64_t n);
  Loop both_vary;
  Loop y_fixed;
  Loop x_fixed;
  std::size_t input_size;  // bytes an element
  std::size_t output_size;
  std::int64_t grain = kCheapGrain;
};

/// Input 0 through the loop into output 0, of the same shape.
void run_unary(KernelContext& context, const UnaryLoop& loop);

/// Inputs 0 and 1, broadcast to output 0's shape, through the loops.
void run_binary(KernelContext& context, const BinaryLoops& loops);

/// The same with x and y exchanged.
void run_binary_swapped(KernelContext& context, const BinaryLoops& loops);

/// For Equal and NotEqual, which may be asked of shapes that do not broadcast:
/// the output is then one bool.
void run_equality(KernelContext& context, const BinaryLoops& loops);

/// The sum of all inputs, which have one shape, by loops that add.
void run_add_n(KernelContext& context, const BinaryLoops& loops);

[[noreturn]] void throw_integer_division_by_zero();
[[noreturn]] void throw_negative_integer_power();

}  // namespace tern::kernels
