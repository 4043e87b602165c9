#include "graph/passes/block_compiler.h"

#include <algorithm>

#include "ops/apply.h"

namespace tern::passes {
namespace {

std::size_t at(int i) { return static_cast<std::size_t>(i); }

}  // namespace

BlockCompiler::BlockCompiler(const FunctionBody& body,
                             const UseCounts& uses,
                             const BlockGroup& group)
    : graph_(body.graph), uses_(uses), reduction_(group.reduction) {
  for (int id : group.nodes) in_group_[id] = {};
  for (int id : group.nodes) add_node(graph_.node(id));
  find_results(group);
  join_pairs();
  place_in_slots();
  attrs_ = attrs();
}

std::string_view BlockCompiler::call_name() const {
  return reduction_ < 0 ? "_TernFusedElementwise" : "_TernFusedReduction";
}

int BlockCompiler::input(Input wanted) {
  auto known = std::find(inputs_.begin(), inputs_.end(), wanted);
  if (known == inputs_.end()) {
    inputs_.push_back(wanted);
    known = inputs_.end() - 1;
  }
  return ~static_cast<int>(known - inputs_.begin());
}

int BlockCompiler::value_of(NodeOutput output) {
  auto inside = in_group_.find(output.node);
  if (inside != in_group_.end()) return inside->second;
  const Node& source = graph_.node(output.node);
  return input(
      {.source = output,
       .type = source.output_types[at(output.output)],
       .is_scalar = source.output_shapes[at(output.output)].rank() == 0});
}

int BlockCompiler::add_helper(const Node& stands_for,
                              std::string_view op,
                              std::vector<NodeOutput> inputs,
                              Attrs attrs) {
  Node named;
  named.name = stands_for.name;
  named.device = stands_for.device;
  helpers_.push_back(
      {std::move(named), op, std::move(inputs), std::move(attrs)});
  return static_cast<int>(helpers_.size()) - 1;
}

int BlockCompiler::constant(const Node& node, const Tensor& value) {
  const OpDef& op = OpRegistry::global().get("Const");
  const int helper = add_helper(
      node,
      op.name,
      {},
      detail::attrs_by_name(op, {{"dtype", value.dtype()}, {"value", value}}));
  return input({.source = {0, 0},
                .helper = helper,
                .type = value.dtype(),
                .is_scalar = value.shape().rank() == 0});
}

int BlockCompiler::add_step(BlockForm form,
                            const Node& node,
                            std::vector<int> operands) {
  DType type = draws_numbers(form) ? node.output_types[0]
                                   : block_operand_type(graph_, node);
  steps_.push_back(
      {form.op, type, node.output_types[0], node.id, std::move(operands)});
  return static_cast<int>(steps_.size()) - 1;
}

/// x > 0 ? chosen : alpha * chosen, with `chosen` the first operand and x the
/// last one: LeakyRelu has one for both.
int BlockCompiler::add_leaky(const Node& node,
                             const std::vector<int>& operands) {
  const DType type = node.output_types[0];
  const float alpha = node.attr("alpha").get<float>();
  auto scalar = [&](float number) {
    Tensor value = Tensor::allocate(type, Shape());
    if (type == float64)
      *value.data<double>() = static_cast<double>(number);
    else
      *value.data<float>() = number;
    return constant(node, value);
  };
  const int is_positive =
      add_step({find_block_op("Less")}, node, {scalar(0), operands.back()});
  steps_.back().result_type = bool_;
  const int leaked =
      add_step({find_block_op("Mul")}, node, {operands.front(), scalar(alpha)});
  return add_step({find_block_op("SelectV2")},
                  node,
                  {is_positive, operands.front(), leaked});
}

/// Stateful and seeded ops leave it to a node of their own to say which numbers
/// come next.
int BlockCompiler::add_random(BlockForm form, const Node& node) {
  const std::string& op = node.op->name;
  const int shape = value_of(node.inputs[0]);
  if (op == kRandomStep)
    return add_step(
        form,
        node,
        {shape, value_of(node.inputs[1]), value_of(node.inputs[2])});
  const bool is_stateful = op == "RandomUniform";
  const OpDef& generator = OpRegistry::global().get(
      is_stateful ? "_TernRandomGenerator" : "StatelessRandomGetKeyCounter");
  Attrs seeds;
  if (is_stateful)
    seeds = detail::attrs_by_name(
        generator,
        {{"seed", node.attr("seed")}, {"seed2", node.attr("seed2")}});
  const int helper = add_helper(node,
                                generator.name,
                                {node.inputs[is_stateful ? 0 : 1]},
                                std::move(seeds));
  auto word = [&](int output) {
    return input({.source = {0, output}, .helper = helper, .type = uint64});
  };
  return add_step(form, node, {shape, word(0), word(1)});
}

void BlockCompiler::add_node(const Node& node) {
  const BlockForm form = block_form(graph_, node);
  if (draws_numbers(form)) {
    in_group_[node.id] = add_random(form, node);
    return;
  }
  std::vector<int> operands;
  for (const NodeOutput& input : node.inputs)
    operands.push_back(value_of(input));
  if (form.swapped) std::swap(operands[0], operands[1]);
  int value = operands[0];
  if (node.op->name == "AddN")
    for (std::size_t i = 1; i < operands.size(); ++i)
      value = add_step(form, node, {value, operands[i]});
  else if (node.op->name.starts_with("LeakyRelu"))
    value = add_leaky(node, operands);
  else
    value = add_step(form, node, std::move(operands));
  in_group_[node.id] = value;
}

void BlockCompiler::find_results(const BlockGroup& group) {
  std::map<int, int> used_inside;
  auto count = [&](NodeOutput input) {
    if (in_group_.contains(input.node)) ++used_inside[input.node];
  };
  for (int id : group.nodes)
    for (const NodeOutput& input : graph_.node(id).inputs) count(input);
  if (reduction_ >= 0) count(graph_.node(reduction_).inputs[0]);
  for (int id : group.nodes)
    if (uses_.of({id, 0}) > used_inside[id]) {
      result_nodes_.push_back(id);
      steps_[at(in_group_[id])].is_result = true;
    }
  if (reduction_ >= 0) {
    result_nodes_.push_back(reduction_);
    steps_[at(in_group_[reduced_node()])].is_result = true;
  }
  for (const Step& step : steps_)
    for (int value : step.operands)
      if (value >= 0) ++steps_[at(value)].uses;
}

bool BlockCompiler::is_scalar(int value) const {
  return value < 0 && inputs_[at(~value)].is_scalar;
}

bool BlockCompiler::is_used_once(int value) const {
  return value >= 0 && steps_[at(value)].uses == 1 &&
         !steps_[at(value)].is_result && steps_[at(value)].op >= 0;
}

/// The op of a step that is of one op alone.
std::string_view BlockCompiler::single_op(const Step& step) const {
  if (step.op < 0) return {};
  const BlockOp& entry = block_ops()[at(step.op)];
  return entry.is_single() ? entry.ops[0] : std::string_view();
}

/// A step takes the one that gives its operand into its own loop. The other is
/// left out: it has op -1 then.
void BlockCompiler::join_pairs() {
  for (Step& step : steps_) {
    const std::string_view outer = single_op(step);
    if (step.operands.size() != 2) continue;
    for (std::size_t side : {std::size_t{0}, std::size_t{1}}) {
      if (!is_used_once(step.operands[side])) continue;
      Step& inner = steps_[at(step.operands[side])];
      // Sums and products do not care which operand comes first.
      int pair =
          find_block_pair(single_op(inner), outer, side == 1 && outer == "Sub");
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
void BlockCompiler::join_affine_pairs() {
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

/// Gives results their slots and lets other values share registers. What is
/// reduced and no result itself has the slot of the reduction's result.
void BlockCompiler::place_in_slots() {
  std::vector<int> last_use(steps_.size(), -1);
  for (std::size_t i = 0; i < steps_.size(); ++i)
    if (steps_[i].op >= 0)
      for (int value : steps_[i].operands)
        if (value >= 0) last_use[at(value)] = static_cast<int>(i);
  const int first_result = static_cast<int>(inputs_.size());
  int next_slot = first_result + static_cast<int>(result_nodes_.size());
  std::vector<int> free, slot_of(steps_.size());
  std::vector<int> result_slot(steps_.size(), -1);
  if (reduction_ >= 0)
    result_slot[at(in_group_[reduced_node()])] = next_slot - 1;
  for (std::size_t k = 0; k < result_nodes_.size(); ++k)
    if (result_nodes_[k] != reduction_)
      result_slot[at(in_group_[result_nodes_[k]])] =
          first_result + static_cast<int>(k);
  if (reduction_ >= 0)
    reduced_slot_ = result_slot[at(in_group_[reduced_node()])];
  std::vector<Step> kept;
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const Step& step = steps_[i];
    if (step.op < 0) continue;
    int& slot = slot_of[i];
    // Not the place of an operand: not all loops may write what they read.
    if (result_slot[i] >= 0) {
      slot = result_slot[i];
    } else if (!free.empty()) {
      slot = free.back();
      free.pop_back();
    } else {
      slot = next_slot++;
    }
    BlockStep made = block_step(step.op, step.type, step.result_type, slot, {});
    for (std::size_t k = 0; k < step.operands.size(); ++k) {
      int value = step.operands[k];
      made.operands[k] = value < 0 ? ~value : slot_of[at(value)];
      bool dies = value >= 0 && last_use[at(value)] == static_cast<int>(i) &&
                  result_slot[at(value)] < 0;
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

/// How many inputs a value depends on, and which; of random numbers, the one
/// that holds their shape, as ~i.
void BlockCompiler::append_sources(int wanted,
                                   std::vector<std::int32_t>& sources) const {
  std::vector<bool> reached(inputs_.size()), shapes(inputs_.size());
  std::vector<bool> seen(value_steps_.size());
  std::vector<int> pending = {wanted};
  while (!pending.empty()) {
    int value = pending.back();
    pending.pop_back();
    if (value < 0) {
      reached[at(~value)] = true;
      continue;
    }
    if (seen[at(value)]) continue;
    seen[at(value)] = true;
    const Step& step = value_steps_[at(value)];
    if (step.op >= 0 && block_ops()[at(step.op)].ops[0] == kRandomStep)
      shapes[at(~step.operands[0])] = true;
    else
      pending.insert(pending.end(), step.operands.begin(), step.operands.end());
  }
  std::size_t count = sources.size();
  sources.push_back(0);
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    if (shapes[i]) sources.push_back(~static_cast<std::int32_t>(i));
    if (reached[i]) sources.push_back(static_cast<std::int32_t>(i));
  }
  sources[count] = static_cast<std::int32_t>(sources.size() - count - 1);
}

Attrs BlockCompiler::attrs() const {
  std::vector<DType> in, out;
  for (const Input& input : inputs_) in.push_back(input.type);
  std::vector<std::int32_t> sources;
  for (int node : result_nodes_) {
    out.push_back(graph_.node(node).output_types[0]);
    append_sources(in_group_.at(node == reduction_ ? reduced_node() : node),
                   sources);
  }
  std::vector<std::string> names;
  for (const Step& step : steps_) names.push_back(graph_.node(step.node).name);
  const Tensor steps = steps_tensor(slotted_);
  const Tensor nodes(std::span<const std::string>(names),
                     Shape({names.size()}));
  const Tensor inputs_of(std::span<const std::int32_t>(sources),
                         Shape({sources.size()}));
  const OpDef& op = OpRegistry::global().get(call_name());
  if (reduction_ < 0)
    return detail::attrs_by_name(op,
                                 {{"Tin", in},
                                  {"Tout", out},
                                  {"steps", steps},
                                  {"nodes", nodes},
                                  {"sources", inputs_of}});
  const Node& reduction = graph_.node(reduction_);
  const int keeps = reduction.op->find_attr("keep_dims");
  return detail::attrs_by_name(
      op,
      {{"Tin", in},
       {"Tout", out},
       {"steps", steps},
       {"nodes", nodes},
       {"sources", inputs_of},
       {"reduction", reduction.op->name},
       {"value", static_cast<std::int64_t>(reduced_slot_)},
       {"axes", *reduced_axes(graph_, reduction)},
       {"keep_dims", keeps >= 0 && reduction.attrs[at(keeps)].get<bool>()}});
}

NodeOutput BlockCompiler::add_call(const Node& last, Rewriter& graph) const {
  std::vector<NodeOutput> helpers;
  for (const Helper& helper : helpers_) {
    std::vector<NodeOutput> inputs;
    for (const NodeOutput& input : helper.inputs)
      inputs.push_back(graph.now(input));
    helpers.push_back(graph.add(
        helper.stands_for, helper.op, std::move(inputs), helper.attrs));
  }
  std::vector<NodeOutput> inputs;
  for (const Input& input : inputs_)
    inputs.push_back(
        input.helper < 0
            ? graph.now(input.source)
            : NodeOutput{helpers[at(input.helper)].node, input.source.output});
  return graph.add(last, call_name(), std::move(inputs), attrs_);
}

}  // namespace tern::passes
