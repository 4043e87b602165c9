#include "graph/v1/ref_variables.h"

#include <algorithm>
#include <map>

#include "graph/v1/control_flow.h"
#include "tern/core/error.h"

namespace tern::v1 {
namespace {

bool is_variable(const OpDef& op) {
  return op.name == "Variable" || op.name == "VariableV2";
}

bool has_reference(const OpDef& op) {
  auto is_ref = [](const ArgDef& arg) { return arg.is_ref; };
  return std::any_of(op.inputs.begin(), op.inputs.end(), is_ref) ||
         std::any_of(op.outputs.begin(), op.outputs.end(), is_ref);
}

/// The op that does to a resource what `op` does to a reference.
std::string resource_form(const OpDef& op) {
  if (op.name == "Assign") return "AssignVariableOp";
  if (op.name == "AssignAdd") return "AssignAddVariableOp";
  if (op.name == "AssignSub") return "AssignSubVariableOp";
  if (op.name == "IsVariableInitialized") return "VarIsInitializedOp";
  return "Resource" + op.name;
}

/// Control flow that references pass through.
bool is_reference_flow(const OpDef& op) {
  return op.name.starts_with("Ref") &&
         (flow_of(op) != Flow::kNone || op.name == "RefSelect" ||
          op.name == "RefIdentity");
}

/// Whether input i of the node is a reference.
bool takes_reference(const Node& node, std::size_t i) {
  if (node.op->name == "RefMerge") return true;
  if (node.op->name == "RefSelect") return i > 0;
  return i < node.op->inputs.size() && node.op->inputs[i].is_ref;
}

const AttrValue* find_attr(const Node& node, std::string_view name) {
  int index = node.op->find_attr(name);
  return index < 0 ? nullptr : &node.attrs[static_cast<std::size_t>(index)];
}

class Lowering {
 public:
  explicit Lowering(const Graph& graph)
      : graph_(graph), now_(graph.size(), -1), resized_(graph.size(), false) {}

  Graph run() {
    for (const Node& node : graph_.nodes())
      if (node.op->name == "Assign" && !node.attr("validate_shape").get<bool>())
        if (int variable = variable_behind(node.inputs[0]); variable >= 0)
          resized_[static_cast<std::size_t>(variable)] = true;
    // References lead back to variables and control flow, so that these come
    // first.
    for (const Node& node : graph_.nodes()) {
      if (is_variable(*node.op)) add_variable(node);
      if (is_reference_flow(*node.op)) add_flow(node);
    }
    for (const Node& node : graph_.nodes()) add_in_order(node.id);
    for (std::size_t i = 0; i < open_inputs_.size(); ++i) {
      auto [id, original] = open_inputs_[i];
      connect(id, original);
    }
    result_.library() = graph_.library();
    return std::move(result_);
  }

 private:
  /// What stands for a reference.
  struct Resource {
    NodeOutput handle;
    std::vector<int> after;  // nodes that must have run before it is used
  };

  Node& add_call(const std::string& op_name,
                 const std::string& name,
                 const Node& like) {
    const OpDef* op = OpRegistry::global().find(op_name);
    if (!op)
      throw UnimplementedError("node '",
                               like.name,
                               "' (op: '",
                               like.op->name,
                               "'): there is no op ",
                               op_name,
                               " that does the same to a resource");
    Node node;
    node.name = result_.find(name) || (graph_.find(name) && name != like.name)
                    ? result_.unique_name(name + "/resource")
                    : name;
    node.op = op;
    node.device = like.device;
    for (const AttrDef& attr : op->attrs) {
      const AttrValue* value = find_attr(like, attr.name);
      if (!value && attr.name == "dtype") value = find_attr(like, "T");
      node.attrs.push_back(value ? *value : attr.default_value);
    }
    return result_.add_raw_node(std::move(node));
  }

  static void give(Node& node, DType dtype, const Shape& shape) {
    node.output_types = {dtype};
    node.output_shapes = {shape};
    node.output_handles = {HandleInfo{}};
  }

  int add_handle(const std::string& name,
                 const Node& like,
                 DType dtype,
                 const Shape& shape) {
    Node& handle = add_call("VarHandleOp", name, like);
    auto set = [&](std::string_view attr, AttrValue value) {
      handle.attrs[static_cast<std::size_t>(handle.op->attr_index(attr))] =
          std::move(value);
    };
    set("dtype", dtype);
    set("shape", shape);
    give(handle, resource, Shape());
    handle.output_handles = {HandleInfo{dtype, shape}};
    return handle.id;
  }

