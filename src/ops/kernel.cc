#include "ops/kernel.h"

#include <algorithm>

#include "ops/infer_context.h"
#include "tern/core/error.h"

namespace tern {

std::vector<std::int64_t> KernelContext::host_ints(int i) const {
  // Positions equal arg indices up to the first variadic arg; past it the
  // args are counted from the end.
  const auto& args = op_.inputs;
  std::size_t arg = 0;
  int position = i;
  while (arg < args.size() && !args[arg].is_variadic() && position > 0) {
    --position;
    ++arg;
  }
  if (arg < args.size() && args[arg].is_variadic() && i > 0) {
    int from_end = num_inputs() - 1 - i;
    std::size_t tail = args.size() - 1 - arg;
    if (from_end < static_cast<int>(tail))
      arg = args.size() - 1 - static_cast<std::size_t>(from_end);
  }
  if (arg < args.size() && !args[arg].host)
    throw InternalError("kernel of ",
                        op_.name,
                        " reads input ",
                        i,
                        " (",
                        args[arg].name,
                        ") on the host, but the op does not declare it host");
  const Tensor& t = input(i);
  auto copy = [](auto values) {
    return std::vector<std::int64_t>(values.begin(), values.end());
  };
  if (t.dtype() == int32) return copy(in<std::int32_t>(i));
  if (t.dtype() == int64) return copy(in<std::int64_t>(i));
  if (t.dtype() == int16) return copy(in<std::int16_t>(i));
  throw InvalidArgumentError(op_.name,
                             ": input ",
                             i,
                             " must be int16, int32 or int64, got ",
                             t.dtype().name());
}

std::int64_t KernelContext::host_int(int i) const {
  std::vector<std::int64_t> values = host_ints(i);
  if (values.size() != 1)
    throw InvalidArgumentError(op_.name,
                               ": input ",
                               i,
                               " must be a scalar, got shape ",
                               input(i).shape());
  return values[0];
}

Tensor& KernelContext::allocate_output(int i, const Shape& shape) {
  outputs_[static_cast<std::size_t>(i)] =
      Tensor::allocate(output_dtype(i), shape);
  return outputs_[static_cast<std::size_t>(i)];
}

void KernelContext::forward(int i, int o) {
  const Tensor& source = input(i);
  const Shape& shape = inferred_shape(o);
  // Always a tensor of its own: tapes tell input and output apart.
  set_output(o, source.with_shape(shape));
}

DType KernelContext::output_dtype(int i) const {
  if (op_.fixed_arity) {
    const ArgDef& arg = op_.outputs[static_cast<std::size_t>(i)];
    if (arg.type_attr < 0) return arg.type;
    const AttrDef& attr = op_.attrs[static_cast<std::size_t>(arg.type_attr)];
    // Not by attr_value, which completes the whole signature for it.
    if (attr.inferred_from_input >= 0)
      return input(attr.inferred_from_input).dtype();
    return attr_value(arg.type_attr).get<DType>();
  }
  if (completed_.empty())
    completed_ = CallSignature::complete(op_, inputs_, attrs_);
  return CallSignature::output_types(op_,
                                     completed_)[static_cast<std::size_t>(i)];
}

const AttrValue& KernelContext::attr_value(int index) const {
  auto i = static_cast<std::size_t>(index);
  if (i < attrs_.size() && attrs_[i].is_set()) return attrs_[i];
  const AttrDef& def = op_.attrs[i];
  if (def.default_value.is_set() && def.inferred_from_input < 0)
    return def.default_value;
  if (completed_.empty())
    completed_ = CallSignature::complete(op_, inputs_, attrs_);
  return completed_[i];
}

void KernelRegistry::add(std::string_view op,
                         std::initializer_list<TypeConstraint> types,
                         KernelFunction function,
                         KernelOptions options) {
  const OpDef& def = ops_.get(op);
  Kernel kernel;
  kernel.function = function;
  kernel.supports = options.supports;
  kernel.priority = options.priority;
  kernel.label = label_;
  kernel.device = device_;
  kernel.types.resize(def.key_attrs.size());
  for (const TypeConstraint& type : types) {
    int index = def.attr_index(type.attr);
    auto at = std::find(def.key_attrs.begin(), def.key_attrs.end(), index);
    if (at == def.key_attrs.end())
      throw InternalError(
          "kernel of ", op, ": attr ", type.attr, " is not a type");
    kernel.types[static_cast<std::size_t>(at - def.key_attrs.begin())] =
        type.dtype;
  }
  auto& kernels = def.kernels->kernels;
  auto after =
      std::find_if(kernels.begin(), kernels.end(), [&](const Kernel& k) {
        return k.priority < kernel.priority;
      });
  kernels.insert(after, std::move(kernel));
}

}  // namespace tern
