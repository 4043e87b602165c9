#include "graph/graph_def/attr_proto.h"

#include <variant>

#include "io/tensor_proto.h"
#include "tern/core/error.h"

namespace tern {
namespace {

using ListValue = proto::AttrValue::ListValue;

std::string_view kind_name(AttrKind kind) {
  switch (kind) {
    case AttrKind::kInt:
      return "int";
    case AttrKind::kFloat:
      return "float";
    case AttrKind::kBool:
      return "bool";
    case AttrKind::kType:
      return "type";
    case AttrKind::kString:
      return "string";
    case AttrKind::kShape:
      return "shape";
    case AttrKind::kTensor:
      return "tensor";
    case AttrKind::kFunc:
      return "func";
  }
  return "unknown";
}

std::string_view held_name(const proto::AttrValue& proto) {
  switch (proto.value_case()) {
    case proto::AttrValue::kList:
      return "a list";
    case proto::AttrValue::kS:
      return "string";
    case proto::AttrValue::kI:
      return "int";
    case proto::AttrValue::kF:
      return "float";
    case proto::AttrValue::kB:
      return "bool";
    case proto::AttrValue::kType:
      return "type";
    case proto::AttrValue::kShape:
      return "shape";
    case proto::AttrValue::kTensor:
      return "tensor";
    case proto::AttrValue::kPlaceholder:
      return "a placeholder";
    case proto::AttrValue::kFunc:
      return "func";
    case proto::AttrValue::VALUE_NOT_SET:
      return "nothing";
  }
  return "nothing";
}

[[noreturn]] void throw_wrong_kind(const proto::AttrValue& proto,
                                   const AttrDef& def) {
  throw InvalidArgumentError("AttrValue had value with type '",
                             held_name(proto),
                             "' when '",
                             def.is_list ? "list(" : "",
                             kind_name(def.kind),
                             def.is_list ? ")" : "",
                             "' expected for attr '",
                             def.name,
                             "'");
}

DType dtype_of_attr(int code, const AttrDef& def) {
  if (!DType::is_valid_code(code))
    throw InvalidArgumentError(
        "Attr '", def.name, "': DataType ", code, " is unknown");
  return DType{code};
}

FunctionRef function_from_proto(const proto::NameAttrList& proto,
                                const FunctionResolver& resolve) {
  return {proto.name(), resolve ? resolve(proto) : nullptr};
}

/// A list of `count` values, read(i) each.
template <class T, class Read>
std::vector<T> list_of(int count, Read read) {
  std::vector<T> values;
  for (int i = 0; i < count; ++i) values.push_back(read(i));
  return values;
}

/// An empty list on the wire does not say of what; one of another kind than
/// wanted leaves the wanted field empty.
int total_size(const ListValue& list) {
  return list.s_size() + list.i_size() + list.f_size() + list.b_size() +
         list.type_size() + list.shape_size() + list.tensor_size() +
         list.func_size();
}

AttrValue list_from_proto(const proto::AttrValue& proto,
                          const AttrDef& def,
                          const FunctionResolver& resolve) {
  if (proto.value_case() != proto::AttrValue::kList)
    throw_wrong_kind(proto, def);
  const ListValue& list = proto.list();
  auto checked = [&](int size) {
    if (size != total_size(list)) throw_wrong_kind(proto, def);
    return size;
  };
  switch (def.kind) {
    case AttrKind::kInt:
      return list_of<std::int64_t>(checked(list.i_size()),
                                   [&](int i) { return list.i(i); });
    case AttrKind::kFloat:
      return list_of<float>(checked(list.f_size()),
                            [&](int i) { return list.f(i); });
    case AttrKind::kBool:
      return list_of<bool>(checked(list.b_size()),
                           [&](int i) { return list.b(i); });
    case AttrKind::kType:
      return list_of<DType>(checked(list.type_size()), [&](int i) {
        return dtype_of_attr(list.type(i), def);
      });
    case AttrKind::kString:
      return list_of<std::string>(checked(list.s_size()),
                                  [&](int i) { return list.s(i); });
    case AttrKind::kShape:
      return list_of<Shape>(checked(list.shape_size()), [&](int i) {
        return io::shape_from_proto(list.shape(i));
      });
    case AttrKind::kFunc:
      return list_of<FunctionRef>(checked(list.func_size()), [&](int i) {
        return function_from_proto(list.func(i), resolve);
      });
    case AttrKind::kTensor:
      break;
  }
  throw UnimplementedError("Attr '", def.name, "' of type list(tensor)");
}

proto::AttrValue::ValueCase wanted_case(AttrKind kind) {
  switch (kind) {
    case AttrKind::kInt:
      return proto::AttrValue::kI;
    case AttrKind::kFloat:
      return proto::AttrValue::kF;
    case AttrKind::kBool:
      return proto::AttrValue::kB;
    case AttrKind::kType:
      return proto::AttrValue::kType;
    case AttrKind::kString:
      return proto::AttrValue::kS;
    case AttrKind::kShape:
      return proto::AttrValue::kShape;
    case AttrKind::kTensor:
      return proto::AttrValue::kTensor;
    case AttrKind::kFunc:
      return proto::AttrValue::kFunc;
  }
  return proto::AttrValue::VALUE_NOT_SET;
}

/// Writes one value into an AttrValue, or adds it to a list.
struct Writer {
  proto::AttrValue& to;

