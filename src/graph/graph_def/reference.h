#pragma once

#include <string>
#include <string_view>

#include "graph/graph.h"

namespace tern {

/// An input of a NodeDef taken apart: "node", "node:2" (output 2 of all),
/// "node:arg:2" (in functions: output 2 of that output arg) or "^node".
struct Reference {
  std::string_view node;
  std::string_view arg;  // empty: `index` counts all outputs
  int index = 0;
  bool control = false;
};

/// Throws InvalidArgumentError.
Reference parse_reference(std::string_view text);

/// How many tensors an arg of a signature stands for.
int arg_size(const ArgDef& arg, const Attrs& complete_attrs);

/// "node" or "node:2".
std::string graph_reference(const Graph& graph, NodeOutput output);
/// "arg" or "node:output_arg:2"; `is_argument` tells the former.
std::string function_reference(const Graph& graph,
                               NodeOutput output,
                               bool is_argument);

}  // namespace tern
