#include "graph/v1/functional/branch_schedule.h"

#include <algorithm>

namespace tern::v1 {

BranchSchedule::BranchSchedule(const BranchContexts& contexts)
    : contexts_(contexts),
      block_of_(contexts.steps().size(), -1),
      branch_of_(contexts.steps().size(), -1),
      regions_(contexts.regions().size()),
      users_(contexts.steps().size() + contexts.regions().size()),
      missing_(users_.size(), 0) {
  count();
  run();
  place_blocks();
}

int BranchSchedule::common(int a, int b) const {
  return block_at_[index(tree_.common(place_[index(a)], place_[index(b)]))];
}

int BranchSchedule::block_towards(int block, int outer) const {
  return block_at_[index(
      tree_.ancestor(place_[index(block)], depth(outer) + 1))];
}

int BranchSchedule::gate_of(int region) const {
  return static_cast<int>(contexts_.steps().size()) + region;
}

void BranchSchedule::count() {
  auto wait_for = [&](int id, int before) {
    users_[index(before)].push_back(id);
    ++missing_[index(id)];
  };
  const auto& steps = contexts_.steps();
  for (std::size_t i = 0; i < steps.size(); ++i) {
    auto id = static_cast<int>(i);
    for (const StepValue& input : steps[i].inputs) wait_for(id, input.step);
    for (int before : steps[i].after) wait_for(id, before);
    int region = contexts_.region_of(steps[i].context);
    if (region >= 0) {
      ++regions_[index(region)].steps;
      wait_for(id, gate_of(region));
    }
    if (!steps[i].is_join()) continue;
    ++regions_[index(steps[i].region)].joins;
    wait_for(id, gate_of(steps[i].region));
  }
  const auto& regions = contexts_.regions();
  for (std::size_t i = 0; i < regions.size(); ++i) {
    int gate = gate_of(static_cast<int>(i));
    wait_for(gate, regions[i].condition.step);
    int outer = contexts_.region_of(regions[i].parent);
    if (outer < 0) continue;
    ++regions_[index(outer)].regions;
    wait_for(gate, gate_of(outer));
  }
}

void BranchSchedule::run() {
  for (std::size_t i = 0; i < missing_.size(); ++i)
    if (missing_[i] == 0) ready_.push_back(static_cast<int>(i));
  // Regions that nothing is in: of a Switch whose outputs nobody uses.
  for (std::size_t i = 0; i < regions_.size(); ++i)
    note_if_complete(static_cast<int>(i));
  std::size_t next = 0;
  for (;;) {
    if (!complete_.empty()) {
      int region = complete_.back();
      complete_.pop_back();
      complete(region);
    } else if (next < ready_.size()) {
      schedule(ready_[next++]);
    } else if (scheduled_ < missing_.size()) {
      force();
    } else {
      return;
    }
  }
}

/// To be called once all that was to come in a region has come.
void BranchSchedule::note_if_complete(int region) {
  if (region < 0) return;
  const RegionState& state = regions_[index(region)];
  if (state.steps == 0 && state.regions == 0 && state.joins == 0)
    complete_.push_back(region);
}

/// Nothing more will come: the region's branch ends.
void BranchSchedule::complete(int region) {
  close(region);
  int outer = contexts_.region_of(contexts_.regions()[index(region)].parent);
  if (outer < 0) return;
  --regions_[index(outer)].regions;
  note_if_complete(outer);
}

int BranchSchedule::open_branch(int region) {
  int& open = regions_[index(region)].branch;
  if (open >= 0) return open;
  open = static_cast<int>(branches_.size());
  Branch& branch = branches_.emplace_back();
  branch.region = region;
  for (int side : {0, 1}) {
    branch.blocks[index(side)] = static_cast<int>(blocks_.size());
    blocks_.push_back({open, side, {}});
  }
  return open;
}

int BranchSchedule::open_block(int context) {
  int region = contexts_.region_of(context);
  if (region < 0) return 0;
  return branches_[index(open_branch(region))]
      .blocks[index(contexts_.side_of(context))];
}

void BranchSchedule::schedule(int id) {
  if (index(id) >= contexts_.steps().size()) {
    allow_users(id);
    return;
  }
  const Step& step = contexts_.steps()[index(id)];
  if (!step.is_join()) {
    block_of_[index(id)] = open_block(step.context);
    blocks_[index(block_of_[index(id)])].items.push_back({false, id});
    release(id);
    return;
  }
  int branch = open_branch(step.region);
  branch_of_[index(id)] = branch;
  branches_[index(branch)].joins.push_back(id);
  closable_.push_back({contexts_.tree().depth(step.context), step.region});
  std::push_heap(closable_.begin(), closable_.end());
  --regions_[index(step.region)].joins;
  note_if_complete(step.region);
}

void BranchSchedule::allow_users(int id) {
  ++scheduled_;
  for (int user : users_[index(id)])
    if (--missing_[index(user)] == 0) ready_.push_back(user);
}

/// The step is where others can use it.
void BranchSchedule::release(int id) {
  allow_users(id);
  int region = contexts_.region_of(contexts_.steps()[index(id)].context);
  if (region < 0) return;
  --regions_[index(region)].steps;
  note_if_complete(region);
}

void BranchSchedule::close(int region) {
  int number = std::exchange(regions_[index(region)].branch, -1);
  if (number < 0) return;
  int parent = open_block(contexts_.regions()[index(region)].parent);
  branches_[index(number)].parent = parent;
  blocks_[index(parent)].items.push_back({true, number});
  for (int join : std::vector<int>(branches_[index(number)].joins)) {
    block_of_[index(join)] = parent;
    release(join);
  }
}

/// All that is left waits for what a branch gives: the deepest ends here.
void BranchSchedule::force() {
  while (!closable_.empty()) {
    std::pop_heap(closable_.begin(), closable_.end());
    int region = closable_.back().second;
    closable_.pop_back();
    int open = regions_[index(region)].branch;
    if (open < 0 || branches_[index(open)].joins.empty()) continue;
    close(region);
    return;
  }
  throw Refusal("branches wait for each other");
}

void BranchSchedule::place_blocks() {
  place_.assign(blocks_.size(), 0);
  block_at_ = {0};
  std::vector<int> open = {0};
  while (!open.empty()) {
    int block = open.back();
    open.pop_back();
    for (const Item& item : blocks_[index(block)].items) {
      if (!item.is_branch) continue;
      for (int inner : branches_[index(item.number)].blocks) {
        place_[index(inner)] = tree_.add(place_[index(block)]);
        block_at_.push_back(inner);
        open.push_back(inner);
      }
    }
  }
}

}  // namespace tern::v1
