#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tern/core/tensor.h"

/// Graphs and sessions as in TensorFlow 1 (tf.compat.v1): ops are written into
/// a graph first, and a session computes what it is asked for.
namespace tern::compat::v1 {

struct AsGraphDefOptions {
  bool as_text = false;              ///< protobuf's text format (.pbtxt)
  bool strip_default_attrs = false;  ///< leaves out attrs equal to defaults
};

/// A graph that ops are added to: a handle, copies are the same graph.
///
///     v1::Graph graph;
///     Tensor x, y;
///     {
///       auto scope = graph.as_default();
///       x = v1::placeholder(float32, {.shape = {}, .name = "x"});
///       y = x * 2 + 1;
///     }
///     v1::Session(graph).run(y, {{x, 3.0}});  // 7
class Graph {
 public:
  Graph();

  class Scope;
  /// Until the scope ends, ops called on this thread become nodes of the graph
  /// and give symbolic tensors; values from outside become constants.
  [[nodiscard]] Scope as_default() const;
  /// The tensor "op:output". Throws NotFoundError, InvalidArgumentError for
  /// text that is no name of a tensor.
  Tensor get_tensor_by_name(std::string_view name) const;
  /// The names of all nodes, in the order they were added.
  std::vector<std::string> operation_names() const;
  /// The GraphDef, in bytes; the same graph gives the same bytes.
  std::string as_graph_def(const AsGraphDefOptions& options = {}) const;

 private:
  struct State;
  friend struct GraphAccess;
  std::shared_ptr<State> state_;
};

class Graph::Scope {
 public:
  explicit Scope(const Graph& graph);
  ~Scope();
  Scope(const Scope&) = delete;

 private:
  Graph graph_;
  struct Interpreting;
  std::unique_ptr<Interpreting> interpreting_;
};

/// The graph whose scope is innermost on this thread. Throws
/// FailedPreconditionError outside of any.
Graph get_default_graph();

struct ImportOptions {
  std::string name = "import";  ///< put before all names, "name/"; "" for none
};
/// Reads a GraphDef file, binary or (.pbtxt) text. Throws NotFoundError,
/// DataLossError, and InvalidArgumentError for a graph that is not valid.
Graph import_graph_def(const std::string& path, ImportOptions options = {});
/// The same from the bytes of a GraphDef.
Graph import_serialized_graph_def(std::string_view bytes,
                                  ImportOptions options = {});

struct PlaceholderOptions {
  Shape shape = Shape::unknown();
  std::string name = {};
};
/// A tensor of the default graph whose value is fed to Session::run.
Tensor placeholder(DType dtype, PlaceholderOptions options = {});

/// What a session computes or is fed: a tensor, by itself or by its name
/// "op:output"; "op" alone names a node to be run.
class Fetch {
 public:
  Fetch(const char* name) : name_(name) {}
  Fetch(std::string name) : name_(std::move(name)) {}
  /// Throws InvalidArgumentError unless the tensor is symbolic.
  Fetch(const Tensor& tensor);

  const std::string& name() const { return name_; }
  /// Undefined where only a name was given.
  const Tensor& tensor() const { return tensor_; }

 private:
  std::string name_;
  Tensor tensor_;
};
using Feeds = std::vector<std::pair<Fetch, Tensor>>;

/// Runs parts of a graph. What stateful nodes hold (variables, random streams)
/// belongs to the session and lasts as long as it does. Thread-safe.
class Session {
 public:
  explicit Session(const Graph& graph);

  /// Runs what the fetches need, no more, and gives their values (an undefined
  /// tensor for a node that is only run). Feeds replace tensors of the graph.
  /// Throws InvalidArgumentError for tensors of other graphs, for values whose
  /// dtype or shape does not fit, and for a needed placeholder without a value;
  /// NotFoundError for names the graph lacks.
  Tensor run(const Fetch& fetch, const Feeds& feeds = {}) const;
  Tensors run(const std::vector<Fetch>& fetches, const Feeds& feeds = {}) const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

/// A session whose graph is this thread's default as long as it lives, so that
/// no scope is needed.
///
///     v1::InteractiveSession session;
///     Tensor x = v1::placeholder(float32);
///     session.run(x * 2, {{x, 3.0}});  // 6
class InteractiveSession : public Session {
 public:
  /// With the thread's default graph, or a new one where there is none.
  InteractiveSession();
  explicit InteractiveSession(const Graph& graph);

  const Graph& graph() const { return graph_; }

 private:
  Graph graph_;
  Graph::Scope scope_;
};

}  // namespace tern::compat::v1

namespace tern::io {

struct WriteGraphOptions {
  bool as_text = true;
};
/// Writes the GraphDef to a file of that name in `folder`, which is made where
/// there is none. Gives its path. A failed write leaves an older file as it
/// was.
std::string write_graph(const compat::v1::Graph& graph,
                        const std::string& folder,
                        const std::string& name,
                        WriteGraphOptions options = {});

}  // namespace tern::io
