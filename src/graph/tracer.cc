#include "graph/tracer.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "graph/program/program.h"
#include "ops/state/handle_info.h"
#include "tern/core/error.h"
#include "tern/core/resource.h"

namespace tern {
namespace {

/// Ops that only look at the resource they are given.
bool only_reads(const OpDef& op) {
  static const std::set<std::string_view> names = {"ReadVariableOp",
                                                   "ResourceGather",
                                                   "ResourceGatherNd",
                                                   "VariableShape",
                                                   "VarIsInitializedOp"};
  return names.contains(op.name);
}

/// Stateful by TensorFlow's books, but without an effect that has an order.
bool has_no_effect(const OpDef& op) {
  return op.has(kRandom) || op.name == "VarHandleOp" ||
         op.name.starts_with("Placeholder");
}

/// What the control scopes of this thread name, outermost first.
std::vector<Tensors>& control_scopes() {
  thread_local std::vector<Tensors> scopes;
  return scopes;
}

/// The nodes of `graph` that control scopes put before what comes.
std::set<int> demanded_before(const Graph& graph) {
  std::set<int> nodes;
  for (const Tensors& scope : control_scopes())
    for (const Tensor& tensor : scope)
      if (const GraphTensor* origin = graph_tensor(tensor);
          origin && origin->graph == &graph)
        nodes.insert(origin->source.node);
  return nodes;
}

/// Whether a call of functions does more than read and compute.
bool calls_effects(const Node& node) {
  bool calls = false, effects = false;
  for (const AttrValue& attr : node.attrs) {
    if (!attr.holds<FunctionRef>()) continue;
    calls = true;
    const auto& function = attr.get<FunctionRef>().function;
    effects = effects || !function || !function->control_outputs().empty();
  }
  return !calls || effects;
}

/// Values that may be written into the graph: literals, and small firm values
/// of dtypes that no gradient flows through.
bool becomes_constant(const Tensor& tensor, Tracer::Values values) {
  constexpr std::int64_t kMaxElements = 128;
  if (tensor.dtype() == resource || tensor.dtype() == variant) return false;
  if (values == Tracer::Values::kEmbed) return true;
  if (tensor.is_weak()) return true;
  return tensor.num_elements() <= kMaxElements &&
         !tensor.dtype().is_floating() && !tensor.dtype().is_complex();
}

}  // namespace

Tracer::Tracer(std::string name, Values values, Effects effects)
    : name_(std::move(name)),
      values_(values),
      effects_order_(effects),
      graph_(std::make_shared<Graph>()) {
  install_symbolic_values();
}

Tensor Tracer::add_argument(const TensorSpec& spec, HandleInfo handle) {
  Tensor argument = add_placeholder(spec, std::move(handle));
  arguments_.push_back(source_of(argument).node);
  return argument;
}

Tensor Tracer::add_placeholder(const TensorSpec& spec, HandleInfo handle) {
  const OpDef& placeholder = OpRegistry::global().get("Placeholder");
  Node& node = graph_->add_node(
      placeholder,
      {},
      CallSignature::complete(
          placeholder,
          {},
          detail::attrs_by_name(
              placeholder, {{"dtype", spec.dtype}, {"shape", spec.shape}})),
      spec.name.empty() ? "arg" : spec.name);
  node.output_handles[0] = std::move(handle);
  return symbol_of(*graph_, {node.id, 0}, graph_);
}

Tensor Tracer::add_argument_like(const Tensor& like, std::string_view name) {
  return add_argument(TensorSpec(like.shape(), like.dtype(), std::string(name)),
                      handle_info(like));
}

NodeOutput Tracer::source_of(const Tensor& symbol) const {
  return graph_tensor(symbol)->source;
}

Tensor Tracer::add_constant(const Tensor& value) {
  const OpDef& constant = OpRegistry::global().get("Const");
  Tensor firm = value.is_weak() ? value.clone() : value;
  Node& node = graph_->add_node(
      constant,
      {},
      CallSignature::complete(
          constant,
          {},
          detail::attrs_by_name(constant,
                                {{"dtype", firm.dtype()}, {"value", firm}})));
  return symbol_of(*graph_, {node.id, 0}, graph_);
}

Tensor Tracer::capture(const Tensor& tensor) {
  Tensor symbol = add_placeholder(
      TensorSpec(tensor.shape(),
                 tensor.dtype(),
                 tensor.is_symbolic() ? "captured" : "resource"),
      handle_info(tensor));
  captures_.push_back({tensor, source_of(symbol).node});
  return symbol;
}

Tensor Tracer::lift(const Tensor& tensor) {
  if (const GraphTensor* origin = graph_tensor(tensor)) {
    if (origin->graph == graph_.get()) return tensor;
    if (Tensor replayed = Replay::find(*origin); replayed.defined())
      return lift(replayed);
  }
  if (tensor.is_symbolic() && !graph_tensor(tensor))
    throw InvalidArgumentError("symbolic tensor '",
                               tensor.extra()->name(),
                               "' belongs to no graph that is being traced");
  auto it = lifted_.find(tensor.id());
  if (it != lifted_.end()) return it->second;
  Tensor symbol = !tensor.is_symbolic() && becomes_constant(tensor, values_)
                      ? add_constant(tensor)
                      : capture(tensor);
  // The outer tensor must outlive its id's use as a key.
  lifted_.emplace(tensor.id(), symbol);
  return symbol;
}

void Tracer::add_control_edges(Node& node) {
  std::set<int> before = demanded_before(*graph_);
  if (effects_order_ == Effects::kOrdered) order_effects(node, before);
  before.erase(node.id);
  node.control_inputs.assign(before.begin(), before.end());
}

void Tracer::order_effects(const Node& node, std::set<int>& before) {
  const OpDef& op = *node.op;
  if (!op.is_stateful() || has_no_effect(op)) return;
  bool on_resource = false;
  bool reads = only_reads(op);
  bool effects = calls_effects(node);
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    const NodeOutput& input = node.inputs[i];
    const Node& source = graph_->node(input.node);
    if (!(source.output_types[static_cast<std::size_t>(input.output)] ==
          resource))
      continue;
    on_resource = true;
    ResourceUse& use = resources_[input.node];
    if (use.last_writer >= 0) before.insert(use.last_writer);
    if (reads || !effects) {
      use.readers.push_back(node.id);
    } else {
      before.insert(use.readers.begin(), use.readers.end());
      use.readers.clear();
      use.last_writer = node.id;
    }
  }
  bool is_call = std::any_of(
      node.attrs.begin(), node.attrs.end(), [](const AttrValue& attr) {
        return attr.holds<FunctionRef>();
      });
  if (effects && (!on_resource || is_call)) {
    if (last_effect_ >= 0) before.insert(last_effect_);
    last_effect_ = node.id;
  }
  if (effects && !reads) effects_.push_back(node.id);
}

