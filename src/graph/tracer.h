#pragma once

#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "graph/graph.h"
#include "graph/symbolic.h"
#include "tern/core/nest.h"

namespace tern {

/// An interpreter that writes calls down as a graph. Tensors from outside
/// become arguments ("captures"); small values that no gradient can ask for
/// become constants. Calls with effects get control edges so that they run in
/// the order they were made: per resource, and one chain for all others.
class Tracer : public Interpreter {
 public:
  struct Capture {
    Tensor outer;
    int node;  // its placeholder
  };

  /// What happens to tensors that have values already: arguments of the
  /// function, or (when it must not get any) constants in it.
  enum class Values { kCapture, kEmbed };

  /// Whether effects keep the order of their calls, or only that which control
  /// edges demand, as in a graph of TensorFlow 1.
  enum class Effects { kOrdered, kFree };

  explicit Tracer(std::string name,
                  Values values = Values::kCapture,
                  Effects effects = Effects::kOrdered);

  /// A placeholder for an explicit argument.
  Tensor add_argument(const TensorSpec& spec, HandleInfo handle = {});
  /// A placeholder that is no argument: a session feeds it.
  Tensor add_placeholder(const TensorSpec& spec, HandleInfo handle = {});
  /// As an argument of the dtype, shape and handle of `like`.
  Tensor add_argument_like(const Tensor& like, std::string_view name = {});

  Outputs apply(const OpDef& op,
                std::span<const Tensor> inputs,
                const Attrs& attrs) override;
  Tensors mark_custom_gradient(const Tensors& inputs,
                               const Tensors& outputs,
                               const BackwardFunction& backward) override;

  /// The symbol of this graph for any tensor: captures or copies it in.
  Tensor lift(const Tensor& tensor);
  const std::vector<Capture>& captures() const { return captures_; }
  const Graph& graph() const { return *graph_; }
  std::shared_ptr<Graph> shared_graph() const { return graph_; }
  /// Makes the captures exactly these outer tensors, in this order: those not
  /// captured so far become arguments that nothing uses.
  void set_captures(const Tensors& outer);

  /// The finished function: explicit arguments, then captures.
  GraphFunctionPtr finish(
      const Tensors& outputs,
      std::shared_ptr<const FunctionExtension> extension = nullptr);
  /// The outer tensors of the captures, in order.
  Tensors captured() const;

 private:
  struct ResourceUse {
    int last_writer = -1;
    std::vector<int> readers;
  };

  NodeOutput source_of(const Tensor& symbol) const;
  Tensor add_constant(const Tensor& value);
  Tensor capture(const Tensor& tensor);
  void add_control_edges(Node& node);
  /// Adds the nodes that have to run before this one.
  void order_effects(const Node& node, std::set<int>& before);

  std::string name_;
  Values values_;
  Effects effects_order_;
  std::shared_ptr<Graph> graph_;
  std::vector<int> arguments_;
  std::vector<Capture> captures_;
  std::unordered_map<std::uint64_t, Tensor> lifted_;  // by outer tensor's id
  std::unordered_map<int, ResourceUse> resources_;    // by handle's node
  int last_effect_ = -1;
  std::vector<int> effects_;
};

/// While it lives, nodes that tracers add on this thread run after the nodes
/// that give these tensors, as far as they are of the same graph.
class ControlScope {
 public:
  explicit ControlScope(const Tensors& before);
  ~ControlScope();
  ControlScope(const ControlScope&) = delete;
};

/// Traces `body` with symbols for `arguments`' specs; recorders are quiet.
class TraceScope {
 public:
  explicit TraceScope(Tracer& tracer) : interpreter_(&tracer) {}

 private:
  RecordingPause pause_;
  InterpreterScope interpreter_;
};

/// Replays the function's nodes through `apply`: inlines it where a tracer is
/// active, so that tapes see every op. Returns its outputs. While `Replay`
/// objects of a function live, its symbols stand for the replayed tensors (the
/// gradient of a custom_gradient may refer to them).
class Replay {
 public:
  Replay(const GraphFunction& function, const Tensors& arguments);
  ~Replay();
  Replay(const Replay&) = delete;

  Tensors outputs() const;
  /// What stands for a symbol of a function being replayed, else undefined.
  static Tensor find(const GraphTensor& symbol);

 private:
  const GraphFunction& function_;
  std::vector<Tensors> values_;
};

/// Replays and forgets.
Tensors inline_function(const GraphFunction& function,
                        const Tensors& arguments);

}  // namespace tern
