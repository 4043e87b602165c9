// Strings that hold something else: compressed bytes, tensors, Examples as
// JSON.

#ifdef TERN_HAS_JSON
#include <nlohmann/json.hpp>
#endif

#include <cmath>
#include <cstring>
#include <limits>

#include "io/example_wire.h"
#include "io/gzip.h"
#include "io/tensor_proto.h"
#include "kernels/cpu/plain/string/base64.h"
#include "kernels/cpu/plain/string/number_parser.h"
#include "ops/kernel.h"
#include "tern/core/error.h"

namespace tern {
namespace {

void decode_compressed(KernelContext& c) {
  const std::string& type = c.attr<std::string>("compression_type");
  if (type != "" && type != "ZLIB" && type != "GZIP")
    throw InvalidArgumentError(
        "Only ZLIB, GZIP or NONE are supported compressions");
  auto in = c.in<std::string>(0);
  auto out = c.out<std::string>();
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = type.empty() ? in[i] : io::inflate_prefix(in[i], type == "GZIP");
}

void parse_tensor(KernelContext& c) {
  if (c.input(0).shape().rank() != 0)
    throw InvalidArgumentError(
        "Expected `serialized` to be a scalar, got shape: ",
        c.input(0).shape().debug_string());
  const std::string& bytes = c.in<std::string>(0)[0];
  proto::TensorProto message;
  if (!message.ParseFromString(bytes))
    throw InvalidArgumentError(
        "Could not parse `serialized` as TensorProto, base64: ",
        base64_text(bytes, true));
  const DType wanted = c.output_dtype(0);
  const DType found = io::dtype_from_proto(message.dtype());
  if (!(found == wanted))
    throw InvalidArgumentError("Type mismatch between parsed tensor (",
                               found.name(),
                               ") and dtype (",
                               wanted.name(),
                               ")");
  c.set_output(0, io::tensor_from_proto(message));
}

void serialize_tensor(KernelContext& c) {
  const Tensor& tensor = c.input(0);
  proto::TensorProto message;
  if (tensor.dtype().is_object()) {
    io::to_proto(tensor, &message);
  } else {
    message.set_dtype(io::to_proto(tensor.dtype()));
    io::to_proto(tensor.shape(), message.mutable_tensor_shape());
    if (tensor.num_elements() > 0)
      message.set_tensor_content(tensor.raw_data(), tensor.num_bytes());
  }
  c.out<std::string>()[0] = message.SerializeAsString();
}

#ifdef TERN_HAS_JSON

using Json = nlohmann::ordered_json;
using io::WireReader;

[[noreturn]] void refuse(const std::string& what) {
  throw InvalidArgumentError("Error while parsing JSON: ", what);
}

/// A scalar as it is written, else what kind of value it is: a text may nest
/// deeper than a recursion can go.
std::string shown(const Json& value) {
  if (value.is_structured()) return value.type_name();
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

float json_float(const Json& value) {
  if (value.is_number()) return value.get<float>();
  if (value.is_string()) {
    const std::string& text = value.get_ref<const std::string&>();
    if (text == "NaN") return std::numeric_limits<float>::quiet_NaN();
    if (text == "Infinity") return std::numeric_limits<float>::infinity();
    if (text == "-Infinity") return -std::numeric_limits<float>::infinity();
    float number = 0;
    if (parse_number(text, number)) return number;
  }
  refuse("expected a float, got " + shown(value));
}

std::int64_t json_integer(const Json& value) {
  if (value.is_number_unsigned() &&
      value.get<std::uint64_t>() > std::numeric_limits<std::int64_t>::max())
    refuse("out of range for int64: " + shown(value));
  if (value.is_number_integer()) return value.get<std::int64_t>();
  if (value.is_number_float()) {
    const double number = value.get<double>();
    if (number == std::floor(number) && std::abs(number) < 0x1p63)
      return static_cast<std::int64_t>(number);
  }
  std::int64_t number = 0;
  if (value.is_string() &&
      parse_number(value.get_ref<const std::string&>(), number))
    return number;
  refuse("expected an integer, got " + shown(value));
}

/// JSON's mapping of bytes takes both alphabets.
std::string json_bytes(const Json& value) {
  if (!value.is_string()) refuse("expected base64, got " + shown(value));
  std::string text = value.get<std::string>();
  for (char& letter : text)
    letter = letter == '+' ? '-' : letter == '/' ? '_' : letter;
  try {
    return base64_bytes(text);
  } catch (const InvalidArgumentError&) {
    refuse("corrupt base64: " + shown(value));
  }
}

/// Calls visit(value) for each member of an object that is not null.
template <class Visit>
void for_each_member(const Json& object, Visit visit) {
  if (object.is_null()) return;
  if (!object.is_object()) refuse("expected '{', got " + shown(object));
  for (const auto& [key, value] : object.items())
    if (!value.is_null()) visit(key, value);
}

/// The only member an object of the format may have, by either name.
const Json* only_member(const Json& object,
                        std::string_view name,
                        std::string_view other_name) {
  const Json* found = nullptr;
  for_each_member(object, [&](const std::string& key, const Json& value) {
    if (key != name && key != other_name)
      refuse("no such field: '" + key + "'");
    found = &value;
  });
  return found;
}

std::string list_message(const Json& list, int kind) {
  std::string bytes;
  const Json* values = only_member(list, "value", "value");
  if (!values) return bytes;
  if (!values->is_array()) refuse("expected '[', got " + shown(*values));
  for (const Json& value : *values) {
    if (kind == 1) {
      io::append_field(1, json_bytes(value), bytes);
    } else if (kind == 2) {
      const float number = json_float(value);
      char raw[sizeof number];
      std::memcpy(raw, &number, sizeof number);
      io::append_tag(1, WireReader::kFixed32, bytes);
      bytes.append(raw, sizeof raw);
    } else {
      io::append_tag(1, WireReader::kVarint, bytes);
      io::append_varint(static_cast<std::uint64_t>(json_integer(value)), bytes);
    }
  }
  return bytes;
}

std::string feature_message(const Json& feature) {
  static constexpr std::string_view kNames[][2] = {{"bytesList", "bytes_list"},
                                                   {"floatList", "float_list"},
                                                   {"int64List", "int64_list"}};
  std::string bytes;
  for_each_member(feature, [&](const std::string& key, const Json& value) {
    for (int kind = 1; kind <= 3; ++kind)
      if (key == kNames[kind - 1][0] || key == kNames[kind - 1][1])
        return io::append_field(
            static_cast<std::uint64_t>(kind), list_message(value, kind), bytes);
    refuse("no such field: '" + key + "'");
  });
  return bytes;
}

std::string example_message(const std::string& text) {
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) refuse("unexpected character or end of text");
  if (!json.is_object()) refuse("expected '{', got " + shown(json));
  std::string example;
  const Json* features = only_member(json, "features", "features");
  if (!features) return example;
  std::string map;
  if (const Json* feature = only_member(*features, "feature", "feature"))
    for_each_member(*feature, [&](const std::string& key, const Json& value) {
      std::string entry;
      io::append_field(1, key, entry);
      io::append_field(2, feature_message(value), entry);
      io::append_field(1, entry, map);
    });
  io::append_field(1, map, example);
  return example;
}

#else

std::string example_message(const std::string&) {
  throw UnimplementedError(
      "DecodeJSONExample: Tern was built without nlohmann-json "
      "(TERN_WITH_JSON)");
}

#endif

void decode_json_example(KernelContext& c) {
  auto in = c.in<std::string>(0);
  auto out = c.out<std::string>();
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = example_message(in[i]);
}

}  // namespace

void register_decode_strings_kernels(KernelRegistry& registry) {
  registry.add("DecodeCompressed", {}, decode_compressed);
  registry.add("ParseTensor", {}, parse_tensor);
  registry.add("SerializeTensor", {}, serialize_tensor);
  registry.add("DecodeJSONExample", {}, decode_json_example);
}

}  // namespace tern
