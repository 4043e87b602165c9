#include "kernels/cpu/block_program.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

#include "kernels/common/broadcast.h"
#include "tern/core/inlined_vector.h"
#include "tern/core/parallel.h"

namespace tern::kernels {
namespace {

/// Elements of a piece of a parallel loop, at most: many pieces, but each
/// worth the pointers that are set up for it.
constexpr std::int64_t kLargestPiece = 1 << 16;
constexpr std::int64_t kPieces = 64;
/// Longer rows are copied block by block instead of being repeated once.
constexpr std::int64_t kLongestPeriod = 4096;
/// Registers and the like up to this size stand on the stack.
constexpr std::size_t kStackBytes = std::size_t{1} << 15;
constexpr std::size_t kAlignment = 64;

/// to[i] = x[i * step], with step 0 or 1.
void copy_or_fill(void* to,
                  const void* x,
                  std::int64_t step,
                  std::int64_t n,
                  std::size_t size) {
  auto count = static_cast<std::size_t>(n);
  auto fill = [&](auto element) {
    std::memcpy(&element, x, sizeof element);
    auto* typed = static_cast<decltype(element)*>(to);
    std::fill_n(typed, count, element);
  };
  if (step == 1)
    std::memcpy(to, x, count * size);
  else if (size == 1)
    fill(std::uint8_t());
  else if (size == 2)
    fill(std::uint16_t());
  else if (size == 4)
    fill(std::uint32_t());
  else
    fill(std::uint64_t());
}

/// How an input's elements come to stand in blocks of the output's.
class Operand {
 public:
  enum Kind { kUnused, kWhole, kScalar, kPeriodic, kGathered };

  Operand() = default;
  Operand(const Tensor& tensor, const Shape& domain, std::int64_t elements)
      : data_(static_cast<const char*>(tensor.raw_data())),
        size_(tensor.dtype().size()) {
    if (tensor.num_elements() == elements) {
      kind_ = kWhole;
    } else if (tensor.num_elements() == 1) {
      kind_ = kScalar;
    } else {
      plan_ = plan_broadcast<1>(domain, {&tensor.shape()});
      const auto& inner = plan_.inner();
      bool repeats = inner.strides[0] == 1 && plan_.dimensions.size() == 2 &&
                     plan_.dimensions[0].strides[0] == 0 &&
                     inner.size <= kLongestPeriod;
      kind_ = repeats ? kPeriodic : kGathered;
      if (repeats) repeat(inner.size);
    }
  }

  Kind kind() const { return kind_; }
  std::size_t size() const { return size_; }
  const char* data() const { return data_; }
  /// Periodic: elements of a period.
  std::int64_t period() const { return plan_.inner().size; }
  /// Periodic: the block that begins at `phase`, which moves on to the next.
  char* at_phase(std::int64_t& phase) const {
    const char* block =
        repeated_.data() + phase * static_cast<std::int64_t>(size_);
    phase = (phase + kBlockElements) % period();
    return const_cast<char*>(block);
  }
  const BroadcastPlan<1>& plan() const { return plan_; }

 private:
  void repeat(std::int64_t period) {
    auto bytes = static_cast<std::size_t>(period) * size_;
    repeated_.resize(bytes + kBlockElements * size_);
    for (std::size_t i = 0; i < repeated_.size(); i += bytes)
      std::memcpy(
          repeated_.data() + i, data_, std::min(bytes, repeated_.size() - i));
  }

  Kind kind_ = kUnused;
  const char* data_ = nullptr;
  std::size_t size_ = 0;
  BroadcastPlan<1> plan_;
  std::vector<char> repeated_;
};

/// Puts the elements of a gathered operand into blocks, one after the other.
class Gatherer {
 public:
  Gatherer(const Operand& operand, std::int64_t begin, char* block)
      : operand_(operand),
        block_(block),
        row_size_(operand.plan().inner().size),
        step_(operand.plan().inner().strides[0]),
        column_(begin % row_size_),
        cursor_(operand.plan(), begin / row_size_) {}

  void next(std::int64_t n) {
    char* block = block_;
    std::size_t size = operand_.size();
    while (n > 0) {
      std::int64_t run = std::min(n, row_size_ - column_);
      std::int64_t offset = cursor_.offset(0) + column_ * step_;
      copy_or_fill(block,
                   operand_.data() + offset * static_cast<std::int64_t>(size),
                   step_,
                   run,
                   size);
      block += static_cast<std::size_t>(run) * size;
      n -= run;
      column_ += run;
      if (column_ < row_size_) continue;
      column_ = 0;
      cursor_.next_row();
    }
  }

