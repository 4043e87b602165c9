#include "graph/v1/functional/functional_branches.h"

#include <algorithm>
#include <numeric>
#include <set>

#include "graph/v1/functional/branch_schedule.h"

namespace tern::v1 {
namespace {

/// Calls may be nested 500 deep (functional_ops.cc); whoever calls needs some.
constexpr int kMaxNesting = 400;

/// Nodes that only say when something runs.
bool is_pivot(const Node& node) {
  return node.op->name == "Identity" || node.op->name == "NoOp" ||
         node.op->name == "Const" || node.op->name == "Placeholder" ||
         flow_of(node) != Flow::kNone;
}

/// Stands for a value that only the other branch computes.
Tensor placeholder_value(DType dtype) {
  if (dtype == variant)
    throw Refusal("a list of tensors leaves a branch on one side");
  Tensor scalar = Tensor::allocate(dtype, Shape());
  if (!dtype.is_object()) std::fill_n(scalar.data<char>(), dtype.size(), '\0');
  return scalar;
}

class BranchConverter {
 public:
  BranchConverter(const FunctionBody& body,
                  const std::shared_ptr<NodeStates>& states)
      : body_(body),
        graph_(body.graph),
        states_(states),
        contexts_(body),
        schedule_(contexts_),
        blocks_(schedule_.blocks().size()),
        branches_(schedule_.branches().size()) {}

  FunctionBody run() {
    for (const auto& branch : schedule_.branches())
      if (schedule_.depth(branch.blocks[0]) > kMaxNesting)
        throw Refusal("branches are nested too deep");
    find_waits();
    find_argument_positions();
    for (std::size_t i = 0; i < contexts_.steps().size(); ++i)
      note_uses(static_cast<int>(i));
    for (const auto& branch : schedule_.branches())
      use(contexts_.regions()[index(branch.region)].condition, branch.parent);
    for (const NodeOutput& output : body_.outputs)
      use(contexts_.value_of(output), 0);
    for (int node : body_.control_outputs)
      for (int step : contexts_.steps_of(node)) note_effect(step, 0);
    number_joins();
    std::vector<int> order(branches_.size());
    std::iota(order.begin(), order.end(), 0);
    auto depth = [&](int branch) {
      return schedule_.depth(schedule_.branches()[index(branch)].blocks[0]);
    };
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
      return depth(a) > depth(b);
    });
    for (int branch : order) make_branch(branch);
    return make_body();
  }

 private:
  /// What a block becomes.
  struct BlockState {
    std::map<int, int> effects;              // item to depth of who waits
    std::map<int, std::set<int>> waits_for;  // item to items, by key
    std::map<int, NodeOutput> constants;     // copies, by step
  };
  struct BranchState {
    std::vector<StepValue> captures;
    std::map<StepValue, int> capture_number;
    struct Export {
      StepValue value;
      int side;
    };
    std::vector<Export> exports;  // values that only one side computes
    std::map<StepValue, int> export_number;
    int num_join_outputs = 0;
    std::array<FunctionRef, 2> functions;
  };

  /// Where the values of a block are in the graph being made of it.
  struct Emission {
    explicit Emission(const Graph& from) : builder(from) {}
    FunctionBuilder builder;
    std::map<int, int> step_node;
    std::map<int, int> branch_node;
    std::map<StepValue, NodeOutput> arguments;
  };

  const Step& step(int id) const { return contexts_.steps()[index(id)]; }
  const Node& node_of(int step_id) const {
    return graph_.node(step(step_id).node);
  }
  /// The output of the graph that is like a step's: for dtype and shape.
  NodeOutput like(StepValue value) const {
    const Step& s = step(value.step);
    return {s.node,
            flow_of(graph_.node(s.node)) == Flow::kSwitch ? 0 : value.output};
  }
  const BranchSchedule::Branch& branch_at(int number) const {
    return schedule_.branches()[index(number)];
  }
  int branch_of_block(int block) const {
    return schedule_.blocks()[index(block)].branch;
  }
  int outer_block(int block) const {
    return branch_at(branch_of_block(block)).parent;
  }