Outputs Tracer::apply(const OpDef& op,
                      std::span<const Tensor> inputs,
                      const Attrs& attrs) {
  std::vector<NodeOutput> sources;
  Tensors symbols;
  for (const Tensor& input : inputs) {
    symbols.push_back(lift(input));
    sources.push_back(source_of(symbols.back()));
  }
  try {
    Node& node = graph_->add_node(
        op, std::move(sources), CallSignature::complete(op, symbols, attrs));
    add_control_edges(node);
    Outputs outputs(node.output_types.size());
    for (std::size_t i = 0; i < outputs.size(); ++i)
      outputs[i] = symbol_of(*graph_, {node.id, static_cast<int>(i)}, graph_);
    return outputs;
  } catch (Error& error) {
    if (std::string_view(error.what()).find(op.name) == std::string_view::npos)
      error.add_context(op.name);
    throw;
  }
}

ControlScope::ControlScope(const Tensors& before) {
  control_scopes().push_back(before);
}

ControlScope::~ControlScope() { control_scopes().pop_back(); }

Tensors Tracer::mark_custom_gradient(const Tensors& inputs,
                                     const Tensors& outputs,
                                     const BackwardFunction& backward) {
  Tensors all = outputs;
  all.insert(all.end(), inputs.begin(), inputs.end());
  Outputs marked = apply(OpRegistry::global().get("IdentityN"), all, {});
  graph_->node(graph_tensor(marked[0])->source.node).custom_gradient =
      std::make_shared<const CustomGradientNode>(
          CustomGradientNode{outputs.size(), backward});
  marked.resize(outputs.size());
  return marked.to_vector();
}

