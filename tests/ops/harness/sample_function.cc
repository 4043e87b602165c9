#include "ops/harness/sample_function.h"

#include "ops/list/tensor_list.h"
#include "tern/core/resource.h"

namespace tern::harness {
namespace {

bool is_list(const Tensor& tensor) {
  return !tensor.is_symbolic() && tensor.dtype() == variant &&
         tensor.shape() == Shape() &&
         dynamic_cast<TensorList*>(tensor.data<Variant>()->value().get());
}

Tensor dims_of_elements(const TensorList& list) {
  const Shape& shape = list.element_shape();
  if (!shape.has_rank()) return Tensor(-1);
  return tensor_of_numbers(
      int32, Shape({shape.rank()}), {shape.dims().begin(), shape.dims().end()});
}

/// A list like `model` of other elements, through ops that a tape sees.
Tensor list_like(const TensorList& model, std::span<const Tensor> elements) {
  Tensor list =
      raw<"EmptyTensorList">(dims_of_elements(model),
                             Tensor(-1),
                             {{"element_dtype", model.element_dtype()}});
  for (const Tensor& element : elements)
    list = raw<"TensorListPushBack">(list, element);
  return list;
}

/// The elements of a list that has those of `list`.
void append_elements(const Tensor& handle,
                     const TensorList& list,
                     Tensors& tensors) {
  for (std::int64_t i = 0; i < list.size(); ++i)
    if (Tensor element = list.get(i); element.defined())
      tensors.push_back(
          raw<"TensorListGetItem">(handle,
                                   Tensor(static_cast<std::int32_t>(i)),
                                   raw<"Shape">(element),
                                   {{"element_dtype", list.element_dtype()}}));
}

}  // namespace

Tensor elements_of(const Tensor& argument) {
  if (!(argument.dtype() == resource)) return argument;
  auto* cell = dynamic_cast<VariableCell*>(
      argument.data<ResourceHandle>()->object().get());
  return cell ? cell->value : Tensor();
}

SampleFunction::SampleFunction(const OpDef& op,
                               const Sample& sample,
                               TypeChoice types)
    : op_(op), sample_(sample), types_(std::move(types)) {
  bool gives_variants = std::any_of(
      op.outputs.begin(), op.outputs.end(), [](const ArgDef& output) {
        return output.type == variant;
      });
  if (!gives_variants) return;
  Call call = sample.call(op, types_);
  results_ = apply(op, call.inputs, call.attrs).to_vector();
}

Tensors SampleFunction::arguments() const {
  Tensors arguments;
  for (const Tensor& input : sample_.call(op_, types_).inputs)
    if (is_list(input))
      append_elements(input, list_of(input), arguments);
    else
      arguments.push_back(input);
  return arguments;
}

Tensors SampleFunction::operator()(const Tensors& arguments) const {
  Call call = sample_.call(op_, types_);
  std::size_t next = 0;
  for (Tensor& input : call.inputs) {
    if (is_list(input)) {
      auto size = static_cast<std::size_t>(list_of(input).size());
      input =
          list_like(list_of(input), std::span(arguments).subspan(next, size));
      next += size;
    } else {
      input = arguments[next++];
    }
  }
  Tensors outputs = apply(op_, call.inputs, call.attrs).to_vector();
  if (sample_.has(kOnlyFirstOutput)) outputs.resize(1);
  Tensors results;
  for (std::size_t k = 0; k < outputs.size(); ++k)
    if (outputs[k].dtype() == variant && is_list(results_[k]))
      append_elements(outputs[k], list_of(results_[k]), results);
    else
      results.push_back(outputs[k]);
  return results;
}

std::vector<std::size_t> SampleFunction::sources() const {
  std::vector<std::size_t> sources;
  std::size_t next = 0;
  Tensors inputs = sample_.call(op_, types_).inputs;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    std::size_t size = 1;
    DType dtype;
    if (is_list(inputs[i])) {
      size = static_cast<std::size_t>(list_of(inputs[i]).size());
      dtype = list_of(inputs[i]).element_dtype();
    } else {
      if (Tensor elements = elements_of(inputs[i]); elements.defined())
        dtype = elements.dtype();
      if (op_.fixed_arity && op_.inputs[i].host &&
          !inputs[i].dtype().is_object())
        dtype = {};
    }
    bool precise = dtype == float32 || dtype == float64 || dtype.is_complex();
    if (precise && !sample_.inputs[i].is_constant())
      for (std::size_t k = 0; k < size; ++k) sources.push_back(next + k);
    next += size;
  }
  return sources;
}

}  // namespace tern::harness
