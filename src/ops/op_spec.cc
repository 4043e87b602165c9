#include "ops/op_spec.h"

#include <cctype>
#include <charconv>

#include "tern/core/error.h"

namespace tern {
namespace {

std::string_view trim(std::string_view text) {
  while (!text.empty() &&
         std::isspace(static_cast<unsigned char>(text.front())))
    text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())))
    text.remove_suffix(1);
  return text;
}

std::pair<std::string_view, std::string_view> split_name(
    std::string_view spec) {
  std::size_t colon = spec.find(':');
  if (colon == std::string_view::npos)
    throw InternalError("op spec \"", spec, "\" has no ':'");
  return {trim(spec.substr(0, colon)), trim(spec.substr(colon + 1))};
}

/// Removes `prefix` when the text starts with it.
bool consume(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text = trim(text.substr(prefix.size()));
  return true;
}

std::string_view consume_word(std::string_view& text) {
  std::size_t n = 0;
  while (n < text.size() &&
         (std::isalnum(static_cast<unsigned char>(text[n])) || text[n] == '_'))
    ++n;
  std::string_view word = text.substr(0, n);
  text = trim(text.substr(n));
  return word;
}

std::vector<std::string_view> split_list(std::string_view text) {
  std::vector<std::string_view> items;
  while (!trim(text).empty()) {
    std::size_t comma = text.find(',');
    items.push_back(trim(text.substr(0, comma)));
    text = comma == std::string_view::npos ? std::string_view()
                                           : text.substr(comma + 1);
  }
  return items;
}

std::string unquote(std::string_view text) {
  if (text.size() < 2 || (text.front() != '\'' && text.front() != '"'))
    throw InternalError("op spec: ", text, " is not a quoted string");
  return std::string(text.substr(1, text.size() - 2));
}

Shape parse_shape(std::string_view text) {
  if (text == "{ unknown_rank: true }" || text == "unknown")
    return Shape::unknown();
  consume(text, "{");
  if (text.ends_with('}')) text.remove_suffix(1);
  Shape shape;
  if (trim(text).empty()) return shape;
  for (std::string_view item : split_list(text))
    shape.append(std::stoll(std::string(item)));
  return shape;
}

AttrValue parse_scalar(AttrKind kind, std::string_view text) {
  switch (kind) {
    case AttrKind::kInt:
      return static_cast<std::int64_t>(std::stoll(std::string(text)));
    case AttrKind::kFloat:
      return std::stof(std::string(text));
    case AttrKind::kBool:
      return text == "true";
    case AttrKind::kType:
      return DType::from_name(text);
    case AttrKind::kString:
      return unquote(text);
    case AttrKind::kShape:
      return parse_shape(text);
    default:
      throw InternalError("op spec: no default value for this kind: ", text);
  }
}

template <class T>
AttrValue parse_list_of(AttrKind kind, std::string_view text) {
  std::vector<T> values;
  for (std::string_view item : split_list(text)) {
    AttrValue value = parse_scalar(kind, item);
    values.push_back(value.get<T>());
  }
  return values;
}

AttrValue parse_default(const AttrDef& def, std::string_view text) {
  if (!def.is_list) return parse_scalar(def.kind, text);
  if (!text.starts_with('[') || !text.ends_with(']'))
    throw InternalError("op spec: list default ", text, " lacks brackets");
  text = text.substr(1, text.size() - 2);
  switch (def.kind) {
    case AttrKind::kInt:
      return parse_list_of<std::int64_t>(def.kind, text);
    case AttrKind::kFloat:
      return parse_list_of<float>(def.kind, text);
    case AttrKind::kBool:
      return parse_list_of<bool>(def.kind, text);
    case AttrKind::kType:
      return parse_list_of<DType>(def.kind, text);
    case AttrKind::kString:
      return parse_list_of<std::string>(def.kind, text);
    case AttrKind::kShape:
      return parse_list_of<Shape>(def.kind, text);
    case AttrKind::kFunc:
      return std::vector<FunctionRef>{};
    default:
      throw InternalError("op spec: no list default for ", def.name);
  }
}

void parse_kind(AttrDef& def, std::string_view& text) {
  if (text.starts_with('{')) {
    std::size_t end = text.find('}');
    std::string_view body = text.substr(1, end - 1);
    text = trim(text.substr(end + 1));
    bool strings = trim(body).starts_with('\'') || trim(body).starts_with('"');
    def.kind = strings ? AttrKind::kString : AttrKind::kType;
    for (std::string_view item : split_list(body)) {
      if (strings)
        def.allowed_strings.push_back(unquote(item));
      else
        def.allowed_types.push_back(DType::from_name(item));
    }
    return;
  }
  std::string_view word = consume_word(text);
  if (word == "int") {
    def.kind = AttrKind::kInt;
  } else if (word == "float") {
    def.kind = AttrKind::kFloat;
  } else if (word == "bool") {
    def.kind = AttrKind::kBool;
  } else if (word == "string") {
    def.kind = AttrKind::kString;
  } else if (word == "shape") {
    def.kind = AttrKind::kShape;
  } else if (word == "tensor") {
    def.kind = AttrKind::kTensor;
  } else if (word == "func") {
    def.kind = AttrKind::kFunc;
  } else if (word == "type") {
    def.kind = AttrKind::kType;
  } else if (word == "numbertype") {
    def.kind = AttrKind::kType;
    def.allowed_types = number_types();
  } else if (word == "realnumbertype") {
    def.kind = AttrKind::kType;
    def.allowed_types = real_number_types();
  } else {
    throw InternalError("op spec: unknown attr kind '", word, "'");
  }
}

}  // namespace

std::vector<DType> real_number_types() {
  return {float32,
          float64,
          int32,
          uint8,
          int16,
          int8,
          int64,
          bfloat16,
          uint16,
          float16,
          uint32,
          uint64};
}

std::vector<DType> number_types() {
  std::vector<DType> types = real_number_types();
  for (DType type : {complex64, qint8, quint8, qint32, complex128})
    types.push_back(type);
  return types;
}

ArgSpec parse_arg_spec(std::string_view spec) {
  auto [name, rest] = split_name(spec);
  ArgSpec arg;
  arg.name = name;
  if (consume(rest, "Ref(")) {
    arg.is_ref = true;
    rest.remove_suffix(1);
  }
  std::string_view first = consume_word(rest);
  if (consume(rest, "*")) {
    arg.number = first;
    arg.type = consume_word(rest);
  } else {
    arg.type = first;
  }
  return arg;
}

AttrDef parse_attr_spec(std::string_view spec) {
  auto [name, rest] = split_name(spec);
  AttrDef def;
  def.name = name;
  if (consume(rest, "list(")) {
    def.is_list = true;
    parse_kind(def, rest);
    if (!consume(rest, ")"))
      throw InternalError("op spec \"", spec, "\": list( is not closed");
  } else {
    parse_kind(def, rest);
  }
  if (consume(rest, ">=")) {
    def.has_minimum = true;
    std::size_t used = 0;
    def.minimum = std::stoll(std::string(rest), &used);
    rest = trim(rest.substr(used));
  }
  if (consume(rest, "=")) def.default_value = parse_default(def, rest);
  return def;
}

}  // namespace tern
