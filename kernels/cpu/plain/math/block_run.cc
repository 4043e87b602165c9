#include "kernels/cpu/plain/math/block_run.h"

#include <algorithm>
#include <cstring>

#include "ops/random/random_generator.h"
#include "tern/core/parallel.h"

namespace tern::kernels {
namespace {

/// Elements of a piece of a parallel loop, at most: many pieces, but each
/// worth the pointers that are set up for it.
constexpr std::int64_t kLargestPiece = 1 << 16;
constexpr std::int64_t kPieces = 64;
/// Registers and the like up to this size stand on the stack.
constexpr std::size_t kStackBytes = std::size_t{1} << 15;
constexpr std::size_t kAlignment = 64;
constexpr std::size_t kBlockBytes = kBlockElements * 8;

std::size_t at(int i) { return static_cast<std::size_t>(i); }

/// to[i] = x[i * step], with step 0 or 1.
void copy_or_fill(void* to,
                  const void* x,
                  std::int64_t step,
                  std::int64_t n,
                  std::int64_t size) {
  auto count = static_cast<std::size_t>(n);
  auto fill = [&](auto element) {
    std::memcpy(&element, x, sizeof element);
    auto* typed = static_cast<decltype(element)*>(to);
    std::fill_n(typed, count, element);
  };
  if (step == 1)
    std::memcpy(to, x, count * static_cast<std::size_t>(size));
  else if (size == 1)
    fill(std::uint8_t());
  else if (size == 2)
    fill(std::uint16_t());
  else if (size == 4)
    fill(std::uint32_t());
  else
    fill(std::uint64_t());
}

/// Puts the elements of a gathered operand into blocks, one after the other.
class Gatherer {
 public:
  Gatherer(const BlockOperand& operand,
           const char* data,
           std::int64_t begin,
           char* block)
      : data_(data),
        size_(operand.size),
        block_(block),
        row_size_(operand.plan.inner().size),
        step_(operand.plan.inner().strides[0]),
        column_(begin % row_size_),
        cursor_(operand.plan, begin / row_size_) {}

  void next(std::int64_t n) {
    char* block = block_;
    while (n > 0) {
      std::int64_t run = std::min(n, row_size_ - column_);
      std::int64_t offset = cursor_.offset(0) + column_ * step_;
      copy_or_fill(block, data_ + offset * size_, step_, run, size_);
      block += run * size_;
      n -= run;
      column_ += run;
      if (column_ < row_size_) continue;
      column_ = 0;
      cursor_.next_row();
    }
  }

 private:
  const char* data_;
  std::int64_t size_;
  char* block_;
  std::int64_t row_size_, step_, column_;
  BroadcastCursor<1> cursor_;
};

char* block_of(char* scratch, int slot) {
  return scratch + at(slot) * kBlockBytes;
}

/// Calls body with memory for that many blocks.
template <class Body>
void with_blocks(int blocks, Body body) {
  std::size_t bytes = at(blocks) * kBlockBytes;
  if (bytes <= kStackBytes) {
    alignas(kAlignment) char scratch[kStackBytes];
    body(scratch);
  } else {
    auto scratch = std::make_unique_for_overwrite<char[]>(bytes + kAlignment);
    void* aligned = scratch.get();
    std::size_t space = bytes + kAlignment;
    std::align(kAlignment, bytes, aligned, space);
    body(static_cast<char*>(aligned));
  }
}

}  // namespace

struct BlockRun::Piece {
  /// A periodic input and where in its period the block begins.
  struct Phase {
    int slot;
    std::int64_t at, period, size;
    char* data;
  };

