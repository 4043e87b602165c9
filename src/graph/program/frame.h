#pragma once

#include <memory>
#include <span>
#include <vector>

#include "ops/kernel.h"
#include "tern/core/buffer.h"

namespace tern {

class Program;
struct LayoutPlan;

/// Whether a run takes its arguments, which may then be updated in place, or
/// shares them with the caller.
enum class Arguments { kTake, kShare };

/// What one run of a program works in: a tensor for each slot, the operands of
/// each step and the arena. It serves one run at a time, then the next.
class Frame {
 public:
  Frame(const Program& program, const LayoutPlan& plan);

  /// Replaces what `results` holds. After an exception the frame must not be
  /// used again.
  void run(std::span<Tensor> arguments, Arguments use, Tensors& results);

 private:
  void make_planned_tensors();
  void make_aliases();
  void make_contexts();
  void run_steps();
  void run_step(std::size_t i);
  /// The same when the run may be cancelled or is noted in a profile.
  void run_watched_step(std::size_t i);
  void take_outputs(Tensors& results);

  struct Release {
    void operator()(Buffer* buffer) const { buffer->release(); }
  };

  const Program& program_;
  const LayoutPlan& plan_;
  std::unique_ptr<Buffer, Release> arena_;
  Tensors slots_;
  Tensors operands_;
  std::vector<KernelContext> contexts_;  // by step
};

}  // namespace tern
