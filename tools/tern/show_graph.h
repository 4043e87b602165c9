#pragma once

#include <ostream>
#include <string>

namespace tern::command {

struct ShowArguments {
  std::string graph;  // a file
  bool dot = false;
};

/// Writes what a GraphDef file holds, as text or as a picture in Graphviz's
/// language.
void show_graph(const ShowArguments& arguments, std::ostream& out);

}  // namespace tern::command
