#include "graph/v1/functional/branch_contexts.h"

#include <algorithm>
#include <queue>

namespace tern::v1 {
namespace {

bool is_loop(const Node& node) {
  return node.op->name == "While" || node.op->name == "StatelessWhile";
}

}  // namespace

BranchContexts::BranchContexts(const FunctionBody& body)
    : graph_(body.graph),
      step_of_(body.graph.size(), -1),
      context_(body.graph.size(), 0),
      passed_(body.graph.size()),
      decides_(body.graph.size()) {
  std::vector<int> roots = body.arguments;
  for (const NodeOutput& output : body.outputs) roots.push_back(output.node);
  for (int node : body.control_outputs) roots.push_back(node);
  for (int id : graph_.topological_order(roots)) {
    const Node& node = graph_.node(id);
    switch (flow_of(node)) {
      case Flow::kSwitch:
        add_switch(node);
        break;
      case Flow::kMerge:
        add_merge(node);
        break;
      case Flow::kNone:
        add_plain(node);
        break;
      default:
        throw Refusal("'" + node.name + "' is in no loop");
    }
  }
  for (const NodeOutput& output : body.outputs)
    if (context_of(output) != 0)
      throw Refusal("'" + graph_.node(output.node).name +
                    "' is there only if a condition is");
}

StepValue BranchContexts::value_of(NodeOutput output) const {
  int step = step_of_[index(output.node)];
  return step < 0 ? passed_[index(output.node)]
                  : StepValue{step, output.output};
}

std::vector<int> BranchContexts::steps_of(int node) const {
  if (step_of_[index(node)] >= 0) return {step_of_[index(node)]};
  return {passed_[index(node)].step, decides_[index(node)].step};
}

std::vector<int> BranchContexts::control_steps(const Node& node) const {
  std::vector<int> steps;
  for (int before : node.control_inputs)
    for (int step : steps_of(before)) steps.push_back(step);
  return steps;
}

int BranchContexts::context_of(NodeOutput output) const {
  int node_context = context_[index(output.node)];
  if (step_of_[index(output.node)] >= 0) return node_context;
  int region = known_regions_.at({node_context, decides_[index(output.node)]});
  return regions_[index(region)].sides[index(output.output)];
}

int BranchContexts::join_contexts(int a, int b, const Node& node) const {
  if (tree_.depth(a) < tree_.depth(b)) std::swap(a, b);
  if (!tree_.contains(b, a))
    throw Refusal("'" + node.name +
                  "' takes values of branches that do not nest");
  return a;
}

/// The context in which a condition of another context is so.
int BranchContexts::side(int parent, StepValue condition, int taken) {
  auto [known, is_new] = known_regions_.try_emplace(
      {parent, condition}, static_cast<int>(regions_.size()));
  if (is_new) {
    Region& region = regions_.emplace_back();
    region.parent = parent;
    region.condition = condition;
    for (int k : {0, 1}) {
      region.sides[index(k)] = tree_.add(parent);
      region_of_.push_back(known->second);
      side_of_.push_back(k);
    }
  }
  return regions_[index(known->second)].sides[index(taken)];
}

void BranchContexts::add_switch(const Node& node) {
  const NodeOutput &data = node.inputs[0], &condition = node.inputs[1];
  int context = join_contexts(context_of(data), context_of(condition), node);
  passed_[index(node.id)] = value_of(data);
  if (!node.control_inputs.empty()) {
    for (int before : node.control_inputs)
      context = join_contexts(context, context_[index(before)], node);
    Step step;
    step.node = node.id;
    step.context = context;
    step.inputs = {passed_[index(node.id)]};
    step.after = control_steps(node);
    passed_[index(node.id)] = {static_cast<int>(steps_.size()), 0};
    steps_.push_back(std::move(step));
  }
  const StepValue& behind = decides_[index(condition.node)];
  bool is_identity = graph_.node(condition.node).op->name == "Identity";
  decides_[index(node.id)] = is_identity ? behind : value_of(condition);
  context_[index(node.id)] = context;
  side(context, decides_[index(node.id)], 0);
}

void BranchContexts::add_plain(const Node& node) {
  Step step;
  step.node = node.id;
  for (const NodeOutput& input : node.inputs) {
    step.context = join_contexts(step.context, context_of(input), node);
    step.inputs.push_back(value_of(input));
  }
  step.after = control_steps(node);
  for (int before : node.control_inputs)
    step.context = join_contexts(step.context, context_[index(before)], node);
  if (is_loop(node)) check_loop(node);
  context_[index(node.id)] = step.context;
  step_of_[index(node.id)] = static_cast<int>(steps_.size());
  if (node.op->name == "Identity") {
    // Conditions are the same ones behind it.
    NodeOutput from = node.inputs[0];
    bool chain = graph_.node(from.node).op->name == "Identity";
    decides_[index(node.id)] =
        chain ? decides_[index(from.node)] : value_of(from);
  }
  steps_.push_back(std::move(step));
}

/// A loop of which some variables arrive and others do not would go on with
/// those that do.
void BranchContexts::check_loop(const Node& node) const {
  const auto& body = node.attr("body").get<FunctionRef>().function;
  int deepest = 0;
  for (const NodeOutput& input : node.inputs)
    deepest = join_contexts(deepest, context_of(input), node);
  for (std::size_t i = 0; i < node.inputs.size(); ++i)
    if (context_of(node.inputs[i]) != deepest &&
        !(body && body->forwarded_argument(i) == static_cast<int>(i)))
      throw Refusal("the variables of loop '" + node.name +
                    "' come from different branches");
}

/// Brings inputs together pair by pair, the deepest first: two sides of one
/// region give the context around it.
void BranchContexts::add_merge(const Node& node) {
  auto shallower = [&](const Arm& a, const Arm& b) {
    return tree_.depth(a.context) < tree_.depth(b.context);
  };
  std::priority_queue<Arm, std::vector<Arm>, decltype(shallower)> open(
      shallower);
  for (std::size_t i = 0; i < node.inputs.size(); ++i)
    open.push({context_of(node.inputs[i]),
               value_of(node.inputs[i]),
               static_cast<int>(i)});
  std::map<int, std::pair<int, Arm>> waiting;  // by region: side and arm
  std::vector<int> after = control_steps(node);
  for (;;) {
    Arm arm = open.top();
    open.pop();
    int region = region_of_[index(arm.context)];
    if (region < 0)
      throw Refusal("Merge '" + node.name + "' takes what is always there");
    int taken = side_of_[index(arm.context)];
    auto other = waiting.find(region);
    if (other == waiting.end()) {
      if (open.empty()) throw Refusal("Merge '" + node.name + "' lacks a side");
      waiting.emplace(region, std::pair(taken, arm));
      continue;
    }
    if (other->second.first == taken)
      throw Refusal("Merge '" + node.name + "' takes one side twice");
    Step step;
    step.node = node.id;
    step.region = region;
    step.context = regions_[index(region)].parent;
    std::array<Arm, 2> arms = {arm, arm};
    arms[index(1 - taken)] = other->second.second;
    for (int k : {0, 1}) {
      step.sides[index(k)] = arms[index(k)].value;
      step.side_index[index(k)] = arms[index(k)].index;
      step.inputs.push_back(arms[index(k)].value);
    }
    step.after = after;
    waiting.erase(other);
    auto id = static_cast<int>(steps_.size());
    int context = step.context;
    steps_.push_back(std::move(step));
    if (open.empty() && waiting.empty()) {
      step_of_[index(node.id)] = id;
      context_[index(node.id)] = context;
      break;
    }
    open.push({context, {id, 0}, -1});
  }
  int context = context_[index(node.id)];
  for (int before : node.control_inputs) {
    // Whether it is dead does not matter, only that it is over: a node of the
    // same branch, or one outside.
    int other = context_[index(before)];
    bool same_region = false;
    if (tree_.depth(other) > tree_.depth(context)) {
      int below = tree_.ancestor(other, tree_.depth(context) + 1);
      same_region = region_of_[index(below)] ==
                    steps_[index(step_of_[index(node.id)])].region;
    }
    if (!same_region && !tree_.contains(other, context))
      throw Refusal("Merge '" + node.name + "' waits for another branch");
  }
}

}  // namespace tern::v1
