#include <algorithm>

#include "ops/op_def.h"
#include "tern/core/error.h"

namespace tern {
namespace {

std::int64_t int_attr(const Attrs& attrs, int index) {
  return attrs[static_cast<std::size_t>(index)].get<std::int64_t>();
}

[[noreturn]] void throw_wrong_count(const OpDef& op,
                                    std::size_t wanted,
                                    std::size_t got) {
  throw InvalidArgumentError(op.name, " takes ", wanted, " inputs, got ", got);
}

/// Sets an inferred attr, or checks it against what is there.
void unify_type(
    const OpDef& op, Attrs& attrs, int index, std::size_t input, DType found) {
  AttrValue& value = attrs[static_cast<std::size_t>(index)];
  if (!value.is_set()) {
    value = found;
  } else if (!(value.get<DType>() == found)) {
    throw InvalidArgumentError("cannot compute ",
                               op.name,
                               " as input #",
                               input,
                               "(zero-based) was expected to be a ",
                               value.get<DType>().name(),
                               " tensor but is a ",
                               found.name(),
                               " tensor [Op:",
                               op.name,
                               "]");
  }
}

void check_fixed_type(const OpDef& op,
                      const ArgDef& arg,
                      std::size_t input,
                      DType found) {
  if (found == arg.type) return;
  throw InvalidArgumentError("cannot compute ",
                             op.name,
                             " as input #",
                             input,
                             "(zero-based) was expected to be a ",
                             arg.type.name(),
                             " tensor but is a ",
                             found.name(),
                             " tensor [Op:",
                             op.name,
                             "]");
}

std::size_t list_length(const AttrValue& value) {
  return std::visit(
      [](const auto& list) -> std::size_t {
        using T = std::decay_t<decltype(list)>;
        if constexpr (requires { list.size(); } &&
                      !std::is_same_v<T, std::string>)
          return list.size();
        else
          return 0;
      },
      value.storage());
}

void check_attr(const OpDef& op, const AttrDef& def, const AttrValue& value) {
  auto check_type = [&](DType type) {
    if (def.allowed_types.empty()) return;
    if (std::find(def.allowed_types.begin(), def.allowed_types.end(), type) !=
        def.allowed_types.end())
      return;
    std::string allowed;
    for (DType t : def.allowed_types)
      allowed += (allowed.empty() ? "" : ", ") + std::string(t.name());
    throw InvalidArgumentError("Value for attr '",
                               def.name,
                               "' of ",
                               type.name(),
                               " is not in the list of allowed values: ",
                               allowed,
                               " [Op:",
                               op.name,
                               "]");
  };
  if (value.holds<DType>()) check_type(value.get<DType>());
  if (value.holds<std::vector<DType>>())
    for (DType type : value.get<std::vector<DType>>()) check_type(type);
  if (!def.allowed_strings.empty() && value.holds<std::string>() &&
      std::find(def.allowed_strings.begin(),
                def.allowed_strings.end(),
                value.get<std::string>()) == def.allowed_strings.end()) {
    std::string allowed;
    for (const std::string& s : def.allowed_strings)
      allowed += (allowed.empty() ? "\"" : ", \"") + s + '"';
    throw InvalidArgumentError("Value for attr '",
                               def.name,
                               "' of ",
                               value.str(),
                               " is not in the list of allowed values: ",
                               allowed,
                               " [Op:",
                               op.name,
                               "]");
  }
  if (!def.has_minimum) return;
  std::int64_t size =
      def.is_list ? static_cast<std::int64_t>(list_length(value))
                  : (value.holds<std::int64_t>() ? value.get<std::int64_t>()
                                                 : def.minimum);
  if (size < def.minimum)
    throw InvalidArgumentError(
        def.is_list ? "Length for attr '" : "Value for attr '",
        def.name,
        "' of ",
        size,
        " must be at least minimum ",
        def.minimum,
        " [Op:",
        op.name,
        "]");
}

/// How many of the flat inputs the one variadic arg of unknown length takes.
std::size_t free_inputs(const OpDef& op,
                        const Attrs& attrs,
                        std::size_t total) {
  std::size_t fixed = 0, open = 0;
  for (const ArgDef& arg : op.inputs) {
    if (!arg.is_variadic()) {
      ++fixed;
      continue;
    }
    int index = arg.number_attr >= 0 ? arg.number_attr : arg.type_list_attr;
    const AttrValue& value = attrs[static_cast<std::size_t>(index)];
    if (!value.is_set())
      ++open;
    else
      fixed += arg.number_attr >= 0
                   ? static_cast<std::size_t>(value.get<std::int64_t>())
                   : value.get<std::vector<DType>>().size();
  }
  if (fixed > total) throw_wrong_count(op, fixed, total);
  if (open == 0) return 0;
  // Several args may share one number attr (N * T and N * U).
  return (total - fixed) / open;
}

}  // namespace

Attrs CallSignature::complete(const OpDef& op,
                              std::span<const Tensor> inputs,
                              const Attrs& given) {
  Attrs attrs = given;
  attrs.resize(op.attrs.size());
  std::size_t open = op.fixed_arity ? 0 : free_inputs(op, attrs, inputs.size());
  std::size_t position = 0;
  for (const ArgDef& arg : op.inputs) {
    std::size_t count = 1;
    if (arg.number_attr >= 0) {
      AttrValue& n = attrs[static_cast<std::size_t>(arg.number_attr)];
      if (!n.is_set()) n = static_cast<std::int64_t>(open);
      count = static_cast<std::size_t>(n.get<std::int64_t>());
    } else if (arg.type_list_attr >= 0) {
      AttrValue& types = attrs[static_cast<std::size_t>(arg.type_list_attr)];
      count = types.is_set() ? types.get<std::vector<DType>>().size() : open;
      if (position + count > inputs.size())
        throw_wrong_count(op, position + count, inputs.size());
      std::vector<DType> found;
      for (std::size_t i = 0; i < count; ++i)
        found.push_back(inputs[position + i].dtype());
      if (!types.is_set()) {
        types = found;
      } else {
        const auto& wanted = types.get<std::vector<DType>>();
        for (std::size_t i = 0; i < count; ++i)
          if (!(wanted[i] == found[i]))
            check_fixed_type(op,
                             ArgDef{.name = arg.name, .type = wanted[i]},
                             position + i,
                             found[i]);
      }
    }
    if (position + count > inputs.size())
      throw_wrong_count(op, position + count, inputs.size());
    for (std::size_t i = 0; i < count; ++i) {
      DType found = inputs[position + i].dtype();
      if (arg.type_attr >= 0)
        unify_type(op, attrs, arg.type_attr, position + i, found);
      else if (arg.type_list_attr < 0)
        check_fixed_type(op, arg, position + i, found);
    }
    position += count;
  }
  if (position != inputs.size()) throw_wrong_count(op, position, inputs.size());
  for (std::size_t i = 0; i < attrs.size(); ++i) {
    if (!attrs[i].is_set()) attrs[i] = op.attrs[i].default_value;
    if (!attrs[i].is_set())
      throw InvalidArgumentError(
          "Attr '", op.attrs[i].name, "' is required [Op:", op.name, "]");
    check_attr(op, op.attrs[i], attrs[i]);
  }
  return attrs;
}

void CallSignature::check_given(const OpDef& op, const Attrs& given) {
  for (std::size_t i = 0; i < given.size(); ++i)
    if (given[i].is_set()) check_attr(op, op.attrs[i], given[i]);
}

int CallSignature::num_inputs(const OpDef& op, const Attrs& complete) {
  return static_cast<int>(input_types(op, complete).size());
}

namespace {

std::vector<DType> arg_types(const std::vector<ArgDef>& args,
                             const Attrs& attrs) {
  std::vector<DType> types;
  for (const ArgDef& arg : args) {
    if (arg.type_list_attr >= 0) {
      const auto& list = attrs[static_cast<std::size_t>(arg.type_list_attr)]
                             .get<std::vector<DType>>();
      types.insert(types.end(), list.begin(), list.end());
      continue;
    }
    DType type =
        arg.type_attr >= 0
            ? attrs[static_cast<std::size_t>(arg.type_attr)].get<DType>()
            : arg.type;
    std::int64_t count =
        arg.number_attr >= 0 ? int_attr(attrs, arg.number_attr) : 1;
    types.insert(types.end(), static_cast<std::size_t>(count), type);
  }
  return types;
}

}  // namespace

std::vector<DType> CallSignature::input_types(const OpDef& op,
                                              const Attrs& complete) {
  return arg_types(op.inputs, complete);
}

std::vector<DType> CallSignature::output_types(const OpDef& op,
                                               const Attrs& complete) {
  return arg_types(op.outputs, complete);
}

}  // namespace tern
