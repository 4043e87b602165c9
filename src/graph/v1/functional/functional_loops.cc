// A loop of TensorFlow 1, as while_loop writes it:
//
//   Enter ──► Merge ──┬──► condition ──► LoopCond
//               ▲     └──► Switch ──┬─ false ──► Exit
//               │                   └─ true ──► body ──► NextIteration ──┐
//               └────────────────────────────────────────────────────────┘
//
// Nodes fall into three parts: those that run in every step, the last one
// included (`kEvery`: the condition), those behind the true side of a Switch
// on the condition (`kBody`), those behind its false side (`kAfter`).

#include "graph/v1/functional/functional_loops.h"

#include <algorithm>

#include "graph/v1/functional/frames.h"
#include "graph/v1/functional/functional_branches.h"

namespace tern::v1 {
namespace {

enum class Part : char { kEvery, kBody, kAfter };

class LoopConverter {
 public:
  LoopConverter(Graph& graph, const std::shared_ptr<NodeStates>& states)
      : graph_(graph), frames_(find_frames(graph)), states_(states) {}

  void check_outside(int id) const {
    int frame = frames_.frame_of[index(id)];
    if (flow_of(graph_.node(id)) == Flow::kExit)
      frame = frames_.frames[index(frame)].parent;
    if (frame != 0)
      throw Refusal("'" + graph_.node(id).name + "' is inside a loop");
  }

  void run() {
    // Parents come first among the frames.
    for (std::size_t i = frames_.frames.size(); i-- > 1;)
      convert(frames_.frames[i]);
  }

 private:
  /// What a value that each step computes is for the body and afterwards.
  struct Source {
    enum Kind { kVariable, kInvariant, kCondition, kConstant, kComputed } kind;
    int number = 0;
  };

  void convert(const Frames::Frame& frame) {
    variables_.clear();
    invariants_.clear();
    nexts_.clear();
    every_.clear();
    body_.clear();
    after_.clear();
    number_.clear();
    computed_.clear();
    computed_number_.clear();
    std::vector<int> order = sorted(frame.nodes);
    find_variables(order);
    find_condition(order, frame.name);
    for (int id : order) find_part(graph_.node(id));
    move_what_waits(order);
    for (int id : order) add_to_part(graph_.node(id));
    find_computed();
    int loop =
        computed_.empty() ? add_plain_loop(frame) : add_turned_loop(frame);
    put_in_parent(loop, frame.parent);
    move_after_parts(loop, frame.parent);
  }

  /// Inputs before users, loops closed by NextIteration left open.
  std::vector<int> sorted(const std::vector<int>& nodes) {
    int frame = frames_.frame_of[index(nodes[0])];
    std::map<int, std::vector<int>> users;
    std::map<int, int> missing;
    std::vector<int> order;
    for (int id : nodes) {
      const Node& node = graph_.node(id);
      int& count = missing[id];
      if (flow_of(node) != Flow::kEnter)
        for_each_input(node, [&](int before) {
          if (frames_.frame_of[index(before)] != frame ||
              flow_of(graph_.node(before)) == Flow::kNextIteration)
            return;
          users[before].push_back(id);
          ++count;
        });
      if (count == 0) order.push_back(id);
    }
    for (std::size_t next = 0; next < order.size(); ++next)
      for (int user : users[order[next]])
        if (--missing[user] == 0) order.push_back(user);
    return order;
  }

  bool is_constant_enter(const Node& node) const {
    return flow_of(node) == Flow::kEnter &&
           node.attr("is_constant").get<bool>();
  }
  /// Whether a Merge begins each step of a loop.
  bool begins_step(const Node& node) const {
    return flow_of(node) == Flow::kMerge &&
           std::any_of(
               node.inputs.begin(), node.inputs.end(), [&](NodeOutput in) {
                 return flow_of(graph_.node(in.node)) == Flow::kNextIteration;
               });
  }

