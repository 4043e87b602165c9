#pragma once

#include <memory>
#include <string>
#include <vector>

#include "graph/graph.h"
#include "io/proto/graph.pb.h"

namespace tern {

/// What a NodeDef says beyond the fields of `Node`, kept so that an export
/// gives the message that was imported.
struct NodeNotes {
  /// Attrs outside the signature, attrs whose message says more than their
  /// value does (packing of a tensor, names of dimensions, attrs of a function
  /// reference), and the experimental fields. `op` is set where it is not the
  /// name of the node's OpDef: the name of the function that is called.
  proto::NodeDef rest;
  /// Which attrs of the signature were written down; empty: all.
  std::vector<bool> given;
  /// The stand-in for an op that Tern lacks; the node's `op` points to it.
  std::shared_ptr<const OpDef> unregistered;
  /// "arg:index" of each output where the OpDef does not tell.
  std::vector<std::string> output_names;
};

/// What a GraphDef or a FunctionDef says beyond nodes and functions.
struct GraphNotes {
  /// Versions, gradients of functions, debug info; no nodes, and functions as
  /// far as they could not become a GraphFunction: templates, whose types are
  /// attrs.
  proto::GraphDef rest;
  /// Names of the library's functions in the order of the message.
  std::vector<std::string> function_order;
  /// Of a function's body: its signature and attrs, without nodes.
  proto::FunctionDef function;
  /// It is what a template is for the attrs of a call; files hold the template.
  bool is_instance = false;
};

}  // namespace tern
