#include "ops/harness/samples.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <numeric>

#include "core/visit_dtype.h"
#include "ops/list/tensor_list.h"
#include "tern/core/resource.h"

namespace tern::harness {
namespace {

std::size_t count(const std::vector<std::int64_t>& dims) {
  return static_cast<std::size_t>(Shape(dims).num_elements());
}

/// Multiples of the golden ratio modulo 1 spread evenly and never repeat.
std::vector<double> spread(std::size_t size, double low, double high) {
  std::vector<double> result;
  for (std::size_t i = 0; i < size; ++i)
    result.push_back(
        low +
        (high - low) *
            std::fmod(0.31 + 0.6180339887498949 * static_cast<double>(i), 1.0));
  return result;
}

Tensor handle_of_new_variable(const Tensor& value) {
  auto cell = std::make_shared<VariableCell>(
      "sample", value.dtype(), value.shape(), /*trainable=*/true);
  cell->value = value;
  Tensor handle = Tensor::allocate(resource, Shape());
  *handle.data<ResourceHandle>() =
      ResourceHandle(cell, value.dtype(), value.shape());
  return handle;
}

template <class V>
V number_as(double x) {
  if constexpr (std::is_same_v<V, bool>)
    return x > 0;
  else if constexpr (std::is_unsigned_v<V>)
    return static_cast<V>(std::isfinite(x) ? std::abs(x) : 0);
  else if constexpr (std::is_integral_v<V>)
    return static_cast<V>(std::isfinite(x) ? x : 0);
  else if constexpr (std::is_same_v<V, std::complex<float>> ||
                     std::is_same_v<V, std::complex<double>>)
    // No two of the same phase.
    return V(static_cast<typename V::value_type>(x),
             static_cast<typename V::value_type>(
                 std::isfinite(x) ? std::sin(7 * x) / 2 : x));
  else
    return static_cast<V>(static_cast<float>(x));
}
template <>
double number_as<double>(double x) {
  return x;
}

}  // namespace

Tensor tensor_of_numbers(DType dtype,
                         const Shape& shape,
                         const std::vector<double>& numbers) {
  Tensor result = Tensor::allocate(dtype, shape);
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (dtype == string)
      result.data<std::string>()[i] = std::to_string(numbers[i]);
    else if (dtype == resource)
      result.data<ResourceHandle>()[i] =
          *handle_of_new_variable(Tensor(numbers[i]).as_dtype(float32))
               .data<ResourceHandle>();
    else if (dtype == variant)
      result.data<Variant>()[i] =
          Variant(std::make_shared<TensorList>(float32, Shape(), 1));
    else
      visit_number(dtype, [&](auto zero) {
        using V = decltype(zero);
        static_cast<V*>(result.mutable_data())[i] = number_as<V>(numbers[i]);
      });
  }
  return result;
}

Input values(std::vector<double> numbers,
             std::optional<std::vector<std::int64_t>> dims) {
  Shape shape = dims ? Shape(*dims) : Shape({numbers.size()});
  return Input({}, [=](DType dtype) {
    return tensor_of_numbers(dtype, shape, numbers);
  });
}

Input random(std::vector<std::int64_t> dims, double low, double high) {
  return values(spread(count(dims), low, high), dims);
}

Input scalar(double number) {
  return values({number}, std::vector<std::int64_t>{});
}

Input ints(std::vector<std::int64_t> numbers,
           std::optional<std::vector<std::int64_t>> dims) {
  Input input = values({numbers.begin(), numbers.end()}, std::move(dims));
  return Input(int32, [input](DType dtype) { return input.make(dtype); });
}

Input axis(std::int64_t number) {
  return ints({number}, std::vector<std::int64_t>{});
}

Input bools(std::vector<bool> truths, std::vector<std::int64_t> dims) {
  Input input = values({truths.begin(), truths.end()}, std::move(dims));
  return Input(bool_, [input](DType dtype) { return input.make(dtype); });
}

Input strings(std::vector<std::string> texts) {
  return Input(string, [texts](DType) { return Tensor(texts); });
}

Input in_float64(const Input& input) {
  return Input(float64, [input](DType dtype) { return input.make(dtype); });
}

Input held_constant(Input input) {
  input.constant_ = true;
  return input;
}

Input variable(std::vector<std::int64_t> dims, double low, double high) {
  Input value = random(std::move(dims), low, high);
  return Input({}, [value](DType dtype) {
    return handle_of_new_variable(value.make(dtype));
  });
}

