#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ops/apply.h"
#include "ops/infer_context.h"

namespace tern {

/// Output `output` of node `node` of the same graph.
struct NodeOutput {
  int node = -1;
  int output = 0;
  friend bool operator==(const NodeOutput&, const NodeOutput&) = default;
};

/// A custom_gradient in a graph: the node's inputs are the `num_outputs`
/// outputs of the user's function, then the function's inputs.
struct CustomGradientNode {
  std::size_t num_outputs;
  BackwardFunction backward;
};

/// What a NodeDef or a GraphDef holds beyond what running needs; see
/// graph_def/notes.h.
struct NodeNotes;
struct GraphNotes;

/// One call in a graph, as a NodeDef of TensorFlow: nodes refer to earlier or
/// later ones by index.
struct Node {
  int id = 0;
  std::string name;
  const OpDef* op = nullptr;
  Attrs attrs;  // complete
  std::vector<NodeOutput> inputs;
  std::vector<int> control_inputs;
  std::string device;
  std::vector<DType> output_types;
  std::vector<Shape> output_shapes;
  std::vector<HandleInfo> output_handles;
  /// Set on the IdentityN node that stands for a custom_gradient.
  std::shared_ptr<const CustomGradientNode> custom_gradient;
  /// Set where a message said more than the other fields hold.
  std::shared_ptr<const NodeNotes> notes;

  const AttrValue& attr(std::string_view attr_name) const {
    return attrs[static_cast<std::size_t>(op->attr_index(attr_name))];
  }
};

class GraphFunction;
class NodeStates;
using FunctionLibrary =
    std::map<std::string, std::shared_ptr<const GraphFunction>, std::less<>>;

/// Calls and the tensors between them: TensorFlow's GraphDef, one to one.
class Graph {
 public:
  /// Adds a node and infers its output shapes; the name gets a suffix "_1",
  /// "_2", … when it is taken. Inputs must be there already.
  Node& add_node(const OpDef& op,
                 std::vector<NodeOutput> inputs,
                 Attrs complete_attrs,
                 std::string_view name = {});
  /// Adds a node as it stands: inputs may refer to nodes added later.
  Node& add_raw_node(Node node);
  /// Infers shapes and handles of a node whose inputs have theirs.
  void infer_outputs(Node& node) const;

  std::size_t size() const { return nodes_.size(); }
  const Node& node(int id) const {
    return nodes_[static_cast<std::size_t>(id)];
  }
  Node& node(int id) { return nodes_[static_cast<std::size_t>(id)]; }
  const std::deque<Node>& nodes() const { return nodes_; }
  /// Null when there is none of that name.
  const Node* find(std::string_view name) const;
  std::string unique_name(std::string_view wanted) const;

  FunctionLibrary& library() { return library_; }
  const FunctionLibrary& library() const { return library_; }

  /// Null for graphs that were not imported.
  const std::shared_ptr<const GraphNotes>& notes() const { return notes_; }
  void set_notes(std::shared_ptr<const GraphNotes> notes) {
    notes_ = std::move(notes);
  }

  /// Nodes that `roots` need, every node after what it depends on (data and
  /// control). Throws InvalidArgumentError for a cycle, naming a node on it.
  std::vector<int> topological_order(const std::vector<int>& roots) const;

 private:
  std::deque<Node> nodes_;
  std::unordered_map<std::string, int> by_name_;
  /// By name wanted, the suffix that the last node got: smaller ones are taken,
  /// since nodes are never removed.
  std::unordered_map<std::string, int> last_suffix_;
  FunctionLibrary library_;
  std::shared_ptr<const GraphNotes> notes_;
};

class Program;

/// What is derived from a function and kept with it: its gradient, the
/// gradient of a loop with it as body, …
struct FunctionExtension {
  virtual ~FunctionExtension() = default;
};

/// A function of tensors as a graph: Placeholder nodes for its arguments, the
/// outputs, and the nodes with effects that run although no output needs them.
/// Immutable once made; functions may share one graph.
class GraphFunction {
 public:
  GraphFunction(std::string name,
                std::shared_ptr<const Graph> graph,
                std::vector<int> arguments,
                std::vector<NodeOutput> outputs,
                std::vector<int> control_outputs,
                std::shared_ptr<const FunctionExtension> extension = nullptr);
  ~GraphFunction();

  const std::string& name() const { return name_; }
  const Graph& graph() const { return *graph_; }
  const std::vector<int>& arguments() const { return arguments_; }
  const std::vector<NodeOutput>& outputs() const { return outputs_; }
  const std::vector<int>& control_outputs() const { return control_outputs_; }
  std::vector<DType> argument_types() const;
  std::vector<DType> output_types() const;
  const Shape& output_shape(std::size_t i) const;
  const HandleInfo& output_handle(std::size_t i) const;
  /// Output i is argument k itself: -1 for none.
  int forwarded_argument(std::size_t output) const;
  /// The argument a node stands for, -1 for none.
  int argument_of(int node) const;
  /// Whether running it has effects beyond its outputs.
  bool is_stateful() const;
  /// What this function was made for, when it is a variant of another.
  const std::shared_ptr<const FunctionExtension>& extension() const {
    return extension_;
  }

  /// Makes it one of a group of functions that call each other in cycles: they
  /// refer to each other without owning, `group` owns them all.
  void join(std::weak_ptr<const void> group) { group_ = std::move(group); }
  /// Stateful nodes keep what they keep there, not in the program. To be said
  /// before the first run.
  void keep_states_in(std::shared_ptr<NodeStates> states) {
    states_ = std::move(states);
  }
  /// What owns `function`, also where it was found in a cycle.
  static std::shared_ptr<const GraphFunction> owned(
      const std::shared_ptr<const GraphFunction>& function);

  /// The program that runs it, made at first use. Thread-safe.
  const Program& program() const;
  /// What `make` gives, remembered under `key` with this function, bounded.
  /// Thread-safe; `make` may run twice and may use the function.
  std::shared_ptr<const GraphFunction> variant(
      const std::string& key,
      const std::function<std::shared_ptr<const GraphFunction>()>& make) const;

 private:
  struct Cache;

  std::string name_;
  std::shared_ptr<const Graph> graph_;
  std::vector<int> arguments_;
  std::vector<NodeOutput> outputs_;
  std::vector<int> control_outputs_;
  std::shared_ptr<const FunctionExtension> extension_;
  std::weak_ptr<const void> group_;
  std::shared_ptr<NodeStates> states_;
  std::unique_ptr<Cache> cache_;
};

using GraphFunctionPtr = std::shared_ptr<const GraphFunction>;

/// A name no other function of this process has: "__inference_f_12".
std::string unique_function_name(std::string_view prefix);

}  // namespace tern
