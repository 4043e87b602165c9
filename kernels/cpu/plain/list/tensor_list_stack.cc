// Tensor lists and tensors: stacking, joining, cutting up.

#include <algorithm>
#include <cstring>

#include "kernels/cpu/plain/list/tensor_list_elements.h"
#include "tern/core/error.h"

namespace tern {
namespace {

/// The elements' common shape, from what is known of it and from those set.
Shape common_shape(Shape shape, const std::vector<Tensor>& elements) {
  for (const Tensor& element : elements) {
    if (!element.defined()) continue;
    if (!shape.is_compatible_with(element.shape()))
      throw InvalidArgumentError("Incompatible shapes during merge: ",
                                 shape.debug_string(),
                                 " vs. ",
                                 element.shape().debug_string());
    shape = shape.merge(element.shape());
  }
  return shape;
}

/// Elements of one shape as the rows of output 0.
void stack_elements(KernelContext& context,
                    const Shape& known,
                    const std::vector<Tensor>& elements,
                    std::string_view verb) {
  if (elements.empty() && !known.is_fully_known())
    throw InvalidArgumentError("Tried to ",
                               verb,
                               " elements of an empty list with "
                               "non-fully-defined element_shape: ",
                               known.debug_string());
  Shape element_shape = common_shape(known, elements);
  if (!element_shape.is_fully_known())
    throw InvalidArgumentError(
        "Tried to ",
        verb,
        " list which only contains uninitialized tensors and has a "
        "non-fully-defined element_shape: ",
        element_shape.debug_string());
  Shape shape = element_shape;
  shape.insert(0, static_cast<std::int64_t>(elements.size()));
  ElementAppender rows(context.allocate_output(0, shape));
  Tensor unset;
  for (const Tensor& element : elements) {
    if (!element.defined() && !unset.defined())
      unset = zeros_of(context.output_dtype(0), element_shape);
    rows.append(element.defined() ? element : unset);
  }
}

void stack(KernelContext& context) {
  const TensorList& list = list_of(context.input(0));
  check_element_dtype(context, list);
  auto expected = context.attr<std::int64_t>("num_elements");
  if (expected != -1 && expected != list.size())
    throw InvalidArgumentError("Operation expected a list with ",
                               expected,
                               " elements but got a list with ",
                               list.size(),
                               " elements.");
  stack_elements(context,
                 merged_element_shape(list, list_shape_input(context, 1)),
                 list.elements(),
                 "stack");
}

void gather(KernelContext& context) {
  const TensorList& list = list_of(context.input(0));
  check_element_dtype(context, list);
  std::vector<Tensor> chosen;
  for (std::int64_t index : context.host_ints(1)) {
    if (index < 0 || index >= list.size())
      throw InvalidArgumentError("Trying to gather element ",
                                 index,
                                 " in a list with ",
                                 list.size(),
                                 " elements.");
    chosen.push_back(list.get(index));
  }
  stack_elements(context,
                 merged_element_shape(list, list_shape_input(context, 2)),
                 chosen,
                 "gather");
}

/// Elements end to end along their first dimension; `leading` gives that of
/// elements never set.
void concat_elements(KernelContext& context,
                     const TensorList& list,
                     const Shape& asked,
                     const std::vector<std::int64_t>& leading) {
  Shape element_shape = asked;
  if (element_shape.rank() == 0)
    throw InvalidArgumentError(
        "Concat requires elements to be at least "
        "vectors, found scalars instead.");
  if (element_shape.has_rank()) element_shape.set_dim(0, -1);
  std::vector<Tensor> elements = list.elements();
  Shape rest =
      element_shape.has_rank() ? element_shape.slice(1) : Shape::unknown();
  for (const Tensor& element : elements) {
    if (!element.defined()) continue;
    if (element.shape().rank() == 0)
      throw InvalidArgumentError(
          "Concat requires elements to be at least "
          "vectors, found scalars instead.");
    Shape row = element.shape().slice(1);
    if (!rest.is_compatible_with(row))
      throw InvalidArgumentError(
          "Tried to concat tensors with unequal shapes: ",
          rest.debug_string(),
          " vs ",
          row.debug_string());
    rest = rest.merge(row);
  }
  if (!rest.is_fully_known())
    throw InvalidArgumentError(
        "All except the first dimension must be fully defined when concating "
        "an empty tensor list. element_shape: ",
        element_shape.debug_string());

  Tensor& lengths =
      context.allocate_output(1, {static_cast<std::int64_t>(elements.size())});
  std::int64_t total = 0;
  for (std::size_t i = 0; i < elements.size(); ++i) {
    if (!elements[i].defined()) {
      if (leading.size() <= i && !(asked.has_rank() && asked[0] >= 0))
        throw InvalidArgumentError(
            "Concatenating an uninitialized element of unknown length: give "
            "leading_dims with an entry for each of the ",
            elements.size(),
            " elements");
      Shape shape = rest;
      shape.insert(0, leading.size() > i ? leading[i] : asked[0]);
      elements[i] = zeros_of(list.element_dtype(), shape);
    }
    lengths.data<std::int64_t>()[i] = elements[i].shape()[0];
    total += elements[i].shape()[0];
  }
  Shape shape = rest;
  shape.insert(0, total);
  ElementAppender joined(context.allocate_output(0, shape));
  for (const Tensor& element : elements) joined.append(element);
}

void concat(KernelContext& context) {
  const TensorList& list = list_of(context.input(0));
  check_element_dtype(context, list);
  concat_elements(
      context,
      list,
      merged_element_shape(list, context.attr<Shape>("element_shape")),
      {});
}

void concat_v2(KernelContext& context) {
  const TensorList& list = list_of(context.input(0));
  check_element_dtype(context, list);
  concat_elements(context,
                  list,
                  merged_element_shape(list, list_shape_input(context, 1)),
                  context.host_ints(2));
}

const Tensor& at_least_vector(const KernelContext& context, int i) {
  const Tensor& tensor = context.input(i);
  if (tensor.shape().rank() < 1)
    throw InvalidArgumentError(
        "Tensor must be at least a vector, but saw "
        "shape: ",
        tensor.shape().debug_string());
  return tensor;
}

Tensor row(const Tensor& tensor, std::int64_t i) {
  return tensor.rows(i, i + 1).with_shape(tensor.shape().slice(1));
}

void check_rows_fit(const Tensor& tensor, const Shape& element_shape) {
  Shape row_shape = tensor.shape().slice(1);
  if (!element_shape.is_compatible_with(row_shape))
    throw InvalidArgumentError("Specified a list with shape ",
                               element_shape.debug_string(),
                               " from a tensor with shape ",
                               row_shape.debug_string());
}

void set_list(KernelContext& context,
              const Shape& element_shape,
              std::vector<Tensor> elements) {
  *context.out<Variant>().data() =
      Variant(std::make_shared<TensorList>(context.attr<DType>("element_dtype"),
                                           element_shape,
                                           std::move(elements)));
}

void from_tensor(KernelContext& context) {
  const Tensor& tensor = at_least_vector(context, 0);
  Shape element_shape = list_shape_input(context, 1);
  check_rows_fit(tensor, element_shape);
  std::vector<Tensor> elements;
  for (std::int64_t i = 0; i < tensor.shape()[0]; ++i)
    elements.push_back(row(tensor, i));
  set_list(context, element_shape, std::move(elements));
}

void split(KernelContext& context) {
  const Tensor& tensor = at_least_vector(context, 0);
  Shape element_shape = list_shape_input(context, 1);
  if (context.input(2).shape().rank() != 1)
    throw InvalidArgumentError(
        "Expected lengths to be a vector, received "
        "shape: ",
        context.input(2).shape().debug_string());
  std::int64_t rows = tensor.shape()[0], begin = 0;
  std::vector<Tensor> elements;
  for (std::int64_t length : context.host_ints(2)) {
    if (length < 0)
      throw InvalidArgumentError("Invalid value in lengths: ", length);
    if (begin + length > rows)
      throw InvalidArgumentError("Attempting to slice [",
                                 begin,
                                 ", ",
                                 begin + length,
                                 ") from tensor with length ",
                                 rows);
    Tensor part = tensor.rows(begin, begin + length);
    if (!element_shape.is_compatible_with(part.shape()))
      throw InvalidArgumentError("Tensor of shape ",
                                 part.shape().debug_string(),
                                 " does not fit element_shape ",
                                 element_shape.debug_string());
    elements.push_back(std::move(part));
    begin += length;
  }
  if (begin != rows)
    throw InvalidArgumentError("Unused values in tensor. Length of tensor: ",
                               rows,
                               " Values used: ",
                               begin);
  set_list(context, element_shape, std::move(elements));
}

/// Puts the rows of `tensor` at `indices` of `elements`, which grow if need be.
void scatter_rows(const Tensor& tensor,
                  const std::vector<std::int64_t>& indices,
                  std::vector<Tensor>& elements) {
  if (static_cast<std::int64_t>(indices.size()) != tensor.shape()[0])
    throw InvalidArgumentError(
        "Invalid number of rows in input tensor. Expected: ",
        indices.size(),
        " Actual: ",
        tensor.shape()[0]);
  for (std::size_t i = 0; i < indices.size(); ++i) {
    if (indices[i] < 0)
      throw InvalidArgumentError(
          "Indices in TensorListScatter must all be non-negative.");
    auto at = static_cast<std::size_t>(indices[i]);
    if (at >= elements.size()) elements.resize(at + 1);
    elements[at] = row(tensor, static_cast<std::int64_t>(i));
  }
}

void scatter(KernelContext& context) {
  const Tensor& tensor = at_least_vector(context, 0);
  std::vector<std::int64_t> indices = context.host_ints(1);
  Shape element_shape = list_shape_input(context, 2);
  check_rows_fit(tensor, element_shape);
  std::int64_t size = context.num_inputs() > 3 ? context.host_int(3) : -1;
  if (size < -1)
    throw InvalidArgumentError(
        "TensorListScatter expects num_elements >= -1, "
        "found: ",
        size);
  std::vector<Tensor> elements(
      static_cast<std::size_t>(std::max<std::int64_t>(size, 0)));
  scatter_rows(tensor, indices, elements);
  if (size >= 0 && static_cast<std::int64_t>(elements.size()) > size)
    throw InvalidArgumentError("TensorListScatter: Trying to scatter at index ",
                               elements.size() - 1,
                               " in list with size ",
                               size);
  set_list(context, element_shape, std::move(elements));
}

void scatter_into(KernelContext& context) {
  const TensorList& list = list_of(context.input(0));
  check_element_dtype(context, list);
  const Tensor& tensor = at_least_vector(context, 1);
  check_rows_fit(tensor, list.element_shape());
  std::vector<Tensor> elements = list.elements();
  scatter_rows(tensor, context.host_ints(2), elements);
  set_list(context, list.element_shape(), std::move(elements));
}

}  // namespace

void register_tensor_list_stack_kernels(KernelRegistry& registry) {
  registry.add("TensorListStack", {}, stack);
  registry.add("TensorListGather", {}, gather);
  registry.add("TensorListConcat", {}, concat);
  registry.add("TensorListConcatV2", {}, concat_v2);
  registry.add("TensorListFromTensor", {}, from_tensor);
  registry.add("TensorListSplit", {}, split);
  registry.add("TensorListScatter", {}, scatter);
  registry.add("TensorListScatterV2", {}, scatter);
  registry.add("TensorListScatterIntoExistingList", {}, scatter_into);
}

}  // namespace tern