Input made(std::function<Tensor()> make) {
  return Input({}, [make](DType) { return make(); });
}

namespace {

bool allows(const AttrDef& attr, DType type) {
  return attr.allowed_types.empty() ||
         std::find(attr.allowed_types.begin(),
                   attr.allowed_types.end(),
                   type) != attr.allowed_types.end();
}

DType default_type(const AttrDef& attr, DType preferred) {
  if (preferred.code != 0 && allows(attr, preferred)) return preferred;
  if (preferred.code == 0 && attr.default_value.holds<DType>())
    return attr.default_value.get<DType>();
  for (DType type : {float32, complex64, int32})
    if (allows(attr, type)) return type;
  return attr.allowed_types.front();
}

/// How many tensors the sample's attrs say a variadic arg has.
std::optional<std::size_t> given_count(const ArgDef& arg, const Attrs& attrs) {
  if (arg.number_attr >= 0) {
    const auto& count = attrs[static_cast<std::size_t>(arg.number_attr)];
    if (count.is_set())
      return static_cast<std::size_t>(count.get<std::int64_t>());
  } else {
    const auto& types = attrs[static_cast<std::size_t>(arg.type_list_attr)];
    if (types.is_set()) return types.get<std::vector<DType>>().size();
  }
  return {};
}

/// The args that the flat inputs belong to; variadic ones without a given
/// count share alike what the others leave.
std::vector<const ArgDef*> args_of_inputs(const OpDef& op,
                                          const Attrs& attrs,
                                          std::size_t size) {
  std::size_t open = 0, rest = size;
  for (const ArgDef& arg : op.inputs) {
    auto given = arg.is_variadic() ? given_count(arg, attrs) : 1;
    open += !given;
    rest -= given.value_or(0);
  }
  std::vector<const ArgDef*> args;
  for (const ArgDef& arg : op.inputs) {
    auto given = arg.is_variadic() ? given_count(arg, attrs) : 1;
    args.insert(args.end(), given ? *given : rest / open, &arg);
  }
  return args;
}

}  // namespace

Call Sample::call(const OpDef& op, const TypeChoice& types) const {
  Call result;
  result.attrs.resize(op.attrs.size());
  for (const auto& [name, value] : attrs)
    result.attrs[static_cast<std::size_t>(op.attr_index(name))] = value;
  std::vector<const ArgDef*> args =
      args_of_inputs(op, result.attrs, inputs.size());
  auto chosen = [&](int attr, DType preferred) {
    const AttrDef& def = op.attrs[static_cast<std::size_t>(attr)];
    AttrValue& value = result.attrs[static_cast<std::size_t>(attr)];
    if (auto it = types.find(def.name); it != types.end())
      value = it->second;
    else if (!value.is_set())
      value = default_type(def, preferred);
    return value.get<DType>();
  };
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (args[i]->type_attr >= 0)
      chosen(args[i]->type_attr, inputs[i].preferred());
  for (int attr : op.key_attrs) chosen(attr, {});
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    DType type = args[i]->type;
    if (args[i]->type_attr >= 0) {
      type = chosen(args[i]->type_attr, {});
    } else if (args[i]->type_list_attr >= 0) {
      type = inputs[i].preferred();
      if (type.code == 0) type = float32;
    } else if (type == resource) {
      // What is behind the handle has the dtype that the op works in.
      type = float32;
      for (const char* name : {"T", "dtype"})
        if (int attr = op.find_attr(name); attr >= 0) type = chosen(attr, {});
    }
    result.inputs.push_back(inputs[i].make(type));
  }
  return result;
}

}  // namespace tern::harness

namespace tern {

const harness::Samples& all_samples() {
  static const harness::Samples samples = [] {
    harness::Samples all;
    add_elementwise_samples(all);
    add_reduction_samples(all);
    add_array_samples(all);
    add_indexing_samples(all);
    add_nn_samples(all);
    add_random_samples(all);
    add_state_samples(all);
    add_string_samples(all);
    add_parsing_samples(all);
    add_lookup_samples(all);
    add_sparse_samples(all);
    add_ragged_samples(all);
    add_queue_samples(all);
    add_list_samples(all);
    add_functional_samples(all);
    add_linalg_samples(all);
    add_image_samples(all);
    add_quantize_samples(all);
    add_fused_samples(all);
    add_convolution_samples(all);
    add_pooling_samples(all);
    add_special_samples(all);
    add_signal_samples(all);
    add_searching_samples(all);
    add_rnn_samples(all);
    return all;
  }();
  return samples;
}

}  // namespace tern
