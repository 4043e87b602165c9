#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "graph/graph.h"
#include "graph/program/frame.h"
#include "graph/program/node_states.h"
#include "ops/kernel_lookup.h"

namespace tern {

class Layout;

/// A node as a program runs it. Each output of each node has a slot of its own.
struct Instruction {
  const Node* node = nullptr;
  std::vector<int> inputs;       // slots
  int first_output = 0;          // slot of output 0; the others follow
  KernelState* state = nullptr;  // of a stateful node
  /// What serves the node's dtypes on the host; none where nothing does.
  std::optional<KernelChoice> kernels;

  int num_outputs() const {
    return static_cast<int>(node->output_types.size());
  }
};

/// A function resolved for running, whatever the shapes: its nodes in order,
/// their kernels and where each result goes. Immutable but for the state of
/// stateful ops and the layouts it keeps: any number of threads may run it.
class Program {
 public:
  /// `states` outlive the program; without any it has its own.
  explicit Program(const GraphFunction& function, NodeStates* states = nullptr);
  ~Program();

  /// Runs all nodes that outputs and effects need. Arguments by position; what
  /// the caller moves in may be updated in place.
  Tensors run(Tensors arguments) const;

  const GraphFunction& function() const { return function_; }
  int num_slots() const { return num_slots_; }
  std::span<const Instruction> instructions() const { return instructions_; }
  /// Slots whose values never change.
  std::span<const std::pair<int, Tensor>> constants() const {
    return constants_;
  }
  /// By argument; -1 where nobody uses it.
  std::span<const int> argument_slots() const { return argument_slots_; }
  std::span<const int> output_slots() const { return output_slots_; }
  /// Whether an output is an argument, a constant or an output before it: the
  /// caller gets a tensor of its own over the same elements.
  bool passes_on(std::size_t output) const { return passes_on_[output]; }

  /// The layout for arguments like these: a recent one, or a new one. Throws
  /// InvalidArgumentError where they do not fit the function.
  std::shared_ptr<Layout> layout_for(std::span<const Tensor> arguments) const;

 private:
  void find_outputs_passed_on();
  void check_arguments(std::span<const Tensor> arguments) const;

  static constexpr std::size_t kMaxLayouts = 16;

  const GraphFunction& function_;
  int num_slots_ = 0;
  std::vector<Instruction> instructions_;
  std::vector<std::pair<int, Tensor>> constants_;
  std::vector<int> argument_slots_;
  std::vector<int> output_slots_;
  std::vector<bool> passes_on_;  // by output
  NodeStates own_states_;
  mutable std::mutex mutex_;
  mutable std::deque<std::shared_ptr<Layout>> layouts_;  // last used first
};

/// Runs a program again and again on one thread, as a loop does: what one run
/// prepared serves the next one while the arguments' shapes stay.
class ProgramRunner {
 public:
  explicit ProgramRunner(const Program& program);
  ~ProgramRunner();
  ProgramRunner(const ProgramRunner&) = delete;

  /// Replaces what `results` holds.
  void run(std::span<Tensor> arguments, Arguments use, Tensors& results);

 private:
  void return_frame();

  const Program& program_;
  std::shared_ptr<Layout> layout_;
  std::unique_ptr<Frame> frame_;
};

/// The nodes a function runs, in the order it runs them: that of the trace,
/// or any order that respects the edges for an imported graph.
std::vector<int> execution_order(const GraphFunction& function);

}  // namespace tern
