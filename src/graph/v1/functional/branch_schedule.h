#pragma once

#include <array>
#include <vector>

#include "graph/v1/functional/branch_contexts.h"

namespace tern::v1 {

/// Puts the steps of a graph with branches into blocks: the graph itself, and
/// the two sides of each branch. A region becomes one branch, unless what comes
/// out of it is needed for what goes into it (two conds of one condition, one
/// after the other): then several.
class BranchSchedule {
 public:
  struct Item {
    bool is_branch;
    int number;  // of the step or the branch
  };
  struct Block {
    int branch = -1;  // of which it is a side
    int side = 0;
    std::vector<Item> items;  // in the order in which they run
  };
  struct Branch {
    int region;
    int parent = -1;  // block
    std::array<int, 2> blocks;
    std::vector<int> joins;  // steps: what it gives
  };

  explicit BranchSchedule(const BranchContexts& contexts);

  /// blocks()[0]: the graph itself.
  const std::vector<Block>& blocks() const { return blocks_; }
  const std::vector<Branch>& branches() const { return branches_; }
  /// The block whose items can use a step's outputs.
  int block_of(int step) const { return block_of_[index(step)]; }
  /// The branch that a join is an output of.
  int branch_of(int step) const { return branch_of_[index(step)]; }
  int depth(int block) const { return tree_.depth(place_[index(block)]); }
  /// The innermost block that both are in.
  int common(int a, int b) const;
  /// The block next within `outer` that `block`, which is deeper, is in.
  int block_towards(int block, int outer) const;

 private:
  struct RegionState {
    int branch = -1;  // the open one
    int steps = 0;    // of its sides that are to come
    int regions = 0;  // within it that are not complete
    int joins = 0;    // that are to come
  };

  void count();
  void run();
  void schedule(int step);
  void release(int step);
  void allow_users(int id);
  /// What everything in a region waits for: the conditions.
  int gate_of(int region) const;
  int open_block(int context);
  int open_branch(int region);
  void close(int region);
  void complete(int region);
  void note_if_complete(int region);
  void force();
  void place_blocks();

  const BranchContexts& contexts_;
  std::vector<Block> blocks_ = {{}};
  std::vector<Branch> branches_;
  std::vector<int> block_of_, branch_of_;  // by step
  GrowingTree tree_;
  std::vector<int> place_;     // in the tree, by block
  std::vector<int> block_at_;  // by place

  std::vector<RegionState> regions_;
  std::vector<std::vector<int>> users_;
  std::vector<int> missing_;
  std::vector<int> ready_;
  std::vector<int> complete_;  // regions to be closed
  std::size_t scheduled_ = 0;
  /// Regions with an open branch that has something to give, by depth.
  std::vector<std::pair<int, int>> closable_;
};

}  // namespace tern::v1