 private:
  const Operand& operand_;
  char* block_;
  std::int64_t row_size_, step_, column_;
  BroadcastCursor<1> cursor_;
};

/// A step with its loop, its operands and target as slots.
struct Instruction {
  union {
    void (*unary)(const void*, void*, std::int64_t);
    BinaryLoops::Loop binary;
    TernaryLoop ternary;
    AffinePairLoops::Loop affine_pair;
  };
  std::int32_t operands[5];
  std::int32_t target;
  std::int32_t count;
};

/// A program for outputs of one shape. Slots are those of the steps, then, for
/// each input, its block when it needs one of its own.
class BlockRun {
 public:
  /// `wanted` are the outputs of shape `domain`.
  BlockRun(KernelContext& context,
           const BlockLoops& loops,
           const Shape& domain,
           const std::vector<int>& wanted)
      : context_(context),
        inputs_(context.num_inputs()),
        elements_(domain.num_elements()),
        wanted_(wanted) {
    auto steps = steps_of(context.attr<Tensor>("steps"));
    slots_ = inputs_ + context.num_outputs();
    for (const BlockStep& step : steps)
      slots_ = std::max(slots_, step.target + 1);
    std::vector<bool> needed = needed_steps(steps);
    operands_.reserve(static_cast<std::size_t>(inputs_));
    for (int i = 0; i < inputs_; ++i)
      operands_.emplace_back(used_[static_cast<std::size_t>(i)]
                                 ? context.input(i)
                                 : Tensor(std::int32_t{0}),
                             domain,
                             elements_);
    resolve(steps, needed, loops);
  }

  void run() const {
    std::int64_t piece =
        std::clamp((elements_ + kPieces - 1) / kPieces, grain_, kLargestPiece);
    piece = (piece + kBlockElements - 1) / kBlockElements * kBlockElements;
    parallel_for(elements_, piece, [&](std::int64_t begin, std::int64_t end) {
      std::size_t bytes = static_cast<std::size_t>(blocks_) * kBlockBytes;
      if (bytes <= kStackBytes) {
        alignas(kAlignment) char scratch[kStackBytes];
        run_piece(begin, end, scratch);
      } else {
        auto scratch = std::make_unique<char[]>(bytes + kAlignment);
        void* aligned = scratch.get();
        std::size_t space = bytes + kAlignment;
        std::align(kAlignment, bytes, aligned, space);
        run_piece(begin, end, static_cast<char*>(aligned));
      }
    });
  }

 private:
  static constexpr std::size_t kBlockBytes = kBlockElements * 8;

  /// A slot in memory of its own, and the bytes from block to block.
  struct Walk {
    int slot;
    std::int64_t bytes;
  };
  /// A slot whose elements are copied to memory after each block.
  struct Staged {
    int slot;
    char* to;
    std::int64_t size;  // bytes an element
  };
  /// A periodic input and where in its period the block begins.
  struct Phase {
    int slot;
    std::int64_t at;
  };

  /// Which steps to run where some outputs are computed in another run; empty
  /// for all of them.
  std::vector<bool> needed_steps(std::span<const BlockStep> steps) {
    used_.assign(static_cast<std::size_t>(slots_), true);
    if (static_cast<int>(wanted_.size()) == context_.num_outputs()) return {};
    std::vector<bool> needed(steps.size());
    used_.assign(static_cast<std::size_t>(slots_), false);
    for (int output : wanted_)
      used_[static_cast<std::size_t>(inputs_ + output)] = true;
    for (std::size_t i = steps.size(); i-- > 0;) {
      const BlockStep& step = steps[i];
      auto target = static_cast<std::size_t>(step.target);
      needed[i] = used_[target];
      if (!needed[i]) continue;
      used_[target] = false;  // a register: an earlier value is another's
      for (std::int32_t slot : step.operands)
        if (slot >= 0) used_[static_cast<std::size_t>(slot)] = true;
    }
    return needed;
  }

  bool is_scalar(std::int32_t slot) const {
    return slot < inputs_ && scalar_[static_cast<std::size_t>(slot)];
  }
  /// The slot under which a loop finds as many elements as a block has.
  std::int32_t expanded(std::int32_t slot) {
    if (!is_scalar(slot)) return slot;
    filled_[static_cast<std::size_t>(slot)] = true;
    return slots_ + slot;
  }

  /// Each resolves one step and gives the elements worth a thread.
  std::int64_t resolve_unary(const BlockStep& step,
                             const BlockLoops& loops,
                             Instruction& made) {
    const UnaryLoop& single = loops.of(step.op, step.type).unary;
    const UnaryLoop& unary =
        single.loop ? single : loops.cast(step.type, step.result_type);
    made.unary = unary.loop;
    made.operands[0] = expanded(step.operands[0]);
    return unary.grain;
  }

