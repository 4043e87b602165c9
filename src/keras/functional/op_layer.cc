#include "keras/functional/op_layer.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <string_view>

#include "keras/functional/constants.h"
#include "keras/functional/slicing.h"
#include "keras/naming.h"
#include "ops/symbolic_call.h"
#include "tern/core/error.h"

namespace tern::keras {
namespace {

/// A parameter of a TensorFlow function: its name, and the op's input or attr
/// that it becomes.
struct Parameter {
  std::string_view name, source;
};

/// The TensorFlow function that is one op, as Keras 2's files name it.
struct ApiFunction {
  std::string_view op, name;
  std::array<Parameter, 4> parameters;
};

constexpr std::array<ApiFunction, 36> kFunctions = {{
    {"AddV2", "__operators__.add", {{{"x", "x"}, {"y", "y"}}}},
    {"AddV2", "math.add", {{{"x", "x"}, {"y", "y"}}}},
    {"Sub", "math.subtract", {{{"x", "x"}, {"y", "y"}}}},
    {"Mul", "math.multiply", {{{"x", "x"}, {"y", "y"}}}},
    {"RealDiv", "math.truediv", {{{"x", "x"}, {"y", "y"}}}},
    {"RealDiv", "math.divide", {{{"x", "x"}, {"y", "y"}}}},
    {"FloorDiv", "math.floordiv", {{{"x", "x"}, {"y", "y"}}}},
    {"Maximum", "math.maximum", {{{"x", "x"}, {"y", "y"}}}},
    {"Minimum", "math.minimum", {{{"x", "x"}, {"y", "y"}}}},
    {"Pow", "math.pow", {{{"x", "x"}, {"y", "y"}}}},
    {"Neg", "math.negative", {{{"x", "x"}}}},
    {"Abs", "math.abs", {{{"x", "x"}}}},
    {"Exp", "math.exp", {{{"x", "x"}}}},
    {"Log", "math.log", {{{"x", "x"}}}},
    {"Sqrt", "math.sqrt", {{{"x", "x"}}}},
    {"Square", "math.square", {{{"x", "x"}}}},
    {"Sin", "math.sin", {{{"x", "x"}}}},
    {"Cos", "math.cos", {{{"x", "x"}}}},
    {"Tanh", "math.tanh", {{{"x", "x"}}}},
    {"Sigmoid", "math.sigmoid", {{{"x", "x"}}}},
    {"Relu", "nn.relu", {{{"features", "features"}}}},
    {"Softmax", "nn.softmax", {{{"logits", "logits"}}}},
    {"Cast", "cast", {{{"x", "x"}, {"dtype", "DstT"}}}},
    {"Reshape", "reshape", {{{"tensor", "tensor"}, {"shape", "shape"}}}},
    {"Transpose", "compat.v1.transpose", {{{"a", "x"}, {"perm", "perm"}}}},
    {"Squeeze",
     "compat.v1.squeeze",
     {{{"input", "input"}, {"axis", "squeeze_dims"}}}},
    {"Squeeze", "squeeze", {{{"input", "input"}, {"axis", "squeeze_dims"}}}},
    {"Transpose", "transpose", {{{"a", "x"}, {"perm", "perm"}}}},
    {"ExpandDims", "expand_dims", {{{"input", "input"}, {"axis", "dim"}}}},
    {"ConcatV2", "concat", {{{"values", "values"}, {"axis", "axis"}}}},
    {"MatMul",
     "linalg.matmul",
     {{{"a", "a"},
       {"b", "b"},
       {"transpose_a", "transpose_a"},
       {"transpose_b", "transpose_b"}}}},
    {"Mean",
     "math.reduce_mean",
     {{{"input_tensor", "input"},
       {"axis", "reduction_indices"},
       {"keepdims", "keep_dims"}}}},
    {"Sum",
     "math.reduce_sum",
     {{{"input_tensor", "input"},
       {"axis", "reduction_indices"},
       {"keepdims", "keep_dims"}}}},
    {"Max",
     "math.reduce_max",
     {{{"input_tensor", "input"},
       {"axis", "reduction_indices"},
       {"keepdims", "keep_dims"}}}},
    {"Min",
     "math.reduce_min",
     {{{"input_tensor", "input"},
       {"axis", "reduction_indices"},
       {"keepdims", "keep_dims"}}}},
    {"Prod",
     "math.reduce_prod",
     {{{"input_tensor", "input"},
       {"axis", "reduction_indices"},
       {"keepdims", "keep_dims"}}}},
}};

/// Where a function is an op that no table names, it goes by the op's name.
constexpr std::string_view kRawOps = "raw_ops.";

struct Signature {
  std::string function;
  std::vector<Parameter> parameters;
};

Signature signature_of(const ApiFunction& entry) {
  Signature signature{std::string(entry.name), {}};
  for (const Parameter& parameter : entry.parameters)
    if (!parameter.name.empty()) signature.parameters.push_back(parameter);
  return signature;
}

bool is_slicing(const OpDef& op) { return op.name == "StridedSlice"; }

Signature signature_of(const OpDef& op) {
  if (is_slicing(op)) return {kGetItem, {}};
  for (const ApiFunction& entry : kFunctions)
    if (entry.op == op.name) return signature_of(entry);
  Signature signature{std::string(kRawOps) + op.name, {}};
  for (const ArgDef& input : op.inputs)
    signature.parameters.push_back({input.name, input.name});
  for (const AttrDef& attr : op.attrs)
    if (attr.inferred_from_input < 0)
      signature.parameters.push_back({attr.name, attr.name});
  return signature;
}

int find_input(const OpDef& op, std::string_view name) {
  for (std::size_t i = 0; i < op.inputs.size(); ++i)
    if (op.inputs[i].name == name) return static_cast<int>(i);
  return -1;
}

/// How many of `count` operands input `index` takes: all that the others, one
/// each, leave.
std::size_t arity(const OpDef& op, std::size_t index, std::size_t count) {
  return op.inputs[index].is_variadic() ? count - op.inputs.size() + 1 : 1;
}

Config config_of_attr(const AttrValue& value) {
  if (value.holds<bool>()) return value.get<bool>();
  if (value.holds<std::int64_t>()) return value.get<std::int64_t>();
  if (value.holds<float>()) return value.get<float>();
  if (value.holds<std::string>()) return value.get<std::string>();
  if (value.holds<DType>()) return std::string(value.get<DType>().name());
  if (value.holds<std::vector<std::int64_t>>()) {
    const auto& integers = value.get<std::vector<std::int64_t>>();
    if (integers.empty()) return {};
    return Config::list({integers.begin(), integers.end()});
  }
  if (!value.is_set()) return {};
  throw UnimplementedError("the argument ",
                           value.str(),
                           " of a function on Keras tensors cannot be saved");
}

std::vector<std::int64_t> integers_of(const Config& value) {
  if (!value.is_list()) return {value.get<std::int64_t>()};
  std::vector<std::int64_t> integers;
  for (const Config& item : value.items())
    integers.push_back(item.get<std::int64_t>());
  return integers;
}

AttrValue attr_of_config(const AttrDef& attr, const Config& value) {
  switch (attr.kind) {
    case AttrKind::kBool:
      return value.get<bool>();
    case AttrKind::kInt:
      if (attr.is_list) return integers_of(value);
      return value.get<std::int64_t>();
    case AttrKind::kFloat:
      return value.get<double>();
    case AttrKind::kString:
      return value.get<std::string>();
    case AttrKind::kType:
      return value.get<DType>();
    default:
      throw UnimplementedError("argument ", attr.name, " = ", value);
  }
}

/// ["dense", 0, 0], as kwargs refer to Keras tensors.
bool is_place(const Config& value) {
  return value.is_list() && value.items().size() >= 3 &&
         value.items()[0].is_string() && value.items()[1].is_number();
}

std::optional<Outputs> call_on_symbols(const OpDef& op,
                                       std::span<const Tensor> inputs,
                                       const Attrs& attrs) {
  if (std::none_of(inputs.begin(), inputs.end(), keras_tensor)) return {};
  Tensors operands(inputs.begin(), inputs.end()), symbols;
  for (Tensor& operand : operands)
    if (keras_tensor(operand)) symbols.push_back(std::exchange(operand, {}));
  auto layer = std::make_shared<OpLayerImpl>(op, std::move(operands), attrs);
  Nest result = call_on_keras_tensors(*layer, symbols, {});
  Outputs outputs;
  for (Tensor& output : result.flatten()) outputs.push_back(std::move(output));
  return outputs;
}

}  // namespace

void record_calls_on_keras_tensors() {
  [[maybe_unused]] static const bool once =
      (on_symbolic_call() = call_on_symbols, true);
}

OpLayerImpl::OpLayerImpl(const OpDef& op,
                         Tensors operands,
                         Attrs attrs,
                         std::string name)
    : LayerBase(LayerOptions{.name = std::move(name)}),
      op_(op),
      operands_(std::move(operands)),
      attrs_(std::move(attrs)) {
  if (this->name().empty())
    set_name(unique_name("tf." + signature_of(op).function));
  set_autocast(false);
  set_built();
}

Nest OpLayerImpl::apply(const Nest& inputs, const CallArgs&) {
  Tensors symbols = inputs.flatten(), operands = operands_;
  std::size_t next = 0;
  for (Tensor& operand : operands)
    if (!operand.defined()) operand = symbols.at(next++);
  Tensors outputs = tern::apply(op_, operands, attrs_).to_vector();
  return outputs.size() == 1 ? Nest(outputs[0]) : Nest(outputs);
}

std::string OpLayerImpl::class_name() const {
  return is_slicing(op_) ? kSlicingLayer : "TFOpLambda";
}

Config OpLayerImpl::get_config() const {
  Config config = LayerBase::get_config();
  config["function"] = signature_of(op_).function;
  return config;
}

/// The value of a parameter: an operand, a list of operands, or an attr.
Config OpLayerImpl::value_of(std::string_view source,
                             const std::vector<Config>& operands) const {
  int input = find_input(op_, source);
  if (input < 0) {
    auto attr = static_cast<std::size_t>(op_.attr_index(source));
    return attr < attrs_.size() && attrs_[attr].is_set()
               ? config_of_attr(attrs_[attr])
               : config_of_attr(op_.attrs[attr].default_value);
  }
  auto index = static_cast<std::size_t>(input);
  std::size_t first = 0;
  for (std::size_t i = 0; i < index; ++i)
    first += arity(op_, i, operands.size());
  if (!op_.inputs[index].is_variadic()) return operands[first];
  Config list = Config::list();
  for (std::size_t i = 0; i < arity(op_, index, operands.size()); ++i)
    list.push_back(operands[first + i]);
  return list;
}

Config OpLayerImpl::serialize_call(
    const LayerNode& node,
    const std::function<Config(const KerasTensor&)>& place) const {
  // Each operand as a constant or the place of the Keras tensor.
  Tensors symbols = node.inputs.flatten();
  std::vector<Config> operands;
  std::size_t next = 0;
  for (const Tensor& operand : operands_)
    operands.push_back(operand.defined()
                           ? config_of_constant(operand)
                           : place(*keras_tensor(symbols.at(next++))));
  Config arguments = Config::object();
  auto with_arguments = [&](const Config& value) {
    Config entry =
        is_place(value) ? value : Config::list({"_CONSTANT_VALUE", -1, value});
    entry.push_back(arguments);
    return entry;
  };
  if (is_slicing(op_)) {
    arguments["slice_spec"] = slice_spec(op_, operands_, attrs_);
    return with_arguments(operands.at(0));
  }
  Signature signature = signature_of(op_);
  for (std::size_t i = 1; i < signature.parameters.size(); ++i)
    arguments[std::string(signature.parameters[i].name)] =
        value_of(signature.parameters[i].source, operands);
  arguments["name"] = Config();
  Config first = value_of(signature.parameters.at(0).source, operands);
  if (!op_.inputs[0].is_variadic()) return with_arguments(first);
  Config list = Config::list();
  for (const Config& item : first.items()) list.push_back(with_arguments(item));
  return list;
}

namespace {

/// The op and the parameters of a function; throws UnimplementedError.
std::pair<const OpDef*, Signature> function_named(
    const std::string& function, const std::string& layer_name) {
  const OpRegistry& ops = OpRegistry::global();
  for (const ApiFunction& entry : kFunctions)
    if (entry.name == function)
      return {&ops.get(entry.op), signature_of(entry)};
  if (function == kGetItem) return {&ops.get("StridedSlice"), {}};
  if (function.starts_with(kRawOps))
    if (const OpDef* op = ops.find(function.substr(kRawOps.size())))
      return {op, signature_of(*op)};
  throw UnimplementedError("the layer \"",
                           layer_name,
                           "\" calls tf.",
                           function,
                           ", which is not supported in functional models");
}

/// A call being read: operands, undefined where Keras tensors go, and those.
struct Call {
  const OpDef& op;
  const std::function<Tensor(const Config&)>& find;
  Tensors operands = {}, symbols = {};
  Attrs attrs = Attrs(op.attrs.size());

