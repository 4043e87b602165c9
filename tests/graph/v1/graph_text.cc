#include "tests/graph/v1/graph_text.h"

#include <algorithm>
#include <sstream>

#include "graph/graph_def/graph_def.h"

namespace tern::test {

std::string node(const std::string& name,
                 const std::string& op,
                 const std::string& inputs,
                 const std::string& attrs) {
  std::string text = "node { name: '" + name + "' op: '" + op + "' ";
  std::istringstream stream(inputs);
  for (std::string input; stream >> input;) text += "input: '" + input + "' ";
  return text + attrs + " }\n";
}

std::string type(const std::string& dtype, const std::string& attr) {
  return "attr { key: '" + attr + "' value { type: " + dtype + " } }";
}

std::string floats(const std::string& attr) { return type("DT_FLOAT", attr); }

std::string constant_node(const std::string& name,
                          const std::string& value,
                          const std::string& control) {
  return node(name,
              "Const",
              control,
              floats("dtype") +
                  "attr { key: 'value' value { tensor { dtype: DT_FLOAT "
                  "tensor_shape {} float_val: " +
                  value + " } } }");
}

std::string bool_node(const std::string& name, bool value) {
  return node(name,
              "Const",
              "",
              type("DT_BOOL", "dtype") +
                  "attr { key: 'value' value { tensor { dtype: DT_BOOL "
                  "tensor_shape {} bool_val: " +
                  (value ? "true" : "false") + " } } }");
}

std::string placeholder_node(const std::string& name) {
  return node(name,
              "Placeholder",
              "",
              floats("dtype") +
                  "attr { key: 'shape' value { shape { unknown_rank: true } } "
                  "}");
}

std::string variable_node(const std::string& name) {
  return node(name,
              "VariableV2",
              "",
              floats("dtype") + "attr { key: 'shape' value { shape {} } }");
}

std::string frame(const std::string& name, bool is_constant) {
  return floats() + "attr { key: 'frame_name' value { s: '" + name +
         "' } } attr { key: 'is_constant' value { b: " +
         (is_constant ? "true" : "false") + " } }";
}

std::string merge_node(const std::string& name, const std::string& inputs) {
  auto count = [&] {
    std::istringstream stream(inputs);
    int n = 0;
    for (std::string input; stream >> input;) n += input[0] != '^';
    return n;
  };
  return node(name,
              "Merge",
              inputs,
              floats() + "attr { key: 'N' value { i: " +
                  std::to_string(count()) + " } }");
}

compat::v1::Graph graph_of(const std::string& text) {
  return compat::v1::import_serialized_graph_def(
      parse_text_graph_def(text, "test").SerializeAsString(), {.name = ""});
}

}  // namespace tern::test
