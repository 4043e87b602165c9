#pragma once

#include <string>

#include "tern/graph/v1.h"

/// GraphDefs in protobuf's text format, node by node.
namespace tern::test {

/// `inputs`: names with spaces between them.
std::string node(const std::string& name,
                 const std::string& op,
                 const std::string& inputs,
                 const std::string& attrs = "");
std::string type(const std::string& dtype, const std::string& attr = "T");
std::string floats(const std::string& attr = "T");
std::string constant_node(const std::string& name,
                          const std::string& value,
                          const std::string& control = "");
std::string bool_node(const std::string& name, bool value);
std::string placeholder_node(const std::string& name);
std::string variable_node(const std::string& name);
/// The attrs of an Enter of floats.
std::string frame(const std::string& name, bool is_constant);
std::string merge_node(const std::string& name, const std::string& inputs);

compat::v1::Graph graph_of(const std::string& text);

}  // namespace tern::test
