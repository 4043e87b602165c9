#include "ops/array/indexing.h"

#include "ops/apply.h"
#include "ops/array/index_vector.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"

namespace tern {
namespace {

/// One of begin, end, strides: numbers, among which tensors may stand.
class Bounds {
 public:
  void append(std::int64_t value) {
    values_.push_back(value);
    tensors_.emplace_back();
  }
  void append(const Tensor& value) {
    values_.push_back(0);
    tensors_.push_back(value);
    has_tensors_ = true;
  }
  Tensor as_tensor(DType dtype) const {
    if (!has_tensors_) return index_vector(values_, dtype);
    Tensors entries;
    for (std::size_t i = 0; i < values_.size(); ++i)
      entries.push_back(tensors_[i].defined() ? as_integers(tensors_[i], dtype)
                                              : constant(values_[i], dtype));
    return stack(entries);
  }

 private:
  std::vector<std::int64_t> values_;
  Tensors tensors_;
  bool has_tensors_ = false;
};

void check_index_tensor(const Tensor& tensor) {
  const bool integer = tensor.dtype() == int32 || tensor.dtype() == int64 ||
                       tensor.dtype() == int16;
  if (!integer || tensor.shape().rank() > 0)
    throw InvalidArgumentError(
        "Only integers, slices, ellipsis, newaxis, int16/int32/int64 scalar "
        "tensors and a single bool mask are valid indices, got a tensor of ",
        tensor.dtype().name(),
        " with shape ",
        tensor.shape());
}

DType bounds_dtype(std::span<const Index> indices) {
  auto is_wide = [](std::int64_t value) {
    return value != static_cast<std::int32_t>(value);
  };
  for (const Index& index : indices) {
    const Slice& slice = index.slice();
    const bool wide =
        (index.kind() == Index::Kind::kTensor &&
         index.tensor().dtype() == int64) ||
        (index.kind() == Index::Kind::kInteger && is_wide(index.integer())) ||
        is_wide(slice.start.value_or(0)) || is_wide(slice.stop.value_or(0)) ||
        is_wide(slice.step.value_or(0));
    if (wide) return int64;
  }
  return int32;
}

Tensor strided_slice(const Tensor& tensor,
                     const StridedSliceArguments& arguments) {
  const StridedSliceMasks& masks = arguments.masks;
  return raw<"StridedSlice">(tensor,
                             arguments.begin,
                             arguments.end,
                             arguments.strides,
                             {{"begin_mask", masks.begin},
                              {"end_mask", masks.end},
                              {"ellipsis_mask", masks.ellipsis},
                              {"new_axis_mask", masks.new_axis},
                              {"shrink_axis_mask", masks.shrink_axis}});
}

}  // namespace

StridedSliceArguments strided_slice_arguments(std::span<const Index> indices) {
  Bounds begin, end, strides;
  StridedSliceMasks masks;
  std::int64_t bit = 1;
  for (const Index& index : indices) {
    switch (index.kind()) {
      case Index::Kind::kInteger:
        // The end is not read where an axis is shrunk.
        begin.append(index.integer());
        end.append(index.integer() + 1);
        strides.append(1);
        masks.shrink_axis |= bit;
        break;
      case Index::Kind::kTensor:
        check_index_tensor(index.tensor());
        begin.append(index.tensor());
        end.append(
            raw<"AddV2">(index.tensor(), constant(1, index.tensor().dtype())));
        strides.append(1);
        masks.shrink_axis |= bit;
        break;
      case Index::Kind::kSlice: {
        const Slice& slice = index.slice();
        begin.append(slice.start.value_or(0));
        end.append(slice.stop.value_or(0));
        strides.append(slice.step.value_or(1));
        if (!slice.start) masks.begin |= bit;
        if (!slice.stop) masks.end |= bit;
        break;
      }
      case Index::Kind::kEllipsis:
      case Index::Kind::kNewAxis:
        begin.append(0);
        end.append(0);
        strides.append(1);
        if (index.kind() == Index::Kind::kEllipsis)
          masks.ellipsis |= bit;
        else
          masks.new_axis |= bit;
        break;
    }
    bit <<= 1;
  }
  const DType dtype = bounds_dtype(indices);
  return {begin.as_tensor(dtype),
          end.as_tensor(dtype),
          strides.as_tensor(dtype),
          masks};
}

Tensor Tensor::operator[](const Index& index) const {
  const bool is_mask =
      index.kind() == Index::Kind::kTensor && index.tensor().dtype() == bool_;
  if (is_mask) return boolean_mask(*this, index.tensor());
  return strided_slice(*this, strided_slice_arguments({&index, 1}));
}

Tensor Tensor::operator[](std::initializer_list<Index> indices) const {
  if (indices.size() == 1) return (*this)[*indices.begin()];
  return strided_slice(
      *this, strided_slice_arguments({indices.begin(), indices.size()}));
}

}  // namespace tern