  void add_variable(const Node& node) {
    Shape shape = resized_[static_cast<std::size_t>(node.id)]
                      ? Shape::unknown()
                      : node.output_shapes[0];
    int handle =
        add_handle(node.name + "/handle", node, node.output_types[0], shape);
    resources_[{node.id, 0}] = {{handle, 0}, {}};
  }

  /// Switch, Merge, … of references become the same of resources. They keep
  /// the name: what passes through can be read by its users alone.
  void add_flow(const Node& node) {
    if (node.op->name == "RefSelect") {
      now_[static_cast<std::size_t>(node.id)] = add_select(node);
    } else {
      Node& flow = add_call(node.op->name.substr(3), node.name, node);
      flow.attrs[static_cast<std::size_t>(flow.op->attr_index("T"))] = resource;
      flow.inputs = node.inputs;
      flow.output_types = node.output_types;
      flow.output_shapes = node.output_shapes;
      flow.output_handles = node.output_handles;
      for (std::size_t k = 0; k < node.output_types.size(); ++k)
        if (gives_reference(node, k)) make_handle(flow, node, k);
      now_[static_cast<std::size_t>(node.id)] = flow.id;
      open_inputs_.emplace_back(flow.id, node.id);
    }
    for (std::size_t k = 0; k < node.output_types.size(); ++k)
      if (gives_reference(node, k)) {
        auto output = static_cast<int>(k);
        resources_[{node.id, output}] = {
            {now_[static_cast<std::size_t>(node.id)], output}, {}};
      }
  }

  static void make_handle(Node& flow, const Node& like, std::size_t k) {
    flow.output_types[k] = resource;
    flow.output_shapes[k] = Shape();
    flow.output_handles[k] = {like.output_types[k], like.output_shapes[k]};
  }

  /// RefSelect as a chain: where the index is i, reference i passes, else what
  /// the rest of the chain chooses. Gives the node of the last Merge.
  int add_select(const Node& node) {
    auto count = static_cast<int>(node.inputs.size()) - 1;
    const std::string& name = node.name;
    NodeOutput given = node.inputs[0];
    // Constants stand where the index does, in a loop or a branch.
    int place = add_step("Identity", name + "/index", node, {given}, int32);
    std::vector<std::int32_t> all;
    for (int i = 0; i < count; ++i) all.push_back(i);
    NodeOutput range{~add_constant(name, Tensor(all), place), 0};
    NodeOutput axis{~add_constant(name, Tensor(0).as_dtype(int32), place), 0};
    // Refuses an index that is out of range.
    NodeOutput chosen{~add_step("GatherV2",
                                name + "/checked",
                                node,
                                {range, {~place, 0}, axis},
                                int32),
                      0};
    NodeOutput rest = node.inputs[static_cast<std::size_t>(count)];
    int merge = -1;
    for (int i = count - 1; i-- > 0 || merge < 0;) {
      int at = std::max(i, 0);
      NodeOutput number{~add_constant(name, Tensor(at).as_dtype(int32), place),
                        0};
      NodeOutput equal{
          ~add_step("Equal", name + "/equal", node, {chosen, number}, bool_),
          0};
      int yes = add_step("Switch",
                         name + "/taken",
                         node,
                         {node.inputs[static_cast<std::size_t>(at) + 1], equal},
                         resource);
      int no =
          add_step("Switch", name + "/rest", node, {rest, equal}, resource);
      merge = add_step("Merge",
                       i <= 0 ? name : name + "/merge",
                       node,
                       {{~no, 0}, {~yes, 1}},
                       resource);
      rest = {~merge, 0};
    }
    return merge;
  }

  int add_constant(const std::string& name, const Tensor& value, int after) {
    const OpDef& op = OpRegistry::global().get("Const");
    int id =
        result_
            .add_node(op,
                      {},
                      detail::attrs_by_name(
                          op, {{"dtype", value.dtype()}, {"value", value}}),
                      result_.unique_name(name + "/const"))
            .id;
    result_.node(id).control_inputs = {after};
    return id;
  }