  void find_variables(const std::vector<int>& order) {
    std::map<int, int> enters;  // whether something takes it in
    for (int id : order) {
      const Node& node = graph_.node(id);
      if (flow_of(node) == Flow::kEnter) {
        if (is_constant_enter(node)) {
          number_[id] = static_cast<int>(invariants_.size());
          invariants_.push_back(id);
        } else {
          enters[id] = 0;
        }
      } else if (begins_step(node)) {
        if (node.inputs.size() != 2 || !node.control_inputs.empty())
          throw Refusal("Merge '" + node.name + "' begins no step of a loop");
        int enter = node.inputs[0].node, next = node.inputs[1].node;
        if (flow_of(graph_.node(enter)) == Flow::kNextIteration)
          std::swap(enter, next);
        if (!enters.contains(enter))
          throw Refusal("Merge '" + node.name + "' takes what did not enter");
        ++enters[enter];
        number_[id] = static_cast<int>(variables_.size());
        variables_.push_back({id, enter});
        nexts_.push_back(next);
      }
    }
    if (variables_.empty()) throw Refusal("a loop has no variable");
    for (int id : order)
      for_each_input(graph_.node(id), [&](int before) {
        bool is_next = flow_of(graph_.node(before)) == Flow::kNextIteration;
        if ((enters.contains(before) || is_next) &&
            !begins_step(graph_.node(id)))
          throw Refusal("'" + graph_.node(before).name +
                        "' is used by more than a Merge");
      });
  }

  /// The condition itself, where LoopCond or Identity pass it on.
  NodeOutput source(NodeOutput output) const {
    auto it = source_.find(output.node);
    return it == source_.end() ? output : it->second;
  }

  void find_condition(const std::vector<int>& order, const std::string& frame) {
    source_.clear();
    int conditions = 0;
    for (int id : order) {
      const Node& node = graph_.node(id);
      bool is_condition = flow_of(node) == Flow::kLoopCond;
      if (is_condition || node.op->name == "Identity")
        source_[id] = source(node.inputs[0]);
      if (!is_condition) continue;
      condition_ = source_[id];
      ++conditions;
    }
    if (conditions != 1)
      throw Refusal("loop '" + frame + "' has " + std::to_string(conditions) +
                    " conditions");
  }

  bool is_loop_switch(const Node& node) const {
    return flow_of(node) == Flow::kSwitch &&
           source(node.inputs[1]) == condition_;
  }

  Part part_of(NodeOutput output) const {
    const Node& node = graph_.node(output.node);
    if (is_loop_switch(node))
      return output.output == 0 ? Part::kAfter : Part::kBody;
    return part_.at(node.id);
  }

  void find_part(const Node& node) {
    Part part = Part::kEvery;
    auto depend_on = [&](Part other) {
      if (part != Part::kEvery && other != Part::kEvery && part != other)
        throw Refusal("'" + node.name + "' takes values of both sides of a " +
                      "loop's condition");
      if (part == Part::kEvery) part = other;
    };
    if (flow_of(node) == Flow::kEnter || begins_step(node)) {
      part_[node.id] = part;
      return;
    }
    for (const NodeOutput& input : node.inputs) depend_on(part_of(input));
    for (int before : node.control_inputs) depend_on(part_.at(before));
    part_[node.id] = part;
  }

  /// What neither the condition nor an effect needs, and one other part alone,
  /// belongs there: branches of the body that use nothing of it.
  void move_what_waits(const std::vector<int>& order) {
    std::map<int, bool> needed;
    std::map<int, std::vector<int>> users;
    needed[condition_.node] = true;
    for (auto id = order.rbegin(); id != order.rend(); ++id) {
      const Node& node = graph_.node(*id);
      if (flow_of(node) == Flow::kEnter || begins_step(node)) continue;
      bool is_loop_part = is_loop_switch(node) || has_effects(node);
      if (part_.at(*id) == Part::kEvery && (is_loop_part || needed[*id])) {
        for_each_input(node, [&](int before) { needed[before] = true; });
      } else if (part_.at(*id) == Part::kEvery) {
        const std::vector<int>& by = users[*id];
        Part part = by.empty() ? Part::kEvery : part_.at(by[0]);
        if (std::all_of(by.begin(), by.end(), [&](int user) {
              return part_.at(user) == part;
            }))
          part_[*id] = part;
      }
      for_each_input(node, [&](int before) { users[before].push_back(*id); });
    }
  }