  std::int64_t resolve_binary(const BlockStep& step,
                              const BlockLoops& loops,
                              Instruction& made) {
    const BinaryLoops& binary = loops.of(step.op, step.type).binary;
    const std::int32_t x = step.operands[0], y = step.operands[1];
    bool y_fixed = is_scalar(y) && binary.y_fixed;
    bool x_fixed = !y_fixed && is_scalar(x) && binary.x_fixed;
    made.binary = y_fixed   ? binary.y_fixed
                  : x_fixed ? binary.x_fixed
                            : binary.both_vary;
    made.operands[0] = x_fixed ? x : expanded(x);
    made.operands[1] = y_fixed ? y : expanded(y);
    return binary.grain;
  }

  std::int64_t resolve_ternary(const BlockStep& step,
                               const BlockLoops& loops,
                               Instruction& made) {
    const TernaryLoops& ternary = loops.of(step.op, step.type).ternary;
    const std::int32_t y = step.operands[1], z = step.operands[2];
    bool can_fix = ternary.yz_fixed != nullptr;
    bool y_fixed = can_fix && is_scalar(y), z_fixed = can_fix && is_scalar(z);
    made.ternary = y_fixed && z_fixed ? ternary.yz_fixed
                   : y_fixed          ? ternary.y_fixed
                   : z_fixed          ? ternary.z_fixed
                                      : ternary.all_vary;
    made.operands[0] = expanded(step.operands[0]);
    made.operands[1] = y_fixed ? y : expanded(y);
    made.operands[2] = z_fixed ? z : expanded(z);
    return kCheapGrain;
  }

  std::int64_t resolve_affine_pair(const BlockStep& step,
                                   const BlockLoops& loops,
                                   Instruction& made) {
    const AffinePairLoops& pair = loops.affine_pair();
    const std::int32_t* from = step.operands;
    bool sums = is_scalar(from[2]) && is_scalar(from[4]);
    bool products = sums && is_scalar(from[1]) && is_scalar(from[3]);
    made.affine_pair = products ? pair.scalars
                       : sums   ? pair.fixed_sums
                                : pair.all_vary;
    for (int k = 0; k < 5; ++k) {
      bool fixed = k > 0 && (k % 2 == 0 ? sums : products);
      made.operands[k] = fixed ? from[k] : expanded(from[k]);
    }
    return kCheapGrain;
  }

  void resolve(std::span<const BlockStep> steps,
               const std::vector<bool>& needed,
               const BlockLoops& loops) {
    scalar_.resize(static_cast<std::size_t>(inputs_));
    filled_.resize(static_cast<std::size_t>(inputs_));
    for (std::size_t i = 0; i < operands_.size(); ++i)
      scalar_[i] = operands_[i].kind() == Operand::kScalar;
    instructions_.reserve(steps.size());
    std::int64_t costly = 0;
    for (std::size_t i = 0; i < steps.size(); ++i) {
      if (!needed.empty() && !needed[i]) continue;
      const BlockStep& step = steps[i];
      Instruction& made = instructions_.emplace_back();
      made.target = step.target;
      made.count = step.operands[1] < 0   ? 1
                   : step.operands[2] < 0 ? 2
                   : step.operands[3] < 0 ? 3
                                          : 5;
      std::int64_t grain = made.count == 1   ? resolve_unary(step, loops, made)
                           : made.count == 2 ? resolve_binary(step, loops, made)
                           : made.count == 3
                               ? resolve_ternary(step, loops, made)
                               : resolve_affine_pair(step, loops, made);
      costly += grain < kCheapGrain;
    }
    // Every slot may need a block of its own: registers do, and so do inputs
    // that are expanded or gathered and outputs that stand where an input does.
    blocks_ = slots_ + inputs_;
    auto work = static_cast<std::int64_t>(instructions_.size()) +
                costly * (kCheapGrain / kCostlyGrain);
    grain_ = std::max(kBlockElements * 8,
                      kCheapGrain / std::max<std::int64_t>(work, 1));
  }

  /// An executor may let an output take the place of an input that nobody
  /// else needs; steps that come later still read the input.
  bool stands_in_input(const Tensor& output) const {
    for (int i = 0; i < inputs_; ++i)
      if (context_.input(i).raw_data() == output.raw_data()) return true;
    return false;
  }

  /// Pointers as they stand at the beginning of a piece. Those that walk are
  /// moved on after each block.
  struct Piece {
    InlinedVector<char*, 32> slots;
    InlinedVector<Walk, 8> walks;
    InlinedVector<Staged, 2> staged;
    InlinedVector<Phase, 4> periodic;
    std::vector<Gatherer> gathered;
  };

  static char* block_of(char* scratch, int slot) {
    return scratch + static_cast<std::size_t>(slot) * kBlockBytes;
  }

