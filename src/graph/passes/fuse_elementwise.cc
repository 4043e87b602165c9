#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "graph/passes/passes.h"
#include "ops/apply.h"
#include "ops/math/block_program.h"

namespace tern::passes {
namespace {

/// A larger group runs as several: blocks of many inputs leave the cache.
constexpr std::size_t kMaxNodes = 2048;
constexpr std::size_t kMaxInputs = 32;

/// What a node comes to in a block program: a step whose operands are the
/// node's inputs in this order.
struct Form {
  int op = -1;
  bool swapped = false;
};

Form form_of(const Node& node) {
  const std::string& op = node.op->name;
  if (op == "Add" || op == "AddN") return {find_block_op("AddV2")};
  if (op == "Greater") return {find_block_op("Less"), true};
  if (op == "GreaterEqual") return {find_block_op("LessEqual"), true};
  if (op == "Inv") return {find_block_op("Reciprocal")};
  if (op == "InvGrad") return {find_block_op("ReciprocalGrad")};
  if (op == "Div") return {find_block_op("RealDiv")};
  // The bias stands along the last axis, where operands broadcast anyway.
  if ((op == "BiasAdd" &&
       node.attr("data_format").get<std::string>() == "NHWC") ||
      op == "BiasAddV1")
    return {find_block_op("AddV2")};
  return {find_block_op(op)};
}

DType operand_type(const Graph& graph, const Node& node) {
  const NodeOutput& last = node.inputs.back();  // SelectV2 begins with bools
  return graph.node(last.node)
      .output_types[static_cast<std::size_t>(last.output)];
}

/// Block programs broadcast: an op that refuses to is taken only where its
/// operands are known to fit.
bool may_refuse_shapes(const Graph& graph, const Node& node) {
  const std::string& op = node.op->name;
  auto shape = [&](std::size_t i) -> const Shape& {
    const NodeOutput& input = node.inputs[i];
    return graph.node(input.node)
        .output_shapes[static_cast<std::size_t>(input.output)];
  };
  if (op.starts_with("BiasAdd"))
    return shape(0).rank() < 1 || shape(0)[-1] < 0 ||
           !shape(1).is_fully_known();
  if (op != "AddN" && !op.ends_with("Grad")) return false;
  return !std::all_of(
      node.inputs.begin(), node.inputs.end(), [&](NodeOutput input) {
        return graph.node(input.node)
            .output_shapes[static_cast<std::size_t>(input.output)]
            .is_fully_known();
      });
}

bool is_fusable(const Graph& graph, const Node& node) {
  Form form = form_of(node);
  if (form.op < 0 || !is_pure(node) || node.output_types.size() != 1 ||
      !node.output_shapes[0].has_rank() || may_refuse_shapes(graph, node))
    return false;
  const std::string& op = node.op->name;
  if (op == "AddN" && node.inputs.size() < 2) return false;
  if (op == "Cast" && node.attr("Truncate").get<bool>()) return false;
  // Asked of shapes that do not broadcast, they give one bool.
  if ((op == "Equal" || op == "NotEqual") &&
      !node.attr("incompatible_shape_error").get<bool>())
    return false;
  // Integers divide in another way than floats.
  DType type = operand_type(graph, node);
  if (op == "Div" && type.is_integer()) return false;
  return has_block_loop(form.op, type, node.output_types[0]);
}

/// Nodes that become one. `open` until a node outside uses a value of theirs:
/// then the group has to run before that node, and takes no more.
struct Group {
  std::vector<int> nodes;
  std::set<std::pair<int, int>> inputs;  // nodes outside and their outputs
  bool open = true;
};

/// Finds the groups, walking the nodes in order. A node joins the open groups
/// that its inputs are of, if it has their shape: a smaller value, as that of
/// a bias, is computed for itself and read again and again.
class Grouping {
 public:
  explicit Grouping(const FunctionBody& body)
      : graph_(body.graph), group_of_(body.graph.size(), -1) {
    std::vector<bool> live = live_nodes(body);
    std::vector<bool> is_held(body.graph.size());
    for (int argument : body.arguments) hold(is_held, argument);
    for (int node : body.control_outputs) hold(is_held, node);
    for (const Node& node : graph_.nodes()) {
      if (!live[at(node.id)]) continue;
      if (!node.control_inputs.empty()) hold(is_held, node.id);
      for (int before : node.control_inputs) hold(is_held, before);
    }
    for (const Node& node : graph_.nodes())
      if (live[at(node.id)]) visit(node, !is_held[at(node.id)]);
  }