  void add_to_part(const Node& node) {
    Part part = part_.at(node.id);
    if (flow_of(node) == Flow::kEnter || begins_step(node)) return;
    for (const NodeOutput& input : node.inputs)
      if (flow_of(node) == Flow::kMerge &&
          part_of(input) != part_of(node.inputs[0]))
        throw Refusal("Merge '" + node.name + "' leaves a loop's condition");
    switch (flow_of(node)) {
      case Flow::kNextIteration:
        if (part != Part::kBody)
          throw Refusal("'" + node.name + "' is not behind the condition");
        break;
      case Flow::kExit:
        if (part != Part::kAfter)
          throw Refusal("'" + node.name + "' is not behind the condition");
        break;
      case Flow::kSwitch:
        if (is_loop_switch(node) && part != Part::kEvery)
          throw Refusal("Switch '" + node.name + "' stands behind another");
        break;
      default:
        break;
    }
    if (is_loop_switch(node) || flow_of(node) == Flow::kLoopCond) return;
    (part == Part::kEvery  ? every_
     : part == Part::kBody ? body_
                           : after_)
        .push_back(node.id);
  }

  /// The value that an output of a Switch on the condition lets through.
  NodeOutput through_switch(NodeOutput output) const {
    const Node& node = graph_.node(output.node);
    return is_loop_switch(node) ? node.inputs[0] : output;
  }

  Source source_of(NodeOutput value) const {
    const Node& node = graph_.node(value.node);
    if (source(value) == condition_) return {Source::kCondition};
    if (begins_step(node)) {
      if (value.output != 0)
        throw Refusal("the value_index of '" + node.name + "' is used");
      return {Source::kVariable, number_.at(node.id)};
    }
    if (flow_of(node) == Flow::kEnter)
      return {Source::kInvariant, number_.at(node.id)};
    if (node.op->name == "Const") return {Source::kConstant};
    auto it = computed_number_.find(key_of(value));
    return {Source::kComputed, it == computed_number_.end() ? -1 : it->second};
  }

  /// What each step computes and the other parts use.
  void find_computed() {
    for (const std::vector<int>* part : {&body_, &after_})
      for (int id : *part)
        for (const NodeOutput& input : graph_.node(id).inputs) {
          NodeOutput value = through_switch(input);
          if (part_.at(value.node) != Part::kEvery) continue;
          Source found = source_of(value);
          if (found.kind != Source::kComputed || found.number >= 0) continue;
          computed_number_[key_of(value)] = static_cast<int>(computed_.size());
          computed_.push_back(value);
        }
  }

  /// The tensor that enters; null unless it is a constant.
  const Node* constant_behind(int enter) const {
    const Node& from = graph_.node(graph_.node(enter).inputs[0].node);
    return from.op->name == "Const" ? &from : nullptr;
  }

  void add_arguments(FunctionBuilder& builder) const {
    for (const auto& [merge, enter] : variables_)
      builder.add_argument({merge, 0});
    for (int enter : invariants_) {
      if (const Node* constant = constant_behind(enter))
        builder.place(
            {enter, 0},
            builder.add_constant(constant->name,
                                 constant->attr("value").get<Tensor>()));
      else
        builder.add_argument({enter, 0});
    }
  }

  void copy_every(FunctionBuilder& builder) const {
    for (int id : every_) {
      int copied = builder.copy(graph_.node(id));
      if (has_effects(graph_.node(id))) builder.add_effect(copied);
    }
  }

  void copy_body(FunctionBuilder& builder) const {
    for (int id : body_) {
      Node node = graph_.node(id);
      for (const NodeOutput& input : node.inputs) {
        if (builder.has(input)) continue;
        NodeOutput value = through_switch(input);
        builder.place(input, value_in_body(builder, value));
      }
      if (flow_of(node) == Flow::kNextIteration) make_identity(node);
      builder.copy(node);
    }
  }

  NodeOutput value_in_body(FunctionBuilder& builder, NodeOutput value) const {
    Source found = source_of(value);
    if (found.kind == Source::kCondition)
      return builder.add_constant("condition", scalar(true));
    if (found.kind == Source::kConstant && !builder.has(value)) {
      const Node& node = graph_.node(value.node);
      return builder.add_constant(node.name, node.attr("value").get<Tensor>());
    }
    return builder.now(value);
  }