void Tracer::set_captures(const Tensors& outer) {
  std::vector<Capture> ordered;
  for (const Tensor& tensor : outer)
    ordered.push_back({tensor, source_of(lift(tensor)).node});
  captures_ = std::move(ordered);
}

Tensors Tracer::captured() const {
  Tensors outer;
  for (const Capture& capture : captures_) outer.push_back(capture.outer);
  return outer;
}

GraphFunctionPtr Tracer::finish(
    const Tensors& outputs,
    std::shared_ptr<const FunctionExtension> extension) {
  std::vector<NodeOutput> sources;
  for (const Tensor& output : outputs)
    sources.push_back(source_of(lift(output)));
  std::vector<int> arguments = arguments_;
  for (const Capture& capture : captures_) arguments.push_back(capture.node);
  return std::make_shared<GraphFunction>(unique_function_name(name_),
                                         graph_,
                                         std::move(arguments),
                                         std::move(sources),
                                         effects_,
                                         std::move(extension));
}

namespace {

/// The replays in progress on this thread, innermost last.
std::vector<std::pair<const Graph*, const std::vector<Tensors>*>>& replays() {
  thread_local std::vector<std::pair<const Graph*, const std::vector<Tensors>*>>
      stack;
  return stack;
}

Tensors replay_custom_gradient(const Node& node, const Tensors& inputs) {
  const CustomGradientNode& custom = *node.custom_gradient;
  auto middle =
      inputs.begin() + static_cast<std::ptrdiff_t>(custom.num_outputs);
  Tensors function_inputs(middle, inputs.end());
  Tensors outputs(inputs.begin(), middle);
  std::vector<Recorder*> recorders = dispatch().recorders;
  {
    RecordingPause pause;
    if (Interpreter* tracer = current_interpreter())
      outputs = tracer->mark_custom_gradient(
          function_inputs, outputs, custom.backward);
    else
      outputs = apply(*node.op, inputs, node.attrs).to_vector();
  }
  outputs.resize(custom.num_outputs);
  for (Recorder* recorder : recorders)
    if (std::any_of(function_inputs.begin(),
                    function_inputs.end(),
                    [&](const Tensor& x) { return recorder->watches(x); }))
      recorder->record_function(function_inputs, outputs, custom.backward);
  outputs.resize(node.output_types.size());
  return outputs;
}

}  // namespace

Replay::Replay(const GraphFunction& function, const Tensors& arguments)
    : function_(function), values_(function.graph().size()) {
  replays().emplace_back(&function.graph(), &values_);
  try {
    for (int id : execution_order(function)) {
      const Node& node = function.graph().node(id);
      Tensors& outputs = values_[static_cast<std::size_t>(id)];
      if (int argument = function.argument_of(id); argument >= 0) {
        outputs = {arguments[static_cast<std::size_t>(argument)]};
        continue;
      }
      Tensors inputs;
      for (const NodeOutput& input : node.inputs)
        inputs.push_back(values_[static_cast<std::size_t>(input.node)]
                                [static_cast<std::size_t>(input.output)]);
      outputs = node.custom_gradient
                    ? replay_custom_gradient(node, inputs)
                    : apply(*node.op, inputs, node.attrs).to_vector();
    }
  } catch (...) {
    replays().pop_back();
    throw;
  }
}

Replay::~Replay() { replays().pop_back(); }

Tensors Replay::outputs() const {
  Tensors result;
  for (const NodeOutput& output : function_.outputs())
    result.push_back(values_[static_cast<std::size_t>(output.node)]
                            [static_cast<std::size_t>(output.output)]);
  return result;
}

Tensor Replay::find(const GraphTensor& symbol) {
  for (auto it = replays().rbegin(); it != replays().rend(); ++it) {
    if (it->first != symbol.graph) continue;
    const Tensors& outputs =
        (*it->second)[static_cast<std::size_t>(symbol.source.node)];
    auto i = static_cast<std::size_t>(symbol.source.output);
    if (i < outputs.size()) return outputs[i];
  }
  return {};
}

Tensors inline_function(const GraphFunction& function,
                        const Tensors& arguments) {
  return Replay(function, arguments).outputs();
}

}  // namespace tern
