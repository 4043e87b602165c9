#include "graph/v1/ref_variables.h"

#include <algorithm>
#include <map>

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
    // References lead back to variables, so that these come first.
    for (const Node& node : graph_.nodes())
      if (is_variable(*node.op)) add_variable(node);
    for (const Node& node : graph_.nodes()) add_in_order(node.id);
    for (const auto& [id, uses] : open_inputs_) connect(id, uses);
    result_.library() = graph_.library();
    return std::move(result_);
  }

 private:
  /// What stands for a reference.
  struct Resource {
    int handle = -1;
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
    resources_[node.id] = {handle, {}};
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
    for (std::size_t i = 0; i < node.op->inputs.size(); ++i) {
      if (!node.op->inputs[i].is_ref || i >= node.inputs.size()) continue;
      const Node& from = graph_.node(node.inputs[i].node);
      if (gives_reference(from) && !resources_.contains(from.id))
        return from.id;
    }
    return -1;
  }

  static bool gives_reference(const Node& node) {
    return !node.op->outputs.empty() && node.op->outputs[0].is_ref;
  }

  void add(const Node& node) {
    if (is_variable(*node.op)) {
      now_[static_cast<std::size_t>(node.id)] =
          add_read(node.name, node, resources_.at(node.id), {});
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
    read.inputs = {{resource.handle, 0}};
    read.control_inputs = resource.after;
    read.control_inputs.insert(
        read.control_inputs.end(), after.begin(), after.end());
    give(read, like.output_types[0], like.output_shapes[0]);
    return read.id;
  }

  void add_update(const Node& node) {
    if (node.op->name.starts_with("Ref"))
      throw UnimplementedError("node '",
                               node.name,
                               "' (op: '",
                               node.op->name,
                               "'): references to variables that pass through "
                               "control flow are not supported");
    Node& update =
        add_call(resource_form(*node.op),
                 gives_reference(node) ? node.name + "/update" : node.name,
                 node);
    int id = update.id;
    std::vector<NodeOutput> inputs;
    std::vector<int> after;
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      if (!node.op->inputs[i].is_ref) {
        inputs.push_back(node.inputs[i]);
        continue;
      }
      Resource resource = resource_behind(node.inputs[i]);
      inputs.push_back({~resource.handle, 0});  // of the result already
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
    resources_[node.id] = changed;
    now_[static_cast<std::size_t>(node.id)] =
        add_read(node.name, node, changed, {});
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
    auto known = resources_.find(reference.node);
    if (known != resources_.end()) return known->second;
    const Node& node = graph_.node(reference.node);
    auto key = std::pair(reference.node, reference.output);
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
    return frozen_[key] = {handle, {start.id}};
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
    for (std::size_t i = 0; i < result_.node(id).inputs.size(); ++i) {
      NodeOutput from = result_.node(id).inputs[i];
      NodeOutput now = from.node < 0 ? NodeOutput{~from.node, 0}
                                     : value_of(from, id, controls);
      result_.node(id).inputs[i] = now;
    }
    auto& all = result_.node(id).control_inputs;
    all.insert(all.end(), controls.begin(), controls.end());
  }

  /// What a user of an output reads: of a reference a value of its own.
  NodeOutput value_of(NodeOutput from,
                      int user,
                      const std::vector<int>& controls) {
    const Node& node = graph_.node(from.node);
    const std::string name = result_.node(user).name + "/" + node.name;
    if (auto found = resources_.find(from.node); found != resources_.end())
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
  std::vector<int> now_;               // what has a node's name and value now
  std::vector<bool> resized_;          // variables that get values of any shape
  std::map<int, Resource> resources_;  // by node that gives a reference
  std::map<std::pair<int, int>, Resource> frozen_;
  std::vector<std::pair<int, int>> open_inputs_;
};

}  // namespace

bool has_references(const Graph& graph) {
  return std::any_of(
      graph.nodes().begin(), graph.nodes().end(), [](const Node& node) {
        return has_reference(*node.op) && !node.op->name.starts_with("Ref");
      });
}

Graph lower_references(const Graph& graph) { return Lowering(graph).run(); }

}  // namespace tern::v1