  void place_input(int i,
                   std::int64_t begin,
                   std::int64_t first,
                   char* scratch,
                   Piece& piece) const {
    const Operand& operand = operands_[static_cast<std::size_t>(i)];
    auto slot = static_cast<std::size_t>(i);
    auto size = static_cast<std::int64_t>(operand.size());
    char* data = const_cast<char*>(operand.data());
    switch (operand.kind()) {
      case Operand::kUnused:
        break;
      case Operand::kWhole:
        piece.slots[slot] = data + begin * size;
        piece.walks.push_back({i, size * kBlockElements});
        break;
      case Operand::kScalar:
        piece.slots[slot] = data;
        if (filled_[slot]) {
          char* block = block_of(scratch, slots_ + i);
          copy_or_fill(block, data, 0, first, operand.size());
          piece.slots[static_cast<std::size_t>(slots_ + i)] = block;
        }
        break;
      case Operand::kPeriodic:
        piece.periodic.push_back({i, begin % operand.period()});
        break;
      case Operand::kGathered:
        piece.slots[slot] = block_of(scratch, i);
        piece.gathered.emplace_back(operand, begin, piece.slots[slot]);
        break;
    }
  }

  void place_output(int output, std::int64_t begin, Piece& piece) const {
    Tensor& tensor = context_.output(output);
    auto size = static_cast<std::int64_t>(tensor.dtype().size());
    char* at = static_cast<char*>(tensor.mutable_data()) + begin * size;
    int slot = inputs_ + output;
    if (stands_in_input(tensor)) {
      piece.staged.push_back({slot, at, size});
    } else {
      piece.slots[static_cast<std::size_t>(slot)] = at;
      piece.walks.push_back({slot, size * kBlockElements});
    }
  }

  void run_piece(std::int64_t begin, std::int64_t end, char* scratch) const {
    Piece piece;
    piece.slots.resize(static_cast<std::size_t>(slots_ + inputs_));
    char** slots = piece.slots.data();
    for (int slot = inputs_; slot < slots_; ++slot)
      slots[slot] = block_of(scratch, slot);
    for (int i = 0; i < inputs_; ++i)
      place_input(
          i, begin, std::min(kBlockElements, end - begin), scratch, piece);
    for (int output : wanted_) place_output(output, begin, piece);
    for (std::int64_t at = begin; at < end; at += kBlockElements) {
      std::int64_t n = std::min(kBlockElements, end - at);
      for (Phase& phase : piece.periodic)
        slots[phase.slot] =
            operands_[static_cast<std::size_t>(phase.slot)].at_phase(phase.at);
      for (Gatherer& gatherer : piece.gathered) gatherer.next(n);
      run_block(slots, n);
      for (Staged& staged : piece.staged) {
        std::memcpy(staged.to,
                    slots[staged.slot],
                    static_cast<std::size_t>(n * staged.size));
        staged.to += n * staged.size;
      }
      for (const Walk& walk : piece.walks) slots[walk.slot] += walk.bytes;
    }
  }

  void run_block(char* const* slots, std::int64_t n) const {
    for (const Instruction& step : instructions_) {
      const char* x = slots[step.operands[0]];
      char* target = slots[step.target];
      if (step.count == 2)
        step.binary(x, slots[step.operands[1]], target, n);
      else if (step.count == 1)
        step.unary(x, target, n);
      else if (step.count == 3)
        step.ternary(
            x, slots[step.operands[1]], slots[step.operands[2]], target, n);
      else
        step.affine_pair(x,
                         slots[step.operands[1]],
                         slots[step.operands[2]],
                         slots[step.operands[3]],
                         slots[step.operands[4]],
                         target,
                         n);
    }
  }

  KernelContext& context_;
  int inputs_, slots_ = 0, blocks_ = 0;
  std::int64_t elements_, grain_ = 0;
  std::vector<int> wanted_;
  std::vector<bool> used_;
  InlinedVector<char, 32> scalar_, filled_;  // by input
  std::vector<Operand> operands_;
  std::vector<Instruction> instructions_;
};

}  // namespace

void run_block_program(KernelContext& context, const BlockLoops& loops) {
  std::vector<bool> done(static_cast<std::size_t>(context.num_outputs()));
  for (int k = 0; k < context.num_outputs(); ++k) {
    if (done[static_cast<std::size_t>(k)]) continue;
    // As a rule all outputs have one shape, and one run computes them.
    const Shape domain = context.output(k).shape();
    if (domain.num_elements() == 0) continue;
    std::vector<int> alike;
    for (int other = k; other < context.num_outputs(); ++other)
      if (context.output(other).shape() == domain) {
        alike.push_back(other);
        done[static_cast<std::size_t>(other)] = true;
      }
    BlockRun(context, loops, domain, alike).run();
  }
}

}  // namespace tern::kernels
