#pragma once

#include <cstdint>

#include "tern/core/dtype.h"

namespace tern {

/// What scatters and segment reductions do with what is there already. Where
/// neither is larger, one being NaN, scatters keep what is there and segments
/// take what comes.
enum class RowOperation {
  kAdd,
  kSub,
  kMul,
  kDiv,
  kMax,
  kMin,
  kSegmentMax,
  kSegmentMin
};

/// to[i] = to[i] op from[i] for n elements.
using RowFunction = void (*)(void* to, const void* from, std::int64_t n);

/// The function for a dtype: any number; bool for kAdd (or) and kSub
/// (unlike), strings for kAdd (concatenation). Null where the operation makes
/// no sense.
RowFunction row_function(RowOperation operation, DType dtype);

/// Fills n elements with what the operation leaves unchanged: 0, 1, the lowest
/// or highest finite number.
void fill_neutral(RowOperation operation,
                  DType dtype,
                  void* to,
                  std::int64_t n);

}  // namespace tern
