#include "graph/graph_def/node_attrs.h"

#include <algorithm>

#include "tern/core/error.h"

namespace tern {
namespace {

/// Whether a message holds just what `to_proto` makes of the tensor. Large
/// values are not packed again to find out.
bool is_plainly_packed(const proto::TensorProto& packed) {
  if (packed.tensor_content().empty() || packed.tensor_shape().dim_size() == 0)
    return false;
  proto::TensorProto rest;
  rest.set_dtype(packed.dtype());
  *rest.mutable_tensor_shape() = packed.tensor_shape();
  std::size_t content = packed.tensor_content().size();
  // Tag and length of the content.
  std::size_t header =
      1 + google::protobuf::io::CodedOutputStream::VarintSize64(content);
  for (const auto& dim : packed.tensor_shape().dim())
    if (!dim.name().empty()) return false;
  return packed.ByteSizeLong() == rest.ByteSizeLong() + header + content;
}

bool same_message(const proto::AttrValue& a, const proto::AttrValue& b) {
  return a.SerializeAsString() == b.SerializeAsString();
}

bool is_told_by_value(const proto::AttrValue& message, const AttrValue& value) {
  if (message.has_tensor() && is_plainly_packed(message.tensor())) return true;
  return same_message(message, to_proto(value));
}

/// Whether the attr still has the value that the message stands for.
bool stands_for(const proto::AttrValue& message,
                const AttrDef& def,
                const AttrValue& value) {
  try {
    return attr_from_proto(message, def, nullptr) ==
           attr_from_proto(to_proto(value), def, nullptr);
  } catch (const Error&) {
    return false;
  }
}

/// No file makes lists of tensors longer than this.
void check_length(const OpDef& op,
                  const ArgDef& arg,
                  const Attrs& attrs,
                  const std::string& node) {
  constexpr std::int64_t kMaxLength = 1 << 16;
  if (arg.number_attr < 0) return;
  auto i = static_cast<std::size_t>(arg.number_attr);
  auto length = attrs[i].get<std::int64_t>();
  if (length < 0 || length > kMaxLength)
    throw InvalidArgumentError("Value for attr '",
                               op.attrs[i].name,
                               "' of ",
                               length,
                               " is no number of tensors; node '",
                               node,
                               "'");
}

void complete(const OpDef& op, Attrs& attrs, const std::string& node) {
  for (std::size_t i = 0; i < attrs.size(); ++i) {
    if (!attrs[i].is_set()) attrs[i] = op.attrs[i].default_value;
    if (!attrs[i].is_set())
      throw InvalidArgumentError("NodeDef missing attr '",
                                 op.attrs[i].name,
                                 "' from Op<name=",
                                 op.name,
                                 ">; node '",
                                 node,
                                 "'");
  }
  CallSignature::check_given(op, attrs);
  for (const auto* args : {&op.inputs, &op.outputs})
    for (const ArgDef& arg : *args) check_length(op, arg, attrs, node);
}

}  // namespace

Attrs read_attrs(const proto::NodeDef& def,
                 const OpDef& op,
                 const FunctionResolver& resolve,
                 NodeNotes& notes) {
  Attrs attrs(op.attrs.size());
  std::vector<bool> given(op.attrs.size(), false);
  for (const auto& [name, message] : def.attr()) {
    int index = op.find_attr(name);
    if (index < 0) {
      if (!name.starts_with('_'))
        throw InvalidArgumentError(
            "NodeDef mentions attr '", name, "' not in Op<name=", op.name, ">");
      (*notes.rest.mutable_attr())[name] = message;
      continue;
    }
    auto i = static_cast<std::size_t>(index);
    given[i] = true;
    attrs[i] = attr_from_proto(message, op.attrs[i], resolve);
    if (!is_told_by_value(message, attrs[i]))
      (*notes.rest.mutable_attr())[name] = message;
  }
  if (std::find(given.begin(), given.end(), false) != given.end())
    notes.given = std::move(given);
  complete(op, attrs, def.name());
  return attrs;
}

void write_attrs(const Node& node,
                 const AttrExport& options,
                 proto::NodeDef* def) {
  auto& attrs = *def->mutable_attr();
  if (node.notes) attrs = node.notes->rest.attr();
  bool by_name = node.notes && !node.notes->rest.op().empty();
  if (by_name || (node.notes && node.notes->unregistered)) return;
  for (std::size_t i = 0; i < node.op->attrs.size(); ++i) {
    const AttrDef& attr = node.op->attrs[i];
    bool is_default = attr.has_default() && node.attrs[i] == attr.default_value;
    bool was_left_out =
        node.notes && !node.notes->given.empty() && !node.notes->given[i];
    if (is_default && (options.strip_defaults || was_left_out)) {
      attrs.erase(attr.name);
      continue;
    }
    auto noted = attrs.find(attr.name);
    if (noted == attrs.end() || !stands_for(noted->second, attr, node.attrs[i]))
      attrs[attr.name] = to_proto(node.attrs[i]);
  }
}

}  // namespace tern
