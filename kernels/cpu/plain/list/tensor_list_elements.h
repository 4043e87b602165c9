#pragma once

#include <cstring>

#include "ops/kernel.h"
#include "ops/list/tensor_list.h"
#include "tern/core/buffer.h"

namespace tern {

// What the kernels of tensor lists and arrays share.

/// Input i as a partial shape; -1 stands for an unknown rank.
Shape list_shape_input(const KernelContext& context, int i);

/// The op's element_dtype must be the list's.
void check_element_dtype(const KernelContext& context, const TensorList& list);

/// What both the list and the op allow. Throws InvalidArgumentError.
Shape merged_element_shape(const TensorList& list, const Shape& asked);

Tensor zeros_of(DType dtype, const Shape& shape);

/// Copies tensors one after another into a new one.
class ElementAppender {
 public:
  explicit ElementAppender(Tensor& output)
      : dtype_(output.dtype()),
        to_(static_cast<char*>(output.mutable_data())) {}

  void append(const Tensor& tensor) {
    if (dtype_.is_object())
      copy_elements(dtype_, to_, tensor.raw_data(), tensor.num_elements());
    else
      std::memcpy(to_, tensor.raw_data(), tensor.num_bytes());
    to_ += tensor.num_bytes();
  }

 private:
  DType dtype_;
  char* to_;
};

}  // namespace tern