  void operator()(std::monostate) const {}
  void operator()(std::int64_t value) const { to.set_i(value); }
  void operator()(float value) const { to.set_f(value); }
  void operator()(bool value) const { to.set_b(value); }
  void operator()(DType value) const { to.set_type(io::to_proto(value)); }
  void operator()(const std::string& value) const { to.set_s(value); }
  void operator()(const Shape& value) const {
    io::to_proto(value, to.mutable_shape());
  }
  void operator()(const Tensor& value) const {
    io::to_proto(value, to.mutable_tensor());
  }
  void operator()(const FunctionRef& value) const {
    to.mutable_func()->set_name(value.name);
  }
  template <class T>
  void operator()(const std::vector<T>& values) const {
    ListValue& list = *to.mutable_list();
    for (const auto& value : values) add(list, value);
  }

  static void add(ListValue& list, std::int64_t value) { list.add_i(value); }
  static void add(ListValue& list, float value) { list.add_f(value); }
  static void add(ListValue& list, bool value) { list.add_b(value); }
  static void add(ListValue& list, DType value) {
    list.add_type(io::to_proto(value));
  }
  static void add(ListValue& list, const std::string& value) {
    list.add_s(value);
  }
  static void add(ListValue& list, const Shape& value) {
    io::to_proto(value, list.add_shape());
  }
  static void add(ListValue& list, const FunctionRef& value) {
    list.add_func()->set_name(value.name);
  }
};

}  // namespace

AttrValue attr_from_proto(const proto::AttrValue& proto,
                          const AttrDef& def,
                          const FunctionResolver& resolve) {
  if (def.is_list) return list_from_proto(proto, def, resolve);
  if (proto.value_case() != wanted_case(def.kind)) throw_wrong_kind(proto, def);
  switch (def.kind) {
    case AttrKind::kInt:
      return proto.i();
    case AttrKind::kFloat:
      return proto.f();
    case AttrKind::kBool:
      return proto.b();
    case AttrKind::kType:
      return dtype_of_attr(proto.type(), def);
    case AttrKind::kString:
      return proto.s();
    case AttrKind::kShape:
      return io::shape_from_proto(proto.shape());
    case AttrKind::kTensor:
      return io::tensor_from_proto(proto.tensor());
    case AttrKind::kFunc:
      return function_from_proto(proto.func(), resolve);
  }
  throw_wrong_kind(proto, def);
}

proto::AttrValue to_proto(const AttrValue& value) {
  proto::AttrValue proto;
  std::visit(Writer{proto}, value.storage());
  return proto;
}

}  // namespace tern