  void add(const Config& value) {
    if (is_place(value) &&
        value.items()[0].get<std::string>() != "_CONSTANT_VALUE") {
      symbols.push_back(find(value));
      operands.emplace_back();
    } else {
      operands.push_back(
          constant_of_config(is_place(value) ? value.items()[2] : value));
    }
  }

  /// What a function takes for an axis that is not given: all axes.
  void add_all_axes() {
    std::vector<std::int32_t> axes(
        static_cast<std::size_t>(std::max(symbols.at(0).shape().rank(), 0)));
    std::iota(axes.begin(), axes.end(), 0);
    operands.push_back(Tensor(axes));
  }

  void set(const Parameter& parameter, const Config& value) {
    int input = find_input(op, parameter.source);
    if (input < 0) {
      auto attr = static_cast<std::size_t>(op.attr_index(parameter.source));
      if (!value.is_null()) attrs[attr] = attr_of_config(op.attrs[attr], value);
    } else if (op.inputs[static_cast<std::size_t>(input)].is_variadic()) {
      for (const Config& item : value.items()) add(item);
    } else if (value.is_null()) {
      add_all_axes();
    } else {
      add(value);
    }
  }

  /// The input that operand i belongs to.
  std::size_t input_of(std::size_t i) const {
    std::size_t input = 0;
    for (std::size_t end = arity(op, 0, operands.size()); end <= i;
         end += arity(op, input, operands.size()))
      ++input;
    return input;
  }

