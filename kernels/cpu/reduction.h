#pragma once

#include <cstdint>

#include "kernels/cpu/produced_elements.h"
#include "ops/kernel.h"

namespace tern::kernels {

/// Columns or segments that one call may have.
inline constexpr std::int64_t kMaxColumns = 512;

/// The loops of one reduction and dtype, over accumulators of its own type.
struct Reduction {
  std::size_t input_size;        // bytes an element
  std::size_t accumulator_size;  // at most 16
  std::size_t output_size;
  /// Sets n accumulators to what reducing nothing gives.
  void (*start)(void* accumulators, std::int64_t n);
  /// Takes n elements into one accumulator.
  void (*fold)(void* accumulator, const void* x, std::int64_t n);
  /// Takes n segments of `length` elements, one after the other, into an
  /// accumulator each.
  void (*fold_segments)(void* accumulators,
                        const void* x,
                        std::int64_t n,
                        std::int64_t length);
  /// Takes rows of `width` elements, `stride` elements apart, into one
  /// accumulator a column.
  void (*fold_rows)(void* accumulators,
                    const void* x,
                    std::int64_t rows,
                    std::int64_t width,
                    std::int64_t stride);
  /// Takes n accumulators into n others.
  void (*merge)(void* accumulators, const void* others, std::int64_t n);
  /// Makes n results; each had `count` elements.
  void (*finish)(const void* accumulators,
                 void* y,
                 std::int64_t n,
                 std::int64_t count);
};

/// Input 0 reduced over the axes that host input 1 names, into output 0.
void run_reduction(KernelContext& context, const Reduction& reduction);

/// Input 0 reduced over all axes.
void run_full_reduction(KernelContext& context, const Reduction& reduction);

/// What is reduced: elements in memory, or made piece by piece while they are
/// reduced. With both, the producer puts them where they are stored.
struct ReducedElements {
  const Shape& shape;
  const void* stored = nullptr;
  const ElementProducer* producer = nullptr;
};

/// The elements reduced over these axes (none negative), in the order in which
/// they would be reduced if all were stored: the bits are the same.
void reduce_elements(const ReducedElements& elements,
                     std::span<const std::int64_t> axes,
                     const Reduction& reduction,
                     Tensor& output);

}  // namespace tern::kernels