  /// Groups of several nodes, by the last of them.
  std::map<int, std::vector<int>> take() {
    std::map<int, std::vector<int>> result;
    for (Group& group : groups_) {
      if (group.nodes.size() < 2) continue;
      std::sort(group.nodes.begin(), group.nodes.end());
      int last = group.nodes.back();
      result.emplace(last, std::move(group.nodes));
    }
    return result;
  }

 private:
  static std::size_t at(int i) { return static_cast<std::size_t>(i); }
  static void hold(std::vector<bool>& is_held, int node) {
    is_held[at(node)] = true;
  }

  void visit(const Node& node, bool may_join) {
    bool joins = may_join && is_fusable(graph_, node);
    int joined = -1;
    for (const NodeOutput& input : node.inputs) {
      int group = group_of_[at(input.node)];
      if (group < 0 || group == joined) continue;
      if (joins && takes(group, joined, node))
        joined = joined < 0 ? group : merge(joined, group);
      else
        groups_[at(group)].open = false;
    }
    if (!joins) return;
    if (joined < 0) {
      joined = static_cast<int>(groups_.size());
      groups_.emplace_back();
    }
    groups_[at(joined)].nodes.push_back(node.id);
    group_of_[at(node.id)] = joined;
    for (const NodeOutput& input : node.inputs)
      if (group_of_[at(input.node)] != joined)
        groups_[at(joined)].inputs.insert({input.node, input.output});
  }

  /// Whether `group` may take a node that has joined another group already,
  /// if that is not -1.
  bool takes(int group, int joined, const Node& node) const {
    const Group& g = groups_[at(group)];
    std::size_t nodes = g.nodes.size();
    std::size_t inputs = g.inputs.size() + node.inputs.size();
    if (joined >= 0) {
      nodes += groups_[at(joined)].nodes.size();
      inputs += groups_[at(joined)].inputs.size();
    }
    const Node& first = graph_.node(g.nodes[0]);
    return g.open && nodes < kMaxNodes && inputs <= kMaxInputs &&
           first.output_shapes[0] == node.output_shapes[0] &&
           first.device == node.device;
  }

  /// The smaller group becomes part of the larger one.
  int merge(int a, int b) {
    if (groups_[at(a)].nodes.size() < groups_[at(b)].nodes.size())
      std::swap(a, b);
    for (int node : groups_[at(b)].nodes) {
      groups_[at(a)].nodes.push_back(node);
      group_of_[at(node)] = a;
    }
    groups_[at(a)].inputs.merge(groups_[at(b)].inputs);
    groups_[at(b)].nodes.clear();
    return a;
  }

  const Graph& graph_;
  std::vector<Group> groups_;
  std::vector<int> group_of_;
};

/// The block program of one group.
class Compiler {
 public:
  Compiler(const FunctionBody& body,
           const UseCounts& uses,
           const std::vector<int>& nodes)
      : graph_(body.graph), uses_(uses) {
    for (int id : nodes) in_group_[id] = {};
    for (int id : nodes) add_node(graph_.node(id));
    find_outputs(nodes);
    join_pairs();
    place_in_slots();
  }

  const std::vector<NodeOutput>& inputs() const { return inputs_; }
  /// The nodes whose values are used outside.
  const std::vector<int>& outputs() const { return output_nodes_; }

  Attrs attrs() const {
    const OpDef& op = OpRegistry::global().get("_TernFusedElementwise");
    std::vector<DType> in, out;
    for (const NodeOutput& input : inputs_)
      in.push_back(graph_.node(input.node)
                       .output_types[static_cast<std::size_t>(input.output)]);
    for (int node : output_nodes_)
      out.push_back(graph_.node(node).output_types[0]);
    std::vector<std::string> names;
    for (const Step& step : steps_)
      names.push_back(graph_.node(step.node).name);
    std::vector<std::int32_t> sources = sources_of_outputs();
    return detail::attrs_by_name(
        op,
        {{"Tin", in},
         {"Tout", out},
         {"steps", steps_tensor(slotted_)},
         {"nodes",
          Tensor(std::span<const std::string>(names), Shape({names.size()}))},
         {"sources",
          Tensor(std::span<const std::int32_t>(sources),
                 Shape({sources.size()}))}});
  }

 private:
  /// Operands are values: what step i gives is value i, what input i holds is
  /// value ~i.
  struct Step {
    int op;
    DType type, result_type;
    int node;
    std::vector<int> operands;
    bool is_output = false;
    int uses = 0;
  };

  static std::size_t at(int i) { return static_cast<std::size_t>(i); }

