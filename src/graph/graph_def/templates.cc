#include "graph/graph_def/templates.h"

#include <algorithm>
#include <map>

#include "tern/core/error.h"

namespace tern {
namespace {

/// Values by name, in one order.
using Values = std::map<std::string, const proto::AttrValue*>;

Values values_of(const proto::OpDef& signature, const AttrMap& attrs) {
  Values values;
  for (const auto& attr : signature.attr()) {
    auto given = attrs.find(attr.name());
    if (given != attrs.end())
      values[attr.name()] = &given->second;
    else if (attr.has_default_value())
      values[attr.name()] = &attr.default_value();
    else
      throw InvalidArgumentError("Attr ",
                                 attr.name(),
                                 " is not found from function call '",
                                 signature.name(),
                                 "'");
  }
  return values;
}

void replace(proto::AttrValue& attr, const Values& values) {
  if (attr.value_case() == proto::AttrValue::kPlaceholder) {
    auto value = values.find(attr.placeholder());
    if (value == values.end())
      throw InvalidArgumentError(
          "Attr placeholder '", attr.placeholder(), "' is not bound");
    attr = proto::AttrValue(*value->second);
  } else if (attr.has_func()) {
    for (auto& [name, inner] : *attr.mutable_func()->mutable_attr())
      replace(inner, values);
  } else if (attr.has_list()) {
    for (auto& function : *attr.mutable_list()->mutable_func())
      for (auto& [name, inner] : *function.mutable_attr())
        replace(inner, values);
  }
}

void bind_types(google::protobuf::RepeatedPtrField<proto::OpDef::ArgDef>& args,
                const std::string& function,
                const Values& values) {
  for (auto& arg : args) {
    if (!arg.number_attr().empty() || !arg.type_list_attr().empty())
      throw UnimplementedError("Function '",
                               function,
                               "': argument '",
                               arg.name(),
                               "' stands for a list of tensors");
    if (arg.type_attr().empty()) continue;
    auto value = values.find(arg.type_attr());
    if (value == values.end() ||
        value->second->value_case() != proto::AttrValue::kType)
      throw InvalidArgumentError("Function '",
                                 function,
                                 "': the type of '",
                                 arg.name(),
                                 "' is attr '",
                                 arg.type_attr(),
                                 "', which is no type");
    arg.set_type(value->second->type());
    arg.clear_type_attr();
  }
}

}  // namespace

bool is_template(const proto::OpDef& signature) {
  auto is_open = [](const proto::OpDef::ArgDef& arg) {
    return !arg.type_attr().empty() || !arg.number_attr().empty() ||
           !arg.type_list_attr().empty();
  };
  const auto& inputs = signature.input_arg();
  const auto& outputs = signature.output_arg();
  return signature.attr_size() > 0 ||
         std::any_of(inputs.begin(), inputs.end(), is_open) ||
         std::any_of(outputs.begin(), outputs.end(), is_open);
}

proto::FunctionDef instantiate(const proto::FunctionDef& definition,
                               const AttrMap& attrs) {
  proto::FunctionDef function = definition;
  proto::OpDef& signature = *function.mutable_signature();
  Values values = values_of(definition.signature(), attrs);
  std::string name = signature.name() + "[";
  for (const auto& [attr, value] : values) {
    // The values that types have in messages are short.
    if (name.back() != '[') name += ',';
    name += attr + "=" + value->ShortDebugString();
  }
  signature.set_name(name + "]");
  signature.clear_attr();
  bind_types(*signature.mutable_input_arg(), name, values);
  bind_types(*signature.mutable_output_arg(), name, values);
  for (proto::NodeDef& node : *function.mutable_node_def())
    for (auto& [attr, value] : *node.mutable_attr()) replace(value, values);
  return function;
}

}  // namespace tern
