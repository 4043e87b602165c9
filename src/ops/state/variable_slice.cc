#include "ops/apply.h"
#include "ops/array/indexing.h"
#include "tern/core/error.h"
#include "tern/ops/math.h"
#include "tern/ops/variable.h"

namespace tern {
namespace {

bool is_mask(const std::vector<Index>& indices) {
  return indices.size() == 1 && indices[0].kind() == Index::Kind::kTensor &&
         indices[0].tensor().dtype() == bool_;
}

}  // namespace

VariableSlice Variable::operator[](const Index& index) const {
  return VariableSlice(*this, {index});
}

VariableSlice Variable::operator[](std::initializer_list<Index> indices) const {
  return VariableSlice(*this, indices);
}

Tensor VariableSlice::read() const {
  Tensor value = variable_.read();
  if (indices_.size() == 1) return value[indices_[0]];
  StridedSliceArguments slice = strided_slice_arguments(indices_);
  return raw<"StridedSlice">(value,
                             slice.begin,
                             slice.end,
                             slice.strides,
                             {{"begin_mask", slice.masks.begin},
                              {"end_mask", slice.masks.end},
                              {"ellipsis_mask", slice.masks.ellipsis},
                              {"new_axis_mask", slice.masks.new_axis},
                              {"shrink_axis_mask", slice.masks.shrink_axis}});
}

void VariableSlice::assign(const Tensor& value) const {
  if (is_mask(indices_))
    throw InvalidArgumentError("variable '",
                               variable_.name(),
                               "': a slice given by a bool mask cannot be "
                               "assigned to");
  StridedSliceArguments slice = strided_slice_arguments(indices_);
  raw<"ResourceStridedSliceAssign">(
      Tensors{variable_.handle(),
              slice.begin,
              slice.end,
              slice.strides,
              value.is_weak() ? value.as_dtype(variable_.dtype()) : value},
      {{"begin_mask", slice.masks.begin},
       {"end_mask", slice.masks.end},
       {"ellipsis_mask", slice.masks.ellipsis},
       {"new_axis_mask", slice.masks.new_axis},
       {"shrink_axis_mask", slice.masks.shrink_axis}});
}

void VariableSlice::assign_add(const Tensor& delta) const {
  assign(read() + delta);
}

void VariableSlice::assign_sub(const Tensor& delta) const {
  assign(read() - delta);
}

}  // namespace tern
