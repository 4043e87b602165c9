#include "kernels/cpu/elementwise.h"

#include <algorithm>
#include <cstring>

#include "kernels/common/broadcast.h"
#include "tern/core/error.h"
#include "tern/core/parallel.h"

namespace tern::kernels {
namespace {

const char* at(const void* base, std::int64_t index, std::size_t size) {
  return static_cast<const char*>(base) +
         index * static_cast<std::int64_t>(size);
}
char* at(void* base, std::int64_t index, std::size_t size) {
  return static_cast<char*>(base) + index * static_cast<std::int64_t>(size);
}

/// Rows shorter than this are not worth a call each.
constexpr std::int64_t kShortRow = 16;
/// Elements expanded at a time when rows are short.
constexpr std::int64_t kBlock = 512;
constexpr std::size_t kLargestNumber = 16;

/// Copies `count` elements from `x` on, `step` (0 or 1) elements apart.
void repeat_or_copy(char* to,
                    const char* x,
                    std::int64_t step,
                    std::int64_t count,
                    std::size_t size) {
  if (step == 1) {
    std::memcpy(to, x, static_cast<std::size_t>(count) * size);
    return;
  }
  for (std::int64_t i = 0; i < count; ++i)
    std::memcpy(at(to, i, size), x, size);
}

/// One call of a loop for each row, long rows in pieces.
void run_rows(const BroadcastPlan<2>& plan,
              const BinaryLoops& loops,
              const void* x,
              const void* y,
              void* z) {
  const auto& inner = plan.inner();
  BinaryLoops::Loop loop = inner.strides[0] == 0   ? loops.x_fixed
                           : inner.strides[1] == 0 ? loops.y_fixed
                                                   : loops.both_vary;
  std::int64_t piece = std::min(inner.size, loops.grain);
  std::int64_t pieces = (inner.size + piece - 1) / piece;
  parallel_for(plan.outer_size() * pieces,
               std::max<std::int64_t>(1, loops.grain / piece),
               [&](std::int64_t begin, std::int64_t end) {
                 std::int64_t row = begin / pieces, part = begin % pieces;
                 BroadcastCursor<2> cursor(plan, row);
                 for (std::int64_t i = begin; i < end; ++i) {
                   std::int64_t first = part * piece;
                   std::int64_t n = std::min(piece, inner.size - first);
                   loop(at(x,
                           cursor.offset(0) + first * inner.strides[0],
                           loops.input_size),
                        at(y,
                           cursor.offset(1) + first * inner.strides[1],
                           loops.input_size),
                        at(z, row * inner.size + first, loops.output_size),
                        n);
                   if (++part < pieces) continue;
                   part = 0;
                   ++row;
                   cursor.next_row();
                 }
               });
}

/// Expands both operands block by block, so that short rows cost little.
void run_blocks(const BroadcastPlan<2>& plan,
                const BinaryLoops& loops,
                const void* x,
                const void* y,
                void* z) {
  const auto& inner = plan.inner();
  std::int64_t rows_at_once = std::max<std::int64_t>(1, kBlock / inner.size);
  // A row may be longer than a block when the fixed loops are absent.
  std::int64_t piece = std::min(inner.size, kBlock);
  std::int64_t grain = std::max<std::int64_t>(
      rows_at_once, loops.grain / inner.size / rows_at_once * rows_at_once);
  parallel_for(
      plan.outer_size(), grain, [&](std::int64_t begin, std::int64_t end) {
        alignas(64) char x_block[kBlock * kLargestNumber];
        alignas(64) char y_block[kBlock * kLargestNumber];
        BroadcastCursor<2> cursor(plan, begin);
        std::int64_t written = begin * inner.size;
        std::int64_t filled = 0;
        auto flush = [&] {
          loops.both_vary(
              x_block, y_block, at(z, written, loops.output_size), filled);
          written += filled;
          filled = 0;
        };
        for (std::int64_t row = begin; row < end; ++row, cursor.next_row())
          for (std::int64_t first = 0; first < inner.size; first += piece) {
            std::int64_t n = std::min(piece, inner.size - first);
            if (filled + n > kBlock) flush();
            auto fill = [&](char* block, const void* from, std::size_t k) {
              std::int64_t step = inner.strides[k];
              repeat_or_copy(
                  at(block, filled, loops.input_size),
                  at(from, cursor.offset(k) + first * step, loops.input_size),
                  step,
                  n,
                  loops.input_size);
            };
            fill(x_block, x, 0);
            fill(y_block, y, 1);
            filled += n;
          }
        flush();
      });
}

void run_binary_on(const Tensor& x,
                   const Tensor& y,
                   Tensor& z,
                   const BinaryLoops& loops) {
  std::int64_t n = z.num_elements();
  if (n == 0) return;
  const void* x_data = x.raw_data();
  const void* y_data = y.raw_data();
  void* z_data = z.mutable_data();
  BinaryLoops::Loop loop = nullptr;
  bool x_steps = x.num_elements() == n, y_steps = y.num_elements() == n;
  if (x_steps && y_steps)
    loop = loops.both_vary;
  else if (x_steps && y.num_elements() == 1)
    loop = loops.y_fixed;
  else if (y_steps && x.num_elements() == 1)
    loop = loops.x_fixed;
  if (loop) {
    if (n <= loops.grain) return loop(x_data, y_data, z_data, n);
    parallel_for(n, loops.grain, [&](std::int64_t begin, std::int64_t end) {
      loop(at(x_data, x_steps ? begin : 0, loops.input_size),
           at(y_data, y_steps ? begin : 0, loops.input_size),
           at(z_data, begin, loops.output_size),
           end - begin);
    });
    return;
  }
  auto plan = plan_broadcast<2>(z.shape(), {&x.shape(), &y.shape()});
  bool long_rows =
      plan.inner().size >= kShortRow || loops.input_size > kLargestNumber;
  if (loops.y_fixed && long_rows)
    run_rows(plan, loops, x_data, y_data, z_data);
  else
    run_blocks(plan, loops, x_data, y_data, z_data);
}

}  // namespace

void run_unary(KernelContext& context, const UnaryLoop& loop) {
  const void* x = context.input(0).raw_data();
  Tensor& output = context.output();
  void* y = output.mutable_data();
  parallel_for(output.num_elements(),
               loop.grain,
               [&](std::int64_t begin, std::int64_t end) {
                 loop.loop(at(x, begin, loop.input_size),
                           at(y, begin, loop.output_size),
                           end - begin);
               });
}

void run_binary(KernelContext& context, const BinaryLoops& loops) {
  run_binary_on(context.input(0), context.input(1), context.output(), loops);
}

void run_binary_swapped(KernelContext& context, const BinaryLoops& loops) {
  run_binary_on(context.input(1), context.input(0), context.output(), loops);
}

void run_equality(KernelContext& context, const BinaryLoops& loops) {
  bool clash = context.output().shape().rank() == 0 &&
               (context.input(0).shape().rank() != 0 ||
                context.input(1).shape().rank() != 0);
  if (clash)
    *context.output().data<bool>() = context.op().name == "NotEqual";
  else
    run_binary(context, loops);
}

void run_add_n(KernelContext& context, const BinaryLoops& loops) {
  std::size_t size = loops.input_size;
  Tensor& output = context.output();
  void* z = output.mutable_data();
  int inputs = context.num_inputs();
  if (inputs == 1) {
    std::memcpy(z, context.input(0).raw_data(), output.num_bytes());
    return;
  }
  auto add_block = [&](std::int64_t begin, std::int64_t n) {
    // Two sums in turn, since a loop does not write what it reads.
    alignas(64) char sums[2][kBlock * kLargestNumber];
    const void* sum = at(context.input(0).raw_data(), begin, size);
    for (int i = 1; i < inputs; ++i) {
      void* next = i + 1 == inputs ? at(z, begin, size) : sums[i % 2];
      loops.both_vary(
          sum, at(context.input(i).raw_data(), begin, size), next, n);
      sum = next;
    }
  };
  parallel_for(output.num_elements(),
               std::max(kBlock, loops.grain / inputs),
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t i = begin; i < end; i += kBlock)
                   add_block(i, std::min(kBlock, end - i));
               });
}

void throw_integer_division_by_zero() {
  throw InvalidArgumentError("Integer division by zero");
}

void throw_negative_integer_power() {
  throw InvalidArgumentError(
      "Integers to negative integer powers are not allowed");
}

}  // namespace tern::kernels
