#pragma once

#include <algorithm>
#include <array>
#include <type_traits>

#include "kernels/common/broadcast.h"
#include "kernels/cpu/elementwise.h"
#include "tern/core/parallel.h"

// Select and SelectV2 for elements of type E, which need only be copied.

namespace tern::kernels {

/// z[i] = c[i] ? t[i] : e[i]; a fixed branch stays at its first element. z may
/// be t or e.
template <class E, bool ThenFixed, bool ElseFixed>
void select_loop(
    const std::uint8_t* c, const E* t, const E* e, E* z, std::int64_t n) {
  if constexpr (std::is_unsigned_v<E>) {
    // By masks, from bools as the bytes 0 and 1: compilers make branches of
    // what they know to be a condition.
    const E first_t = *t, first_e = *e;
#pragma GCC ivdep
    for (std::int64_t i = 0; i < n; ++i) {
      auto mask = static_cast<E>(-static_cast<E>(c[i]));
      E yes = ThenFixed ? first_t : t[i];
      E no = ElseFixed ? first_e : e[i];
      z[i] = static_cast<E>((yes & mask) | (no & ~mask));
    }
  } else {
#pragma GCC ivdep
    for (std::int64_t i = 0; i < n; ++i)
      z[i] = c[i] ? t[ThenFixed ? 0 : i] : e[ElseFixed ? 0 : i];
  }
}

/// One row of a plan: `steps` are 0 or 1 for condition, then and else.
template <class E>
void select_row(const std::uint8_t* c,
                const E* t,
                const E* e,
                E* z,
                std::int64_t n,
                const std::array<std::int64_t, 3>& steps) {
  if (steps[0] == 0) {
    const E* chosen = *c ? t : e;
    if ((*c ? steps[1] : steps[2]) == 1)
      std::copy_n(chosen, n, z);
    else
      std::fill_n(z, n, *chosen);
  } else if (steps[1] == 1) {
    steps[2] == 1 ? select_loop<E, false, false>(c, t, e, z, n)
                  : select_loop<E, false, true>(c, t, e, z, n);
  } else {
    steps[2] == 1 ? select_loop<E, true, false>(c, t, e, z, n)
                  : select_loop<E, true, true>(c, t, e, z, n);
  }
}

/// Select's vector condition chooses rows: it broadcasts from the left.
inline Shape aligned_condition(const KernelContext& context) {
  Shape shape = context.input(0).shape();
  int rank = context.input(1).shape().rank();
  if (context.op().name == "Select" && shape.rank() == 1)
    while (shape.rank() < rank) shape.append(1);
  return shape;
}

template <class E>
void select_kernel(KernelContext& context) {
  Tensor& output = context.output();
  const auto* c = context.input(0).data<std::uint8_t>();
  const E* t = static_cast<const E*>(context.input(1).raw_data());
  const E* e = static_cast<const E*>(context.input(2).raw_data());
  E* z = static_cast<E*>(output.mutable_data());
  if (output.num_elements() == 0) return;
  Shape condition = aligned_condition(context);
  auto plan = plan_broadcast<3>(
      output.shape(),
      {&condition, &context.input(1).shape(), &context.input(2).shape()});
  const auto& inner = plan.inner();
  std::int64_t piece = std::min(inner.size, kCheapGrain);
  std::int64_t pieces = (inner.size + piece - 1) / piece;
  parallel_for(plan.outer_size() * pieces,
               std::max<std::int64_t>(1, kCheapGrain / piece),
               [&](std::int64_t begin, std::int64_t end) {
                 std::int64_t row = begin / pieces, part = begin % pieces;
                 BroadcastCursor<3> cursor(plan, row);
                 for (std::int64_t i = begin; i < end; ++i) {
                   std::int64_t first = part * piece;
                   std::int64_t n = std::min(piece, inner.size - first);
                   select_row(c + cursor.offset(0) + first * inner.strides[0],
                              t + cursor.offset(1) + first * inner.strides[1],
                              e + cursor.offset(2) + first * inner.strides[2],
                              z + row * inner.size + first,
                              n,
                              inner.strides);
                   if (++part < pieces) continue;
                   part = 0;
                   ++row;
                   cursor.next_row();
                 }
               });
}

}  // namespace tern::kernels