  /// By step, whether who waits for it waits for something: effects before it,
  /// or nodes that might fail. Pivots order nothing by themselves, and what is
  /// in a branch comes after its condition anyway.
  void find_waits() {
    for (const Step& s : contexts_.steps()) {
      bool waits = false, ordered = false;
      if (!s.is_join()) {
        waits = !is_pivot(graph_.node(s.node));
        ordered = has_effects(graph_.node(s.node));
      }
      int region = contexts_.region_of(s.context);
      for (const StepValue& input : s.inputs)
        ordered = ordered ||
                  (ordered_[index(input.step)] &&
                   !(region >= 0 &&
                     input == contexts_.regions()[index(region)].condition));
      for (int before : s.after) ordered = ordered || ordered_[index(before)];
      ordered_.push_back(ordered);
      holds_.push_back(waits || ordered);
    }
  }

  void find_argument_positions() {
    for (int argument : body_.arguments)
      argument_steps_.insert(contexts_.value_of({argument, 0}).step);
  }

  bool is_constant(int step_id) const {
    return !step(step_id).is_join() && node_of(step_id).op->name == "Const" &&
           std::none_of(step(step_id).after.begin(),
                        step(step_id).after.end(),
                        [&](int before) { return holds_[index(before)]; });
  }

  /// Keys of the items of a block: a step, or a branch as ~number.
  int item_of(int step_id) const {
    return step(step_id).is_join() ? ~schedule_.branch_of(step_id) : step_id;
  }
  /// The item of `outer` that `step_id` is, or is in.
  int item_in(int step_id, int outer) const {
    int block = schedule_.block_of(step_id);
    if (block == outer) return item_of(step_id);
    return ~branch_of_block(schedule_.block_towards(block, outer));
  }

  void note_uses(int id) {
    const Step& s = step(id);
    int block = schedule_.block_of(id);
    if (s.is_join()) {
      const auto& branch = branch_at(schedule_.branch_of(id));
      for (int side : {0, 1}) {
        StepValue value = s.sides[index(side)];
        use(value, branch.blocks[index(side)]);
        if (s.side_index[index(side)] < 0)
          use({value.step, 1}, branch.blocks[index(side)]);
      }
    } else {
      for (const StepValue& input : s.inputs) use(input, block);
    }
    for (int before : s.after) {
      if (!holds_[index(before)]) continue;
      int outer = schedule_.common(schedule_.block_of(before), block);
      note_effect(before, outer);
      int user = item_in(id, outer), awaited = item_in(before, outer);
      if (user != awaited)
        blocks_[index(outer)].waits_for[user].insert(awaited);
    }
  }

  /// The step runs although nobody takes its values; and so do the branches
  /// that it is in, out to the block `outer`.
  void note_effect(int id, int outer) {
    int block = schedule_.block_of(id);
    int item = item_of(id);
    for (;;) {
      auto [known, is_new] = blocks_[index(block)].effects.try_emplace(
          item, schedule_.depth(outer));
      if (!is_new && known->second <= schedule_.depth(outer)) return;
      known->second = schedule_.depth(outer);
      if (block == outer) return;
      item = ~branch_of_block(block);
      block = outer_block(block);
    }
  }

  /// Hands a value from where it is computed to a block.
  void use(StepValue value, int block) {
    if (step(value.step).is_join() && value.output == 1)
      uses_index_.insert(value.step);
    int home = schedule_.block_of(value.step);
    if (home == block || is_constant(value.step)) return;
    int outer = schedule_.common(home, block);
    for (; home != outer; home = outer_block(home)) {
      BranchState& branch = branches_[index(branch_of_block(home))];
      auto number = static_cast<int>(branch.exports.size());
      if (branch.export_number.emplace(value, number).second)
        branch.exports.push_back({value, schedule_.blocks()[index(home)].side});
    }
    for (; block != outer; block = outer_block(block)) {
      int number = branch_of_block(block);
      BranchState& branch = branches_[index(number)];
      auto at = static_cast<int>(branch.captures.size());
      if (!branch.capture_number.emplace(value, at).second) break;
      branch.captures.push_back(value);
    }
  }