  /// A node of a RefSelect: the outputs are of one dtype, but for value_index.
  int add_step(const std::string& op,
               const std::string& name,
               const Node& like,
               std::vector<NodeOutput> inputs,
               DType dtype) {
    Node& step = add_call(op, name, like);
    for (std::size_t i = 0; i < step.op->attrs.size(); ++i) {
      const AttrDef& attr = step.op->attrs[i];
      if (attr.name == "N")
        step.attrs[i] = static_cast<std::int64_t>(inputs.size());
      else if (attr.kind == AttrKind::kType)
        step.attrs[i] = dtype == bool_ ? int32 : dtype;
      else
        step.attrs[i] = attr.default_value;
    }
    step.inputs = std::move(inputs);
    step.output_types = CallSignature::output_types(*step.op, step.attrs);
    step.output_shapes.assign(step.output_types.size(), Shape());
    step.output_handles.assign(step.output_types.size(), HandleInfo{});
    if (dtype == resource)
      step.output_handles[0] = {like.output_types[0], like.output_shapes[0]};
    open_inputs_.emplace_back(step.id, like.id);
    return step.id;
  }

  /// Adds a node after those whose references it takes.
  void add_in_order(int id) {
    std::vector<int> stack = {id};
    while (!stack.empty()) {
      const Node& node = graph_.node(stack.back());
      int before = reference_to_come(node);
      if (before < 0) {
        if (now_[static_cast<std::size_t>(node.id)] < 0) add(node);
        stack.pop_back();
      } else if (std::find(stack.begin(), stack.end(), before) != stack.end()) {
        throw InvalidArgumentError(
            "Graph has a cycle through node '", node.name, "'");
      } else {
        stack.push_back(before);
      }
    }
  }

  /// A node that gives a reference to this one and was not added yet.
  int reference_to_come(const Node& node) const {
    if (now_[static_cast<std::size_t>(node.id)] >= 0) return -1;
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      const Node& from = graph_.node(node.inputs[i].node);
      if (takes_reference(node, i) && gives_reference(from) &&
          !is_reference_flow(*from.op) && !resources_.contains({from.id, 0}))
        return from.id;
    }
    return -1;
  }

  static bool gives_reference(const Node& node, std::size_t output = 0) {
    return output < node.op->outputs.size() && node.op->outputs[output].is_ref;
  }

  void add(const Node& node) {
    if (is_variable(*node.op)) {
      now_[static_cast<std::size_t>(node.id)] =
          add_read(node.name, node, resources_.at({node.id, 0}), {});
    } else if (has_reference(*node.op)) {
      add_update(node);
    } else {
      Node copy = node;
      now_[static_cast<std::size_t>(node.id)] =
          result_.add_raw_node(std::move(copy)).id;
      open_inputs_.emplace_back(now_[static_cast<std::size_t>(node.id)],
                                node.id);
    }
  }

  /// A read under `name`, whose control inputs are `after` already in terms of
  /// the result.
  int add_read(const std::string& name,
               const Node& like,
               const Resource& resource,
               std::vector<int> after) {
    Node& read = add_call("ReadVariableOp", name, like);
    read.attrs = {AttrValue(like.output_types[0])};
    read.inputs = {resource.handle};
    read.control_inputs = resource.after;
    read.control_inputs.insert(
        read.control_inputs.end(), after.begin(), after.end());
    give(read, like.output_types[0], like.output_shapes[0]);
    return read.id;
  }

  void add_update(const Node& node) {
    Node& update =
        add_call(resource_form(*node.op),
                 gives_reference(node) ? node.name + "/update" : node.name,
                 node);
    int id = update.id;
    std::vector<NodeOutput> inputs;
    std::vector<int> after;
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      if (!takes_reference(node, i)) {
        inputs.push_back(node.inputs[i]);
        continue;
      }
      Resource resource = resource_behind(node.inputs[i]);
      inputs.push_back(in_result(resource.handle));
      after.insert(after.end(), resource.after.begin(), resource.after.end());
    }
    result_.node(id).inputs = std::move(inputs);
    result_.node(id).control_inputs = std::move(after);
    open_inputs_.emplace_back(id, node.id);
    if (!gives_reference(node)) {
      give(result_.node(id), node.output_types[0], node.output_shapes[0]);
      now_[static_cast<std::size_t>(node.id)] = id;
      return;
    }
    Resource changed = resource_behind(node.inputs[0]);
    changed.after = {id};
    resources_[{node.id, 0}] = changed;
    now_[static_cast<std::size_t>(node.id)] =
        add_read(node.name, node, changed, {});
  }

  /// Marks an input as an output of the result already.
  static NodeOutput in_result(NodeOutput output) {
    return {~output.node, output.output};
  }

  /// The variable at the end of a chain of references, -1 for none.
  int variable_behind(NodeOutput reference) const {
    const Node* node = &graph_.node(reference.node);
    for (std::size_t steps = 0; steps < graph_.size(); ++steps) {
      if (is_variable(*node->op)) return node->id;
      if (!gives_reference(*node) || node->inputs.empty()) return -1;
      node = &graph_.node(node->inputs[0].node);
    }
    return -1;
  }