  /// A number takes the dtype of the tensors beside it.
  void bind_numbers() {
    for (std::size_t i = 0; i < operands.size(); ++i) {
      if (!operands[i].defined() || !operands[i].is_weak()) continue;
      bool on_host = op.inputs[input_of(i)].host;
      operands[i] =
          operands[i].as_dtype(on_host ? int32 : symbols.at(0).dtype());
    }
  }
};

}  // namespace

Nest deserialize_call(const std::string& function,
                      const std::string& layer_name,
                      const Config& saved,
                      const std::function<Tensor(const Config&)>& find) {
  auto [op, signature] = function_named(function, layer_name);
  Call call{*op, find};
  // [place, arguments] for the first parameter, or a list of such.
  bool is_list = !saved.items().empty() && saved.items()[0].is_list();
  const Config& head = is_list ? saved.items()[0] : saved;
  const Config arguments =
      head.items().size() > 3 ? head.items()[3] : Config::object();
  if (is_slicing(*op)) {
    call.add(saved);
    for (Tensor& operand :
         slice_operands(*op, arguments["slice_spec"], call.attrs))
      call.operands.push_back(std::move(operand));
  }
  for (std::size_t i = 0; i < signature.parameters.size(); ++i) {
    const Config* value =
        i == 0 ? &saved : arguments.find(signature.parameters[i].name);
    call.set(signature.parameters[i], value ? *value : Config());
  }
  if (int count = op->find_attr("N"); count >= 0)
    call.attrs[static_cast<std::size_t>(count)] =
        static_cast<std::int64_t>(call.operands.size() - op->inputs.size() + 1);
  call.bind_numbers();
  auto layer = std::make_shared<OpLayerImpl>(
      *op, std::move(call.operands), std::move(call.attrs), layer_name);
  return call_on_keras_tensors(*layer, call.symbols, {});
}

}  // namespace tern::keras