  /// Which output of its branch each join is; the index follows where somebody
  /// uses it.
  void number_joins() {
    for (std::size_t i = 0; i < branches_.size(); ++i)
      for (int join : branch_at(static_cast<int>(i)).joins) {
        int& next = branches_[i].num_join_outputs;
        join_output_[join] = next;
        next += uses_index_.contains(join) ? 2 : 1;
      }
  }

  /// What stands for a value in a block's graph.
  NodeOutput value_in(Emission& emission, int block, StepValue value) {
    auto argument = emission.arguments.find(value);
    if (argument != emission.arguments.end()) return argument->second;
    int home = schedule_.block_of(value.step);
    if (home != block && is_constant(value.step)) {
      auto [known, is_new] =
          blocks_[index(block)].constants.try_emplace(value.step);
      if (is_new) {
        const Node& node = node_of(value.step);
        known->second = emission.builder.add_constant(
            node.name, node.attr("value").get<Tensor>());
      }
      return known->second;
    }
    if (home == block) {
      if (step(value.step).is_join())
        return {node_of_item(emission, item_of(value.step)),
                join_output_.at(value.step) + value.output};
      return {node_of_item(emission, value.step), value.output};
    }
    int inner = branch_of_block(schedule_.block_towards(home, block));
    const BranchState& branch = branches_[index(inner)];
    return {node_of_item(emission, ~inner),
            branch.num_join_outputs + branch.export_number.at(value)};
  }

  void emit_block(Emission& emission, int block) {
    for (const auto& item : schedule_.blocks()[index(block)].items) {
      if (!item.is_branch && argument_steps_.contains(item.number)) continue;
      int id = item.is_branch ? emit_branch(emission, block, item.number)
                              : emit_step(emission, block, item.number);
      int key = item.is_branch ? ~item.number : item.number;
      auto awaited = blocks_[index(block)].waits_for.find(key);
      if (awaited == blocks_[index(block)].waits_for.end()) continue;
      for (int before : awaited->second)
        emission.builder.body().graph.node(id).control_inputs.push_back(
            node_of_item(emission, before));
    }
    for (const auto& [item, depth] : blocks_[index(block)].effects)
      emission.builder.add_effect(node_of_item(emission, item));
  }

  static int node_of_item(const Emission& emission, int item) {
    const auto& nodes = item < 0 ? emission.branch_node : emission.step_node;
    auto it = nodes.find(item < 0 ? ~item : item);
    if (it == nodes.end()) throw Refusal("branches wait for each other");
    return it->second;
  }

  int emit_step(Emission& emission, int block, int id) {
    Node node = node_of(id);
    node.inputs.clear();
    for (const StepValue& input : step(id).inputs)
      node.inputs.push_back(value_in(emission, block, input));
    node.control_inputs.clear();
    if (flow_of(node) == Flow::kSwitch) {
      node.op = &OpRegistry::global().get("Identity");
      node.attrs = {AttrValue(node.output_types[0])};
      node.notes = nullptr;
      node.output_types.resize(1);
      node.output_shapes.resize(1);
      node.output_handles.resize(1);
    }
    Graph& graph = emission.builder.body().graph;
    node.name = graph.unique_name(node.name);
    return emission.step_node[id] = graph.add_raw_node(std::move(node)).id;
  }

