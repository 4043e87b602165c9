#pragma once

#include <array>
#include <map>
#include <vector>

#include "graph/v1/functional/function_builder.h"
#include "graph/v1/functional/growing_tree.h"

namespace tern::v1 {

/// An output of a step.
struct StepValue {
  int step = -1;
  int output = 0;
  friend auto operator<=>(const StepValue&, const StepValue&) = default;
};

/// Something that happens at one place of a graph with branches: a node, or
/// the two sides of a branch coming together (a Merge of more inputs is
/// several). Switch is no step, unless it waits for something: its outputs are
/// its input, in a context.
struct Step {
  int node = -1;  // the node itself, or the Merge
  int context = 0;
  int region = -1;  // of a join: the branch that ends
  std::vector<StepValue> inputs;
  std::vector<int> after;  // steps of control inputs
  /// Of a join, by side: the value, output 1 of it for an index that another
  /// join gives, and the index of one that comes directly, else -1.
  std::array<StepValue, 2> sides;
  std::array<int, 2> side_index = {-1, -1};

  bool is_join() const { return region >= 0; }
};

/// When the nodes of a graph run: contexts are conjunctions of conditions, each
/// a child of what must be true for its condition to be there at all.
class BranchContexts {
 public:
  /// One side of a condition being taken is a context; both are a region.
  struct Region {
    int parent = 0;  // context
    StepValue condition;
    std::array<int, 2> sides = {-1, -1};  // contexts
  };

  /// Throws Refusal where conditions do not nest.
  explicit BranchContexts(const FunctionBody& body);

  const std::vector<Step>& steps() const { return steps_; }
  const std::vector<Region>& regions() const { return regions_; }
  /// The region whose side a context is, -1 for the outermost.
  int region_of(int context) const { return region_of_[index(context)]; }
  int side_of(int context) const { return side_of_[index(context)]; }
  const GrowingTree& tree() const { return tree_; }
  /// The step value behind an output of the graph, through Switches.
  StepValue value_of(NodeOutput output) const;
  /// The steps that a control edge from a node stands for.
  std::vector<int> steps_of(int node) const;

 private:
  /// What a Merge joins.
  struct Arm {
    int context;
    StepValue value;
    int index;  // of the Merge's input; -1: output 1 of the value's step
  };

  int context_of(NodeOutput output) const;
  int join_contexts(int a, int b, const Node& node) const;
  int side(int parent, StepValue condition, int taken);
  void add_switch(const Node& node);
  void add_merge(const Node& node);
  void add_plain(const Node& node);
  void check_loop(const Node& node) const;
  std::vector<int> control_steps(const Node& node) const;

  const Graph& graph_;
  std::vector<Step> steps_;
  std::vector<Region> regions_;
  std::map<std::pair<int, StepValue>, int> known_regions_;
  GrowingTree tree_;
  std::vector<int> region_of_ = {-1};  // by context
  std::vector<int> side_of_ = {0};
  std::vector<int> step_of_;        // by node: its own or last step, -1: Switch
  std::vector<int> context_;        // by node; of a Switch: what it splits
  std::vector<StepValue> passed_;   // by node: what a Switch lets through
  std::vector<StepValue> decides_;  // by node: the condition of a Switch, and
                                    // what an Identity passes on
};

}  // namespace tern::v1