  int value_of(NodeOutput input) {
    auto inside = in_group_.find(input.node);
    if (inside != in_group_.end()) return inside->second;
    auto known = std::find(inputs_.begin(), inputs_.end(), input);
    if (known == inputs_.end()) {
      inputs_.push_back(input);
      known = inputs_.end() - 1;
    }
    return ~static_cast<int>(known - inputs_.begin());
  }

  void add_node(const Node& node) {
    Form form = form_of(node);
    DType type = operand_type(graph_, node);
    std::vector<int> operands;
    for (const NodeOutput& input : node.inputs)
      operands.push_back(value_of(input));
    if (form.swapped) std::swap(operands[0], operands[1]);
    auto add = [&](std::vector<int> of) {
      steps_.push_back({form.op, type, node.output_types[0], node.id, of});
      return static_cast<int>(steps_.size()) - 1;
    };
    int value = 0;
    if (node.op->name == "AddN") {
      value = operands[0];
      for (std::size_t i = 1; i < operands.size(); ++i)
        value = add({value, operands[i]});
    } else {
      value = add(std::move(operands));
    }
    in_group_[node.id] = value;
  }

  void find_outputs(const std::vector<int>& nodes) {
    std::map<int, int> used_inside;
    for (int id : nodes)
      for (const NodeOutput& input : graph_.node(id).inputs)
        if (in_group_.contains(input.node)) ++used_inside[input.node];
    for (int id : nodes)
      if (uses_.of({id, 0}) > used_inside[id]) {
        output_nodes_.push_back(id);
        steps_[at(in_group_[id])].is_output = true;
      }
    for (const Step& step : steps_)
      for (int value : step.operands)
        if (value >= 0) ++steps_[at(value)].uses;
  }

  bool is_scalar(int value) const {
    if (value >= 0) return false;
    const NodeOutput& input = inputs_[at(~value)];
    return graph_.node(input.node).output_shapes[at(input.output)].rank() == 0;
  }

  bool is_used_once(int value) const {
    return value >= 0 && steps_[at(value)].uses == 1 &&
           !steps_[at(value)].is_output && steps_[at(value)].op >= 0;
  }

  /// The op of a step that is of one op alone.
  std::string_view single_op(const Step& step) const {
    if (step.op < 0) return {};
    const BlockOp& entry = block_ops()[at(step.op)];
    return entry.is_single() ? entry.ops[0] : std::string_view();
  }

  /// A step takes the one that gives its operand into its own loop. The other
  /// is left out: it has op -1 then.
  void join_pairs() {
    for (Step& step : steps_) {
      const std::string_view outer = single_op(step);
      if (step.operands.size() != 2) continue;
      for (std::size_t side : {std::size_t{0}, std::size_t{1}}) {
        if (!is_used_once(step.operands[side])) continue;
        Step& inner = steps_[at(step.operands[side])];
        // Sums and products do not care which operand comes first.
        int pair = find_block_pair(
            single_op(inner), outer, side == 1 && outer == "Sub");
        if (pair < 0 || !has_block_loop(pair, step.type, step.result_type))
          continue;
        step.operands = {
            inner.operands[0], inner.operands[1], step.operands[1 - side]};
        // What stays the same over a block is best the second operand.
        if (single_op(inner) != "Sub" && is_scalar(step.operands[0]))
          std::swap(step.operands[0], step.operands[1]);
        step.op = pair;
        inner.op = -1;
        break;
      }
    }
    join_affine_pairs();
  }

  /// x * y + z, times something, plus something: of such pairs, two in a loop.
  void join_affine_pairs() {
    const int affine = find_block_pair("Mul", "AddV2", false);
    const int affine_pair = find_block_affine_pair();
    for (Step& step : steps_) {
      if (step.op != affine ||
          !has_block_loop(affine_pair, step.type, step.result_type))
        continue;
      for (std::size_t side : {std::size_t{0}, std::size_t{1}}) {
        if (!is_used_once(step.operands[side])) continue;
        Step& inner = steps_[at(step.operands[side])];
        if (inner.op != affine) continue;
        step.operands = {inner.operands[0],
                         inner.operands[1],
                         inner.operands[2],
                         step.operands[1 - side],
                         step.operands[2]};
        step.op = affine_pair;
        inner.op = -1;
        break;
      }
    }
  }

