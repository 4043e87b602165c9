#pragma once

#include <deque>
#include <span>
#include <vector>

#include "graph/graph.h"

namespace tern {

/// A function resolved for running: its nodes in order, where each result goes
/// and who uses it last. Immutable but for the state of stateful ops, so that
/// many threads may run it.
class Program {
 public:
  explicit Program(const GraphFunction& function);

  /// Runs all nodes that outputs and effects need. Arguments by position; what
  /// the caller moves in may be updated in place.
  Tensors run(Tensors arguments) const;

 private:
  struct Instruction {
    const Node* node;
    std::vector<int> inputs;     // slots
    std::vector<bool> last_use;  // of the slot, by input
    int first_output;            // slot of output 0; the others follow
    KernelState* state;
  };

  void run_instruction(const Instruction& instruction, Tensors& slots) const;

  const GraphFunction& function_;
  int num_slots_ = 0;
  std::vector<Instruction> instructions_;
  std::vector<std::pair<int, Tensor>> constants_;  // slot, value
  std::vector<int> argument_slots_;                // -1: not used
  std::vector<int> output_slots_;
  mutable std::deque<KernelState> states_;
};

/// The nodes a function runs, in the order it runs them: that of the trace,
/// or any order that respects the edges for an imported graph.
std::vector<int> execution_order(const GraphFunction& function);

}  // namespace tern
