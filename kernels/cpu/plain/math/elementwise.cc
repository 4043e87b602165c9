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

/// to[i] = x[i * step], with step 0 or 1.
template <std::size_t Size>
void expand(char* to, const char* x, std::int64_t step, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i)
    std::memcpy(at(to, i, Size), at(x, i * step, Size), Size);
}

auto expansion_of(std::size_t size) {
  switch (size) {
    case 1:
      return expand<1>;
    case 2:
      return expand<2>;
    case 4:
      return expand<4>;
    case 8:
      return expand<8>;
    default:
      return expand<kLargestNumber>;
  }
}

/// An operand in blocks as long as the output's.
class BlockOperand {
 public:
  BlockOperand(const BroadcastPlan<2>& plan,
               std::size_t operand,
               const void* data,
               std::size_t size)
      : data_(data),
        size_(size),
        step_(plan.inner().strides[operand]),
        expand_(expansion_of(size)) {
    std::size_t outer = plan.dimensions.size() - 1;
    for (std::size_t d = 0; d < outer; ++d) {
      bool repeats = plan.dimensions[d].strides[operand] == 0;
      is_whole_ = is_whole_ && !repeats;
      is_one_row_ = is_one_row_ && repeats;
    }
    is_whole_ = is_whole_ && step_ == 1;
  }

  /// Whether its blocks need expanding once at most: it has all elements, or
  /// the same in each row.
  bool is_settled() const { return is_whole_ || is_one_row_; }
  void expand_rows(std::int64_t rows, std::int64_t row_size) {
    for (std::int64_t row = 0; row < rows && !is_whole_; ++row)
      put(row * row_size, 0, row_size);
  }
  /// The block of the output's elements from `first` on, when settled.
  const void* settled_block(std::int64_t first) const {
    return is_whole_ ? at(data_, first, size_) : block_;
  }

  /// Elements from `offset` on, to stand in the block from `position` on.
  void put(std::int64_t position, std::int64_t offset, std::int64_t n) {
    expand_(at(block_, position, size_), at(data_, offset, size_), step_, n);
  }
  const void* block() const { return block_; }
  std::int64_t step() const { return step_; }

 private:
  const void* data_;
  std::size_t size_;
  std::int64_t step_;
  void (*expand_)(char*, const char*, std::int64_t, std::int64_t);
  bool is_whole_ = true, is_one_row_ = true;
  alignas(64) char block_[kBlock * kLargestNumber];
};

/// Expands both operands block by block, so that short rows cost little.
void run_blocks(const BroadcastPlan<2>& plan,
                const BinaryLoops& loops,
                const void* x_data,
                const void* y_data,
                void* z) {
  std::int64_t row_size = plan.inner().size;
  std::int64_t rows_at_once = std::max<std::int64_t>(1, kBlock / row_size);
  std::int64_t grain = std::max<std::int64_t>(
      rows_at_once, loops.grain / row_size / rows_at_once * rows_at_once);
  auto settled_rows = [&](BlockOperand& x,
                          BlockOperand& y,
                          std::int64_t begin,
                          std::int64_t end) {
    x.expand_rows(std::min(rows_at_once, end - begin), row_size);
    y.expand_rows(std::min(rows_at_once, end - begin), row_size);
    for (std::int64_t row = begin; row < end; row += rows_at_once) {
      std::int64_t first = row * row_size;
      loops.both_vary(x.settled_block(first),
                      y.settled_block(first),
                      at(z, first, loops.output_size),
                      std::min(rows_at_once, end - row) * row_size);
    }
  };
  parallel_for(
      plan.outer_size(), grain, [&](std::int64_t begin, std::int64_t end) {
        BlockOperand x(plan, 0, x_data, loops.input_size);
        BlockOperand y(plan, 1, y_data, loops.input_size);
        // A row may be longer than a block when the fixed loops are absent.
        if (row_size <= kBlock && x.is_settled() && y.is_settled())
          return settled_rows(x, y, begin, end);
        std::int64_t piece = std::min(row_size, kBlock);
        BroadcastCursor<2> cursor(plan, begin);
        std::int64_t written = begin * row_size, filled = 0;
        auto flush = [&] {
          loops.both_vary(
              x.block(), y.block(), at(z, written, loops.output_size), filled);
          written += filled;
          filled = 0;
        };
        for (std::int64_t row = begin; row < end; ++row, cursor.next_row())
          for (std::int64_t first = 0; first < row_size; first += piece) {
            std::int64_t n = std::min(piece, row_size - first);
            if (filled + n > kBlock) flush();
            x.put(filled, cursor.offset(0) + first * x.step(), n);
            y.put(filled, cursor.offset(1) + first * y.step(), n);
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
  if (output.num_elements() == 0) return;
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
