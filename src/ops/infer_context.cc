#include "ops/infer_context.h"

#include "tern/core/error.h"
#include "tern/core/resource.h"

namespace tern {
namespace {

/// Whether the value of this tensor can be read right now on the host.
bool is_readable(const Tensor& tensor) {
  return tensor.defined() && !tensor.is_symbolic() && !tensor.is_meta() &&
         tensor.device().is_host();
}

std::optional<std::vector<std::int64_t>> integers_of(const Tensor& tensor) {
  if (!tensor.defined()) return std::nullopt;
  std::vector<std::int64_t> result;
  auto append = [&](auto values) {
    result.assign(values.begin(), values.end());
  };
  if (tensor.dtype() == int32)
    append(tensor.values<std::int32_t>());
  else if (tensor.dtype() == int64)
    append(tensor.values<std::int64_t>());
  else if (tensor.dtype() == int16)
    append(tensor.values<std::int16_t>());
  else if (tensor.dtype() == int8)
    append(tensor.values<std::int8_t>());
  else
    return std::nullopt;
  return result;
}

int count_outputs(const OpDef& op, const Attrs& complete) {
  int count = 0;
  for (const ArgDef& arg : op.outputs) {
    if (arg.number_attr >= 0)
      count +=
          static_cast<int>(complete[static_cast<std::size_t>(arg.number_attr)]
                               .get<std::int64_t>());
    else if (arg.type_list_attr >= 0)
      count += static_cast<int>(
          complete[static_cast<std::size_t>(arg.type_list_attr)]
              .get<std::vector<DType>>()
              .size());
    else
      ++count;
  }
  return count;
}

}  // namespace

SymbolicValues& symbolic_values() {
  static SymbolicValues sources;
  return sources;
}

InferContext::InferContext(const OpDef& op,
                           std::span<const Tensor> inputs,
                           const Attrs& attrs)
    : op_(op), inputs_(inputs), attrs_(attrs) {
  if (op.fixed_arity) {
    shapes_.resize(op.outputs.size());
  } else {
    completed_ = CallSignature::complete(op, inputs, attrs);
    shapes_.resize(static_cast<std::size_t>(count_outputs(op, completed_)));
  }
}

const AttrValue& InferContext::attr_value(int index) const {
  auto i = static_cast<std::size_t>(index);
  if (i < attrs_.size() && attrs_[i].is_set()) return attrs_[i];
  if (completed_.empty()) {
    if (op_.attrs[i].default_value.is_set()) return op_.attrs[i].default_value;
    completed_ = CallSignature::complete(op_, inputs_, attrs_);
  }
  return completed_[i];
}

int InferContext::input_count(int arg) const {
  const ArgDef& def = op_.inputs[static_cast<std::size_t>(arg)];
  if (def.number_attr >= 0)
    return static_cast<int>(attr_value(def.number_attr).get<std::int64_t>());
  if (def.type_list_attr >= 0)
    return static_cast<int>(
        attr_value(def.type_list_attr).get<std::vector<DType>>().size());
  return 1;
}

int InferContext::input_begin(int arg) const {
  int begin = 0;
  for (int i = 0; i < arg; ++i) begin += input_count(i);
  return begin;
}

Tensor InferContext::value(int i) const {
  const Tensor& input = inputs_[check_input(i)];
  if (is_readable(input)) return input;
  if (input.is_symbolic() && symbolic_values().constant_value)
    return symbolic_values().constant_value(input);
  if (!input.device().is_host())
    throw InternalError(op_.name,
                        ": the shape rule reads the value of input ",
                        i,
                        ", which is in device memory: declare it host");
  return {};
}

std::optional<std::vector<std::int64_t>> InferContext::value_as_ints(
    int i) const {
  return integers_of(value(i));
}

std::optional<std::int64_t> InferContext::value_as_int(int i) const {
  auto values = value_as_ints(i);
  if (!values || values->size() != 1) return std::nullopt;
  return values->front();
}

Shape InferContext::value_as_partial_shape(int i) const {
  const Tensor& input = inputs_[check_input(i)];
  if (input.is_symbolic()) {
    if (symbolic_values().partial_shape)
      return symbolic_values().partial_shape(input);
    return Shape::unknown();
  }
  auto values = value_as_ints(i);
  if (!values) return Shape::unknown();
  if (input.shape().rank() == 0) {
    if (values->front() == -1) return Shape::unknown();
    throw InvalidArgumentError(
        "Input tensor must be rank 1, or if its rank 0 it must have value -1 "
        "(representing an unknown shape).  Saw value: ",
        values->front());
  }
  for (std::int64_t dim : *values)
    if (dim < -1)
      throw InvalidArgumentError("Invalid value in tensor used for shape: ",
                                 dim);
  return Shape(*values);
}

HandleInfo InferContext::handle(int i) const {
  const Tensor& input = inputs_[check_input(i)];
  if (input.is_symbolic())
    return symbolic_values().handle ? symbolic_values().handle(input)
                                    : HandleInfo{};
  if (input.is_meta() || input.num_elements() != 1) return {};
  if (input.dtype() == resource) {
    const ResourceHandle& handle = *input.data<ResourceHandle>();
    return {handle.dtype(), handle.shape()};
  }
  return {};
}

void InferContext::set_output_handle(int i, HandleInfo info) {
  handles_.emplace_back(i, std::move(info));
}

const Shape& InferContext::with_rank(int i, int rank) const {
  const Shape& shape = input(i);
  if (shape.has_rank() && shape.rank() != rank)
    throw InvalidArgumentError("Shape must be rank ",
                               rank,
                               " but is rank ",
                               shape.rank(),
                               " for '",
                               op_.name,
                               "' (input ",
                               i,
                               ") with input shape ",
                               shape.debug_string());
  return shape;
}

const Shape& InferContext::with_rank_at_least(int i, int rank) const {
  const Shape& shape = input(i);
  if (shape.has_rank() && shape.rank() < rank)
    throw InvalidArgumentError("Shape must be at least rank ",
                               rank,
                               " but is rank ",
                               shape.rank(),
                               " for '",
                               op_.name,
                               "' (input ",
                               i,
                               ") with input shape ",
                               shape.debug_string());
  return shape;
}

int InferContext::check_input(int i) const {
  if (i < 0 || i >= num_inputs())
    throw InternalError(
        op_.name, ": the shape rule asks for input ", i, " of ", num_inputs());
  return i;
}

int InferContext::check_output(int i) const {
  if (i < 0 || i >= num_outputs())
    throw InternalError(op_.name,
                        ": the shape rule asks for output ",
                        i,
                        " of ",
                        num_outputs());
  return i;
}

void same_as_input(InferContext& c) { c.set_output(0, c.input(0)); }

void merge_inputs(InferContext& c) {
  Shape merged = c.input(0);
  for (int i = 1; i < c.num_inputs(); ++i) {
    if (merged == c.input(i)) continue;
    try {
      merged = merged.merge(c.input(i));
    } catch (const InvalidArgumentError&) {
      throw InvalidArgumentError(
          "Inputs to operation ",
          c.op().name,
          " must have the same size and shape.  Input 0: ",
          c.input(0).debug_string(),
          " != input ",
          i,
          ": ",
          c.input(i).debug_string());
    }
  }
  for (int i = 0; i < c.num_outputs(); ++i) c.set_output(i, merged);
}

void scalar_output(InferContext& c) {
  for (int i = 0; i < c.num_outputs(); ++i) c.set_output(i, Shape());
}

void broadcast_inputs(InferContext& c) {
  const Shape& x = c.input(0);
  const Shape& y = c.input(1);
  if (x == y)
    c.set_output(0, x);
  else
    c.set_output(0, broadcast_static_shape(x, y));
}

void unknown_outputs(InferContext& c) {
  for (int i = 0; i < c.num_outputs(); ++i) c.set_output(i, Shape::unknown());
}

}  // namespace tern