  InlinedVector<char*, 32> slots;
  InlinedVector<Phase, 4> periodic;
  std::vector<Gatherer> gathered;
};

BlockRun::BlockRun(const BlockPlan& plan, KernelContext& context, int value)
    : plan_(plan), value_(value), inputs_(plan.operands().size()) {
  for (int i = 0; i < plan.num_inputs(); ++i) {
    const BlockOperand& operand = plan.operands()[at(i)];
    inputs_[at(i)] = const_cast<char*>(
        static_cast<const char*>(context.input(i).raw_data()));
    if (operand.kind == BlockOperand::kWhole)
      walks_.push_back({i, inputs_[at(i)], operand.size});
  }
  repeat_periodic_inputs();
  for (int k : plan.outputs()) {
    Tensor& tensor = context.output(k);
    Walk walk{plan.output_slot(k),
              static_cast<char*>(tensor.mutable_data()),
              static_cast<std::int64_t>(tensor.dtype().size())};
    if (must_be_staged(k, tensor))
      staged_.push_back(walk);
    else
      walks_.push_back(walk);
    if (walk.slot == value) value_ = -1;  // it is an output all the same
  }
  if (value_ >= 0)
    value_size_ = static_cast<std::int64_t>(plan.value_type().size());
  for (const BlockPlan::Generator& generator : plan.generators()) {
    const Tensor& key = context.input(generator.key);
    const Tensor& counter = context.input(generator.counter);
    check_generator(key.shape(), counter.shape(), kPhiloxAlgorithm);
    generators_.push_back(generator_of(key, counter));
  }
}

bool BlockRun::must_be_staged(int output, const Tensor& tensor) const {
  for (int i = 0; i < plan_.num_inputs(); ++i)
    if (inputs_[at(i)] == tensor.raw_data() &&
        plan_.writes_before_reading(output, i))
      return true;
  return false;
}

void BlockRun::repeat_periodic_inputs() {
  std::int64_t bytes = 0;
  for (const BlockOperand& operand : plan_.operands())
    if (operand.kind == BlockOperand::kPeriodic)
      bytes += operand.repeated_bytes();
  if (bytes == 0) return;
  repeated_ =
      std::make_unique_for_overwrite<char[]>(static_cast<std::size_t>(bytes));
  char* next = repeated_.get();
  for (std::size_t i = 0; i < plan_.operands().size(); ++i) {
    const BlockOperand& operand = plan_.operands()[i];
    if (operand.kind != BlockOperand::kPeriodic) continue;
    const char* period = inputs_[i];
    inputs_[i] = next;
    std::int64_t period_bytes = operand.period() * operand.size;
    for (std::int64_t left = operand.repeated_bytes(); left > 0;
         left -= period_bytes) {
      std::int64_t here = std::min(left, period_bytes);
      std::memcpy(next, period, static_cast<std::size_t>(here));
      next += here;
    }
  }
}

void BlockRun::run() const {
  std::int64_t piece = std::clamp(
      (plan_.elements() + kPieces - 1) / kPieces, plan_.grain(), kLargestPiece);
  piece = (piece + kBlockElements - 1) / kBlockElements * kBlockElements;
  parallel_for(
      plan_.elements(), piece, [&](std::int64_t begin, std::int64_t end) {
        produce(begin, end, nullptr);
      });
}

void BlockRun::produce(std::int64_t begin, std::int64_t end, void* to) const {
  with_blocks(plan_.num_blocks(),
              [&](char* scratch) { run_piece(begin, end, to, scratch); });
}

void BlockRun::place_input(int i,
                           std::int64_t begin,
                           std::int64_t first,
                           char* scratch,
                           Piece& piece) const {
  const BlockOperand& operand = plan_.operands()[at(i)];
  char* data = inputs_[at(i)];
  switch (operand.kind) {
    case BlockOperand::kUnused:
    case BlockOperand::kWhole:
      break;
    case BlockOperand::kScalar:
      piece.slots[at(i)] = data;
      if (operand.is_filled) {
        char* block = block_of(scratch, plan_.filled_slot(i));
        copy_or_fill(block, data, 0, first, operand.size);
        piece.slots[at(plan_.filled_slot(i))] = block;
      }
      break;
    case BlockOperand::kPeriodic:
      piece.periodic.push_back(
          {i, begin % operand.period(), operand.period(), operand.size, data});
      break;
    case BlockOperand::kGathered:
      piece.slots[at(i)] = block_of(scratch, i);
      piece.gathered.emplace_back(operand, data, begin, piece.slots[at(i)]);
      break;
  }
}

void BlockRun::run_piece(std::int64_t begin,
                         std::int64_t end,
                         void* value,
                         char* scratch) const {
  Piece piece;
  piece.slots.resize(at(plan_.num_blocks()));
  char** slots = piece.slots.data();
  for (int slot = plan_.num_inputs(); slot < plan_.num_slots(); ++slot)
    slots[slot] = block_of(scratch, slot);
  for (int i = 0; i < plan_.num_inputs(); ++i)
    place_input(
        i, begin, std::min(kBlockElements, end - begin), scratch, piece);
  for (const Walk& walk : walks_)
    slots[walk.slot] = walk.data + begin * walk.size;
  if (value_ >= 0) slots[value_] = static_cast<char*>(value);
  for (std::int64_t first = begin; first < end; first += kBlockElements) {
    std::int64_t n = std::min(kBlockElements, end - first);
    for (Piece::Phase& phase : piece.periodic) {
      slots[phase.slot] = phase.data + phase.at * phase.size;
      phase.at = (phase.at + kBlockElements) % phase.period;
    }
    for (Gatherer& gatherer : piece.gathered) gatherer.next(n);
    run_block(slots, first, n);
    for (const Walk& walk : staged_)
      std::memcpy(walk.data + first * walk.size,
                  slots[walk.slot],
                  static_cast<std::size_t>(n * walk.size));
    for (const Walk& walk : walks_)
      slots[walk.slot] += kBlockElements * walk.size;
    if (value_ >= 0) slots[value_] += kBlockElements * value_size_;
  }
}

void BlockRun::run_block(char* const* slots,
                         std::int64_t first,
                         std::int64_t n) const {
  for (const BlockInstruction& step : plan_.instructions()) {
    char* target = slots[step.target];
    auto operand = [&](int k) -> const char* {
      return slots[step.operands[k]];
    };
    switch (step.kind) {
      case BlockInstruction::kUnary:
        step.unary(operand(0), target, n);
        break;
      case BlockInstruction::kBinary:
        step.binary(operand(0), operand(1), target, n);
        break;
      case BlockInstruction::kTernary:
        step.ternary(operand(0), operand(1), operand(2), target, n);
        break;
      case BlockInstruction::kAffinePair:
        step.affine_pair(operand(0),
                         operand(1),
                         operand(2),
                         operand(3),
                         operand(4),
                         target,
                         n);
        break;
      case BlockInstruction::kUniform:
        step.uniform(generators_[at(step.operands[0])], first, target, n);
        break;
    }
  }
}

}  // namespace tern::kernels
