#pragma once

#include <cstddef>
#include <string>

#include "tern/core/tensor.h"

namespace tern {

struct ArrayLayout {
  std::string separator;
  std::size_t line_width;
  int indent = 0;  // columns before the first bracket, on every line
};

/// numpy's nested brackets: rows broken at the line width, one empty line more
/// between blocks of each further dimension, "..." for what is left out.
/// The tensor is in host memory and of rank 1 at least.
std::string array_text(const Tensor& tensor, const ArrayLayout& layout);

}  // namespace tern