  int emit_branch(Emission& emission, int block, int number) {
    const BranchState& state = branches_[index(number)];
    const auto& branch = branch_at(number);
    const auto& region = contexts_.regions()[index(branch.region)];
    std::vector<NodeOutput> inputs = {
        value_in(emission, block, region.condition)};
    for (const StepValue& value : state.captures)
      inputs.push_back(value_in(emission, block, value));
    std::vector<NodeOutput> outputs;
    for (int join : branch.joins) {
      outputs.push_back(like({join, 0}));
      if (uses_index_.contains(join)) outputs.push_back(like({join, 1}));
    }
    for (const auto& value : state.exports)
      outputs.push_back(like(value.value));
    const auto& [no, yes] = state.functions;
    bool stateful = yes.function->is_stateful() || no.function->is_stateful();
    std::vector<DType> types = types_of(emission.builder.body().graph, inputs);
    std::string name =
        branch.joins.empty() ? "cond" : node_of(branch.joins[0]).name;
    Node& call = emission.builder.add_call(
        stateful ? "If" : "StatelessIf",
        name,
        std::move(inputs),
        {{"Tcond", types[0]},
         {"Tin", std::vector<DType>(types.begin() + 1, types.end())},
         {"Tout", types_of(graph_, outputs)},
         {"then_branch", yes},
         {"else_branch", no}},
        outputs);
    return emission.branch_node[number] = call.id;
  }

  void make_branch(int number) {
    const auto& branch = branch_at(number);
    for (int side : {0, 1})
      branches_[index(number)].functions[index(side)] =
          make_side(number, branch.blocks[index(side)], side);
  }

  FunctionRef make_side(int number, int block, int side) {
    const BranchState& state = branches_[index(number)];
    Emission emission(graph_);
    for (const StepValue& value : state.captures)
      emission.arguments[value] = emission.builder.add_argument(like(value));
    emit_block(emission, block);
    for (int join : branch_at(number).joins) {
      const Step& s = step(join);
      StepValue value = s.sides[index(side)];
      emission.builder.add_output(value_in(emission, block, value));
      if (!uses_index_.contains(join)) continue;
      int at = s.side_index[index(side)];
      emission.builder.add_output(
          at < 0 ? value_in(emission, block, {value.step, 1})
                 : emission.builder.add_constant("value_index",
                                                 Tensor(at).as_dtype(int32)));
    }
    for (const auto& exported : state.exports) {
      if (exported.side == side) {
        emission.builder.add_output(value_in(emission, block, exported.value));
        continue;
      }
      DType dtype = types_of(graph_, {like(exported.value)})[0];
      emission.builder.add_output(
          emission.builder.add_constant("not_taken", placeholder_value(dtype)));
    }
    return make_function(std::move(emission.builder.body()),
                         side == 1 ? "cond_true" : "cond_false",
                         states_);
  }

  FunctionBody make_body() {
    Emission emission(graph_);
    for (int argument : body_.arguments) {
      Node node = graph_.node(argument);
      Graph& graph = emission.builder.body().graph;
      int id = graph.add_raw_node(std::move(node)).id;
      emission.step_node[contexts_.value_of({argument, 0}).step] = id;
      emission.builder.body().arguments.push_back(id);
    }
    emit_block(emission, 0);
    for (const NodeOutput& output : body_.outputs)
      emission.builder.add_output(
          value_in(emission, 0, contexts_.value_of(output)));
    emission.builder.body().graph.library() = graph_.library();
    return std::move(emission.builder.body());
  }

  const FunctionBody& body_;
  const Graph& graph_;
  std::shared_ptr<NodeStates> states_;
  BranchContexts contexts_;
  BranchSchedule schedule_;
  std::vector<BlockState> blocks_;
  std::vector<BranchState> branches_;
  std::vector<bool> ordered_, holds_;  // by step
  std::set<int> argument_steps_, uses_index_;
  std::map<int, int> join_output_;  // of the branch, by step
};

}  // namespace

FunctionBody convert_branches(FunctionBody body,
                              const std::shared_ptr<NodeStates>& states) {
  return BranchConverter(body, states).run();
}

}  // namespace tern::v1