  static Tensor scalar(bool value) { return Tensor(value).as_dtype(bool_); }

  static void make_identity(Node& node) {
    node.op = &OpRegistry::global().get("Identity");
    node.attrs = {AttrValue(node.output_types[0])};
    node.notes = nullptr;
  }

  std::vector<NodeOutput> initial_values() const {
    std::vector<NodeOutput> values;
    for (const auto& [merge, enter] : variables_)
      values.push_back(graph_.node(enter).inputs[0]);
    for (int enter : invariants_)
      if (!constant_behind(enter))
        values.push_back(graph_.node(enter).inputs[0]);
    return values;
  }

  /// Outputs of the graph that are as the loop's state is.
  std::vector<NodeOutput> state_like() const {
    std::vector<NodeOutput> like;
    for (const auto& [merge, enter] : variables_) like.push_back({merge, 0});
    for (int enter : invariants_)
      if (!constant_behind(enter)) like.push_back({enter, 0});
    return like;
  }

  FunctionRef finish(FunctionBuilder& builder, const std::string& name) const {
    return make_function(
        convert_branches(std::move(builder.body()), states_), name, states_);
  }

  /// The condition as a function of its own.
  int add_plain_loop(const Frames::Frame& frame) {
    FunctionBuilder condition(graph_), body(graph_);
    add_arguments(condition);
    copy_every(condition);
    condition.add_output(condition.now(condition_));
    add_arguments(body);
    copy_body(body);
    add_next_values(body);
    return add_while(frame,
                     finish(condition, "while_cond"),
                     finish(body, "while_body"),
                     initial_values(),
                     state_like());
  }

  void add_next_values(FunctionBuilder& body) const {
    for (int next : nexts_) body.add_output({body.copied(next), 0});
    for (int enter : invariants_)
      if (!constant_behind(enter)) body.add_output(body.now({enter, 0}));
  }

  /// Where the other parts use what each step computes: one call before the
  /// loop, and one at the end of the body, carry the condition and these values
  /// from step to step.
  int add_turned_loop(const Frames::Frame& frame) {
    std::vector<NodeOutput> like = state_like(), carried = {condition_};
    carried.insert(carried.end(), computed_.begin(), computed_.end());
    FunctionBuilder every(graph_);
    add_arguments(every);
    copy_every(every);
    for (const NodeOutput& value : carried) every.add_output(every.now(value));
    FunctionRef step = finish(every, "while_step");

    FunctionBuilder condition(graph_), body(graph_);
    for (FunctionBuilder* builder : {&condition, &body}) {
      add_arguments(*builder);
      for (const NodeOutput& value : carried) builder->add_argument(value);
    }
    condition.add_output(condition.now(condition_));
    copy_body(body);
    add_next_values(body);
    Node& again = add_step(body.body().graph,
                           frame.name,
                           step,
                           body.body().outputs,
                           body.body().graph,
                           carried);
    for (std::size_t i = 0; i < carried.size(); ++i)
      body.add_output({again.id, static_cast<int>(i)});

    std::vector<NodeOutput> initial = initial_values();
    Node& first = add_step(graph_, frame.name, step, initial, graph_, carried);
    first.control_inputs = controls_of_enters();
    put_in_parent(first.id, frame.parent);
    for (std::size_t i = 0; i < carried.size(); ++i) {
      initial.push_back({first.id, static_cast<int>(i)});
      like.push_back(carried[i]);
    }
    return add_while(frame,
                     finish(condition, "while_cond"),
                     finish(body, "while_body"),
                     std::move(initial),
                     like);
  }

  Node& add_step(Graph& graph,
                 const std::string& name,
                 const FunctionRef& step,
                 const std::vector<NodeOutput>& inputs,
                 const Graph& from,
                 const std::vector<NodeOutput>& carried) const {
    return add_call(graph,
                    step.function->is_stateful() ? "StatefulPartitionedCall"
                                                 : "PartitionedCall",
                    name + "/step",
                    inputs,
                    {{"Tin", types_of(from, inputs)},
                     {"Tout", types_of(graph_, carried)},
                     {"f", step}},
                    graph_,
                    carried);
  }