  /// Gives outputs their slots and lets other values share registers.
  void place_in_slots() {
    std::vector<int> last_use(steps_.size(), -1);
    for (std::size_t i = 0; i < steps_.size(); ++i)
      if (steps_[i].op >= 0)
        for (int value : steps_[i].operands)
          if (value >= 0) last_use[at(value)] = static_cast<int>(i);
    const int outputs_begin = static_cast<int>(inputs_.size());
    int next_slot = outputs_begin + static_cast<int>(output_nodes_.size());
    std::vector<int> free, slot_of(steps_.size());
    std::vector<int> output_slot(steps_.size(), -1);
    for (std::size_t k = 0; k < output_nodes_.size(); ++k)
      output_slot[at(in_group_[output_nodes_[k]])] =
          outputs_begin + static_cast<int>(k);
    std::vector<Step> kept;
    for (std::size_t i = 0; i < steps_.size(); ++i) {
      const Step& step = steps_[i];
      if (step.op < 0) continue;
      int& slot = slot_of[i];
      // Not the place of an operand: loops do not write what they read.
      if (output_slot[i] >= 0) {
        slot = output_slot[i];
      } else if (!free.empty()) {
        slot = free.back();
        free.pop_back();
      } else {
        slot = next_slot++;
      }
      BlockStep made =
          block_step(step.op, step.type, step.result_type, slot, {});
      for (std::size_t k = 0; k < step.operands.size(); ++k) {
        int value = step.operands[k];
        made.operands[k] = value < 0 ? ~value : slot_of[at(value)];
        bool dies = value >= 0 && last_use[at(value)] == static_cast<int>(i) &&
                    output_slot[at(value)] < 0;
        if (dies) {
          free.push_back(slot_of[at(value)]);
          last_use[at(value)] = -1;
        }
      }
      slotted_.push_back(made);
      kept.push_back(step);
    }
    value_steps_ = std::move(steps_);
    steps_ = std::move(kept);
  }

  /// For each output, how many inputs it depends on, and which.
  std::vector<std::int32_t> sources_of_outputs() const {
    std::vector<std::int32_t> sources;
    for (int node : output_nodes_) {
      std::vector<bool> reached(inputs_.size()), seen(value_steps_.size());
      std::vector<int> pending = {in_group_.at(node)};
      while (!pending.empty()) {
        int value = pending.back();
        pending.pop_back();
        if (value < 0) {
          reached[at(~value)] = true;
        } else if (!seen[at(value)]) {
          seen[at(value)] = true;
          const auto& operands = value_steps_[at(value)].operands;
          pending.insert(pending.end(), operands.begin(), operands.end());
        }
      }
      std::size_t count = sources.size();
      sources.push_back(0);
      for (std::size_t i = 0; i < reached.size(); ++i)
        if (reached[i]) sources.push_back(static_cast<std::int32_t>(i));
      sources[count] = static_cast<std::int32_t>(sources.size() - count - 1);
    }
    return sources;
  }

  const Graph& graph_;
  const UseCounts& uses_;
  std::map<int, int> in_group_;  // value by node
  std::vector<NodeOutput> inputs_;
  std::vector<int> output_nodes_;
  std::vector<Step> steps_, value_steps_;
  std::vector<BlockStep> slotted_;
};

}  // namespace

/// Replaces groups of elementwise nodes by one that runs them block by block:
/// values between them never reach memory.
FunctionBody fuse_elementwise(FunctionBody body) {
  std::map<int, std::vector<int>> groups = Grouping(body).take();
  if (groups.empty()) return body;
  UseCounts uses(body);
  std::map<int, Compiler> programs;  // by the group's last node
  std::vector<int> last_of(body.graph.size(), -1);
  for (const auto& [last, nodes] : groups) {
    programs.try_emplace(last, body, uses, nodes);
    for (int node : nodes) last_of[static_cast<std::size_t>(node)] = last;
  }
  std::map<int, Attrs> attrs;
  for (const auto& [last, program] : programs)
    attrs.emplace(last, program.attrs());
  return rewrite(
      std::move(body), [&](Node& node, Rewriter& graph) -> Replacement {
        int last = last_of[static_cast<std::size_t>(node.id)];
        if (last < 0) return {};
        if (node.id != last) return std::vector<NodeOutput>();
        const Compiler& program = programs.at(last);
        std::vector<NodeOutput> inputs;
        for (const NodeOutput& input : program.inputs())
          inputs.push_back(graph.now(input));
        NodeOutput fused = graph.add(
            node, "_TernFusedElementwise", std::move(inputs), attrs.at(last));
        Replacement result = std::vector<NodeOutput>();
        for (std::size_t k = 0; k < program.outputs().size(); ++k) {
          NodeOutput now{fused.node, static_cast<int>(k)};
          if (program.outputs()[k] == last)
            result = std::vector<NodeOutput>{now};
          else
            graph.place({program.outputs()[k], 0}, now);
        }
        return result;
      });
}

}  // namespace tern::passes