  Resource resource_behind(NodeOutput reference) {
    auto key = std::pair(reference.node, reference.output);
    auto known = resources_.find(key);
    if (known != resources_.end()) return known->second;
    const Node& node = graph_.node(reference.node);
    if (auto made = frozen_.find(key); made != frozen_.end())
      return made->second;
    auto output = static_cast<std::size_t>(reference.output);
    DType dtype = node.output_types[output];
    int handle = add_handle(
        node.name + "/handle", node, dtype, node.output_shapes[output]);
    Node& start = add_call("AssignVariableOp", node.name + "/start", node);
    start.attrs[static_cast<std::size_t>(start.op->attr_index("dtype"))] =
        dtype;
    start.inputs = {{~handle, 0}, reference};
    open_inputs_.emplace_back(start.id, -1);
    return frozen_[key] = {{handle, 0}, {start.id}};
  }

  std::vector<int> controls_of(const Node& node) const {
    std::vector<int> controls;
    for (int before : node.control_inputs)
      controls.push_back(now_[static_cast<std::size_t>(before)]);
    return controls;
  }

  /// Fills in the edges of node `id`, which stands for node `original` (-1:
  /// for none), now that every node is there.
  void connect(int id, int original) {
    std::vector<int> controls;
    if (original >= 0) controls = controls_of(graph_.node(original));
    if (original >= 0 && !has_reference(*graph_.node(original).op))
      result_.node(id).control_inputs.clear();
    bool is_flow =
        original >= 0 && is_reference_flow(*graph_.node(original).op);
    for (std::size_t i = 0; i < result_.node(id).inputs.size(); ++i) {
      NodeOutput from = result_.node(id).inputs[i];
      NodeOutput now = in_result(from);
      if (from.node >= 0)
        now = is_flow && wants_handle(id, i) ? handle_of(from)
                                             : value_of(from, id, controls);
      result_.node(id).inputs[i] = now;
    }
    auto& all = result_.node(id).control_inputs;
    all.insert(all.end(), controls.begin(), controls.end());
  }

  /// Whether a node of control flow passes input i on as a resource.
  bool wants_handle(int id, std::size_t i) const {
    const Node& node = result_.node(id);
    return CallSignature::input_types(*node.op, node.attrs)[i] == resource;
  }

  /// A handle that is there once what the reference waits for has run.
  NodeOutput handle_of(NodeOutput reference) {
    Resource behind = resource_behind(reference);
    if (behind.after.empty()) return behind.handle;
    const Node& node = graph_.node(reference.node);
    Node& waits =
        add_call("Identity", result_.unique_name(node.name + "/handle"), node);
    waits.attrs = {AttrValue(resource)};
    waits.inputs = {behind.handle};
    waits.control_inputs = behind.after;
    give(waits, resource, Shape());
    waits.output_handles = {
        HandleInfo{node.output_types[0], node.output_shapes[0]}};
    return {waits.id, 0};
  }

  /// What a user of an output reads: of a reference a value of its own.
  NodeOutput value_of(NodeOutput from,
                      int user,
                      const std::vector<int>& controls) {
    const Node& node = graph_.node(from.node);
    const std::string name = result_.node(user).name + "/" + node.name;
    if (auto found = resources_.find({from.node, from.output});
        found != resources_.end())
      return {
          add_read(result_.unique_name(name), node, found->second, controls),
          0};
    auto frozen = frozen_.find({from.node, from.output});
    // Who waits for nothing sees the constant.
    if (frozen != frozen_.end() && !controls.empty() &&
        result_.node(user).op->name != "AssignVariableOp")
      return {
          add_read(result_.unique_name(name), node, frozen->second, controls),
          0};
    return {now_[static_cast<std::size_t>(from.node)], from.output};
  }

  const Graph& graph_;
  Graph result_;
  std::vector<int> now_;       // what has a node's name and value now
  std::vector<bool> resized_;  // variables that get values of any shape
  std::map<std::pair<int, int>, Resource> resources_;  // by reference
  std::map<std::pair<int, int>, Resource> frozen_;
  std::vector<std::pair<int, int>> open_inputs_;
};

}  // namespace

bool has_references(const Graph& graph) {
  return std::any_of(graph.nodes().begin(),
                     graph.nodes().end(),
                     [](const Node& node) { return has_reference(*node.op); });
}

Graph lower_references(const Graph& graph) { return Lowering(graph).run(); }

}  // namespace tern::v1