  int add_while(const Frames::Frame& frame,
                const FunctionRef& condition,
                const FunctionRef& body,
                std::vector<NodeOutput> inputs,
                const std::vector<NodeOutput>& like) {
    bool stateful =
        condition.function->is_stateful() || body.function->is_stateful();
    Node& loop = add_call(
        graph_,
        stateful ? "While" : "StatelessWhile",
        frame.name,
        std::move(inputs),
        {{"T", types_of(graph_, like)}, {"cond", condition}, {"body", body}},
        graph_,
        like);
    loop.control_inputs = controls_of_enters();
    return loop.id;
  }

  std::vector<int> controls_of_enters() const {
    std::vector<int> controls;
    auto add = [&](int enter) {
      for (int before : graph_.node(enter).control_inputs)
        if (std::find(controls.begin(), controls.end(), before) ==
            controls.end())
          controls.push_back(before);
    };
    for (const auto& [merge, enter] : variables_) add(enter);
    for (int enter : invariants_) add(enter);
    return controls;
  }

  void put_in_parent(int id, int parent) {
    frames_.frame_of.resize(graph_.size(), 0);
    frames_.frame_of[index(id)] = parent;
    frames_.frames[index(parent)].nodes.push_back(id);
  }

  /// What runs once the condition is false belongs to the graph around.
  void move_after_parts(int loop, int parent) {
    for (int id : after_) {
      bool waits = false;
      std::vector<NodeOutput> inputs = graph_.node(id).inputs;
      for (NodeOutput& input : inputs) {
        NodeOutput value = through_switch(input);
        if (part_.at(value.node) == Part::kEvery)
          input = value_after(loop, parent, value);
        waits = waits || input.node == loop;
      }
      Node& node = graph_.node(id);
      node.inputs = std::move(inputs);
      std::vector<int> controls;
      for (int before : node.control_inputs)
        if (part_.at(before) != Part::kEvery) controls.push_back(before);
      if (!waits) controls.push_back(loop);
      node.control_inputs = std::move(controls);
      if (flow_of(node) == Flow::kExit) make_identity(node);
      put_in_parent(id, parent);
    }
    // Only now: parts are asked for along the way.
    for (int id : after_) part_.erase(id);
  }

  NodeOutput value_after(int loop, int parent, NodeOutput value) {
    Source found = source_of(value);
    auto variables = static_cast<int>(variables_.size());
    switch (found.kind) {
      case Source::kVariable:
        return {loop, found.number};
      case Source::kInvariant:
        return graph_.node(invariants_[index(found.number)]).inputs[0];
      case Source::kComputed: {
        auto invariants = std::count_if(
            invariants_.begin(), invariants_.end(), [&](int enter) {
              return !constant_behind(enter);
            });
        return {loop,
                variables + static_cast<int>(invariants) + 1 + found.number};
      }
      default:
        break;
    }
    const OpDef& op = OpRegistry::global().get("Const");
    const Node& node = graph_.node(value.node);
    Tensor constant = found.kind == Source::kCondition
                          ? scalar(false)
                          : node.attr("value").get<Tensor>();
    int id =
        graph_
            .add_node(
                op,
                {},
                detail::attrs_by_name(
                    op, {{"dtype", constant.dtype()}, {"value", constant}}),
                node.name)
            .id;
    put_in_parent(id, parent);
    return {id, 0};
  }

  Graph& graph_;
  Frames frames_;
  std::shared_ptr<NodeStates> states_;
  std::map<int, Part> part_;
  std::map<int, NodeOutput> source_;

  // Of the loop that is being converted:
  struct Variable {
    int merge;
    int enter;
  };
  std::vector<Variable> variables_;
  std::vector<int> nexts_;  // by variable
  std::vector<int> invariants_;
  std::map<int, int> number_;  // of Merge and Enter nodes
  NodeOutput condition_;
  std::vector<int> every_, body_, after_;
  std::vector<NodeOutput> computed_;
  std::map<OutputKey, int> computed_number_;
};

}  // namespace

void convert_loops(FunctionBody& body,
                   const std::shared_ptr<NodeStates>& states) {
  LoopConverter converter(body.graph, states);
  for (const NodeOutput& output : body.outputs)
    converter.check_outside(output.node);
  for (int node : body.control_outputs) converter.check_outside(node);
  converter.run();
}

}  // namespace tern::v1
