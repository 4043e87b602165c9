// Tensor lists: making and changing them, and reading single elements.

#include "ops/list/tensor_list.h"

#include <cstring>

#include "kernels/cpu/plain/list/tensor_list_elements.h"
#include "ops/kernel.h"
#include "tern/core/error.h"

namespace tern {

Shape list_shape_input(const KernelContext& context, int i) {
  std::vector<std::int64_t> dims = context.host_ints(i);
  if (context.input(i).shape().rank() != 0) return Shape(dims);
  if (dims[0] != -1)
    throw InvalidArgumentError(
        "The only valid scalar shape tensor is the fully unknown shape "
        "specified as -1.");
  return Shape::unknown();
}

void check_element_dtype(const KernelContext& context, const TensorList& list) {
  DType dtype = context.attr<DType>("element_dtype");
  if (!(dtype == list.element_dtype()))
    throw InvalidArgumentError("Invalid data types; op elements ",
                               dtype.name(),
                               " but list elements ",
                               list.element_dtype().name());
}

Shape merged_element_shape(const TensorList& list, const Shape& asked) {
  if (!asked.is_compatible_with(list.element_shape()))
    throw InvalidArgumentError("Incompatible shapes during merge: ",
                               asked.debug_string(),
                               " vs. ",
                               list.element_shape().debug_string());
  return asked.merge(list.element_shape());
}

Tensor zeros_of(DType dtype, const Shape& shape) {
  Tensor result = Tensor::allocate(dtype, shape);
  if (!dtype.is_object())
    std::memset(result.mutable_data(), 0, result.num_bytes());
  return result;
}

namespace {

/// An element that was never set reads as zeros, of the shape the others have
/// where the list leaves it open.
Tensor unset_element(const TensorList& list, Shape shape, bool look_at_others) {
  if (!shape.is_fully_known() && look_at_others)
    for (const Tensor& element : list.elements())
      if (element.defined()) shape = shape.merge(element.shape());
  if (!shape.is_fully_known())
    throw InvalidArgumentError(
        "Trying to read an uninitialized tensor but element_shape is not fully "
        "defined",
        shape.debug_string());
  return zeros_of(list.element_dtype(), shape);
}

Tensor read_element(const TensorList& list,
                    std::int64_t i,
                    const Shape& asked,
                    bool look_at_others) {
  Tensor element = list.get(i);
  if (!element.defined())
    return unset_element(
        list, merged_element_shape(list, asked), look_at_others);
  if (!element.shape().is_compatible_with(asked))
    throw InvalidArgumentError("Incompatible shapes during merge: ",
                               element.shape().debug_string(),
                               " vs. ",
                               asked.debug_string());
  // A tensor of its own: tapes tell the element from what was put in.
  return element.with_shape(element.shape());
}

/// Whether nobody will look at the list in input i after this call.
bool is_consumed(const KernelContext& context, int i) {
  const Tensor& handle = context.input(i);
  return handle.is_unique() && handle.data<Variant>()->value().use_count() == 1;
}

void set_list(KernelContext& context, TensorList list) {
  *context.out<Variant>().data() =
      Variant(std::make_shared<TensorList>(std::move(list)));
}

void empty_list(KernelContext& context) {
  set_list(context,
           TensorList(context.attr<DType>("element_dtype"),
                      list_shape_input(context, 0),
                      0,
                      context.host_int(1)));
}

void reserve(KernelContext& context) {
  std::int64_t size = context.host_int(1);
  if (size < 0)
    throw InvalidArgumentError(
        "The num_elements to reserve must be a non "
        "negative number, but got ",
        size);
  set_list(context,
           TensorList(context.attr<DType>("element_dtype"),
                      list_shape_input(context, 0),
                      size));
}

void check_pushed(const TensorList& list, const Tensor& element) {
  if (!(element.dtype() == list.element_dtype()))
    throw InvalidArgumentError("Invalid data types; list elements ",
                               list.element_dtype().name(),
                               " but tried to append ",
                               element.dtype().name());
  if (!element.shape().is_compatible_with(list.element_shape()))
    throw InvalidArgumentError(
        "Tried to append a tensor with incompatible shape to a list. Op "
        "element shape: ",
        element.shape().debug_string(),
        " list shape: ",
        list.element_shape().debug_string());
  if (list.max_size() >= 0 && list.size() >= list.max_size())
    throw InvalidArgumentError("Tried to push item into a full list",
                               " list size: ",
                               list.size(),
                               " max_num_elements: ",
                               list.max_size());
}

void push_back(KernelContext& context) {
  const TensorList& list = list_of(context.input(0));
  const Tensor& element = context.input(1);
  check_pushed(list, element);
  set_list(context, list.push(element.with_shape(element.shape())));
}

void push_back_batch(KernelContext& context) {
  const Tensor& lists = context.input(0);
  const Tensor& rows = context.input(1);
  int rank = lists.shape().rank();
  if (!(rows.shape().rank() >= rank &&
        rows.shape().slice(0, rank) == lists.shape()))
    throw InvalidArgumentError("Batch dimensions of input_handles ",
                               lists.shape().debug_string(),
                               " and tensor ",
                               rows.shape().debug_string(),
                               " differ");
  Shape by_row = rows.shape().slice(rank);
  by_row.insert(0, lists.num_elements());
  Tensor flat = rows.with_shape(by_row);
  for (std::int64_t i = 0; i < lists.num_elements(); ++i) {
    const TensorList& list = list_of(lists.data<Variant>()[i]);
    Tensor element = flat.rows(i, i + 1).with_shape(by_row.slice(1));
    check_pushed(list, element);
    context.out<Variant>()[static_cast<std::size_t>(i)] =
        Variant(std::make_shared<TensorList>(list.push(std::move(element))));
  }
}

void pop_back(KernelContext& context) {
  const TensorList& list = list_of(context.input(0));
  check_element_dtype(context, list);
  if (list.size() == 0)
    throw InvalidArgumentError("Trying to pop from an empty list.");
  context.set_output(1,
                     read_element(list,
                                  list.size() - 1,
                                  list_shape_input(context, 1),
                                  /*look_at_others=*/false));
  set_list(context, list.pop());
}

void get_item(KernelContext& context) {
  const TensorList& list = list_of(context.input(0));
  check_element_dtype(context, list);
  std::int64_t index = context.host_int(1);
  if (index < 0 || index >= list.size())
    throw InvalidArgumentError("Trying to access element ",
                               index,
                               " in a list with ",
                               list.size(),
                               " elements.");
  context.set_output(0,
                     read_element(list,
                                  index,
                                  list_shape_input(context, 2),
                                  /*look_at_others=*/true));
}

void set_item(KernelContext& context) {
  const TensorList& list = list_of(context.input(0));
  check_element_dtype(context, list);
  const Tensor& item = context.input(2);
  std::int64_t index = context.host_int(1);
  bool grows = context.attr<bool>("resize_if_index_out_of_bounds");
  if (index < 0 || (index >= list.size() && !grows))
    throw InvalidArgumentError("Trying to modify element ",
                               index,
                               " in a list with ",
                               list.size(),
                               " elements.");
  if (!item.shape().is_compatible_with(list.element_shape()))
    throw InvalidArgumentError(
        "Tried to set a tensor with incompatible shape at a list index. Item "
        "element shape: ",
        item.shape().debug_string(),
        " list shape: ",
        list.element_shape().debug_string());
  Tensor element = item.with_shape(item.shape());
  if (index < list.size())
    set_list(context,
             list.set(index, std::move(element), is_consumed(context, 0)));
  else
    set_list(context,
             list.resize(index + 1).set(index,
                                        std::move(element),
                                        /*consume=*/true));
}

void resize(KernelContext& context) {
  const TensorList& list = list_of(context.input(0));
  std::int64_t size = context.host_int(1);
  if (size < 0)
    throw InvalidArgumentError(
        "TensorListSlice expects size to be non-negative. Got: ", size);
  set_list(context, list.resize(size));
}

void length(KernelContext& context) {
  context.out<std::int32_t>()[0] =
      static_cast<std::int32_t>(list_of(context.input(0)).size());
}

void list_element_shape(KernelContext& context) {
  const Shape& shape = list_of(context.input(0)).element_shape();
  Tensor& output = context.allocate_output(
      0, shape.has_rank() ? Shape{shape.rank()} : Shape());
  std::vector<std::int64_t> dims =
      shape.has_rank() ? shape.to_vector() : std::vector<std::int64_t>{-1};
  if (output.dtype() == int32)
    std::copy(dims.begin(), dims.end(), output.data<std::int32_t>());
  else
    std::copy(dims.begin(), dims.end(), output.data<std::int64_t>());
}

TensorList concatenated(const TensorList& a, const TensorList& b) {
  if (!(a.element_dtype() == b.element_dtype()))
    throw InvalidArgumentError("element_dtypes must match: ",
                               a.element_dtype().name(),
                               " vs ",
                               b.element_dtype().name());
  std::vector<Tensor> elements = a.elements();
  for (Tensor& element : b.elements()) elements.push_back(std::move(element));
  return TensorList(a.element_dtype(),
                    a.element_shape().is_compatible_with(b.element_shape())
                        ? a.element_shape().merge(b.element_shape())
                        : Shape::unknown(),
                    std::move(elements));
}

void concat_lists(KernelContext& context) {
  const Tensor& a = context.input(0);
  const Tensor& b = context.input(1);
  if (!(a.shape() == b.shape()))
    throw InvalidArgumentError(
        "input_a and input_b must have the same shape, "
        "got ",
        a.shape().debug_string(),
        " and ",
        b.shape().debug_string());
  for (std::int64_t i = 0; i < a.num_elements(); ++i)
    context.out<Variant>()[static_cast<std::size_t>(i)] =
        Variant(std::make_shared<TensorList>(concatenated(
            list_of(a.data<Variant>()[i]), list_of(b.data<Variant>()[i]))));
}

void zeros_like_lists(KernelContext& context) {
  context.set_output(0, zeros_like_variant(context.input(0)));
}

void add_lists(KernelContext& context) {
  Tensor sum = context.input(0);
  for (int i = 1; i < context.num_inputs(); ++i)
    sum = add_variants(sum, context.input(i));
  context.set_output(0, sum.with_shape(sum.shape()));
}

}  // namespace

void register_tensor_list_kernels(KernelRegistry& registry) {
  registry.add("EmptyTensorList", {}, empty_list);
  registry.add("TensorListReserve", {}, reserve);
  registry.add("TensorListPushBack", {}, push_back);
  registry.add("TensorListPushBackBatch", {}, push_back_batch);
  registry.add("TensorListPopBack", {}, pop_back);
  registry.add("TensorListGetItem", {}, get_item);
  registry.add("TensorListSetItem", {}, set_item);
  registry.add("TensorListResize", {}, resize);
  registry.add("TensorListLength", {}, length);
  registry.add("TensorListElementShape", {}, list_element_shape);
  registry.add("TensorListConcatLists", {}, concat_lists);
  // Before the kernel for any dtype.
  registry.add(
      "ZerosLike", {{"T", variant}}, zeros_like_lists, {.priority = 1});
  registry.add("AddN", {{"T", variant}}, add_lists);
}

}  // namespace tern
