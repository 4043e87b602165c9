// tensor_list_array.cc: TensorArray, the list of tensors that users hold.

#include "ops/apply.h"
#include "ops/list/tensor_list.h"
#include "tern/core/error.h"
#include "tern/ops/tensor_array.h"

namespace tern {

Tensor element_shape_tensor(const Shape& shape) {
  if (!shape.has_rank()) return Tensor(std::vector<std::int32_t>{-1}, Shape());
  return Tensor(std::vector<std::int32_t>(shape.begin(), shape.end()));
}

TensorArray::TensorArray(DType dtype,
                         const Tensor& size,
                         TensorArrayOptions options)
    : dtype_(dtype), options_(std::move(options)) {
  flow_ = raw<"TensorListReserve">(
      element_shape_tensor(element_shape()), size, {{"element_dtype", dtype}});
}

TensorArray TensorArray::from_flow(DType dtype,
                                   const Tensor& flow,
                                   TensorArrayOptions options) {
  if (flow.dtype() != variant || flow.shape().rank() > 0)
    throw InvalidArgumentError("TensorArray: a flow is a variant scalar, got ",
                               flow.dtype().name(),
                               " of shape ",
                               flow.shape());
  TensorArray array;
  array.dtype_ = dtype;
  array.options_ = std::move(options);
  array.flow_ = flow;
  return array;
}

TensorArray TensorArray::unstack(const Tensor& tensor) {
  Shape element = tensor.shape();
  if (element.rank() == 0)
    throw InvalidArgumentError("TensorArray::unstack: a scalar has no slices");
  if (element.has_rank()) element.erase(0);
  return from_flow(
      tensor.dtype(),
      raw<"TensorListFromTensor">(tensor, element_shape_tensor(element)),
      {.element_shape = element});
}

TensorArray TensorArray::with(Tensor flow) const {
  TensorArray array = *this;
  array.flow_ = std::move(flow);
  return array;
}

TensorArray TensorArray::write(const Tensor& index, const Tensor& value) const {
  return with(raw<"TensorListSetItem">(
      flow_,
      index,
      value.is_weak() ? value.as_dtype(dtype_) : value,
      {{"element_dtype", dtype_},
       {"resize_if_index_out_of_bounds", options_.dynamic_size}}));
}

Tensor TensorArray::read(const Tensor& index) const {
  return raw<"TensorListGetItem">(flow_,
                                  index,
                                  element_shape_tensor(element_shape()),
                                  {{"element_dtype", dtype_}});
}

Tensor TensorArray::stack() const {
  return raw<"TensorListStack">(flow_,
                                element_shape_tensor(element_shape()),
                                {{"element_dtype", dtype_}});
}

Tensor TensorArray::concat() const {
  Shape joined = element_shape();
  if (joined.rank() > 0) joined.set_dim(0, -1);
  return raw<"TensorListConcatV2">.outputs(
      {flow_,
       element_shape_tensor(joined),
       Tensor(std::vector<std::int64_t>())},
      {{"element_dtype", dtype_}})[0];
}

Tensor TensorArray::gather(const Tensor& indices) const {
  return raw<"TensorListGather">(flow_,
                                 indices,
                                 element_shape_tensor(element_shape()),
                                 {{"element_dtype", dtype_}});
}

TensorArray TensorArray::scatter(const Tensor& indices,
                                 const Tensor& value) const {
  return with(raw<"TensorListScatterIntoExistingList">(
      flow_, value, indices, {{"element_dtype", dtype_}}));
}

Tensor TensorArray::size() const { return raw<"TensorListLength">(flow_); }

}  // namespace tern
