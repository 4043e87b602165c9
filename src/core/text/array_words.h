#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "tern/core/tensor.h"

namespace tern {

/// The elements `shown` of a host tensor as numpy writes them within an array:
/// numbers in columns of one width.
std::vector<std::string> array_words(const Tensor& tensor,
                                     std::span<const std::int64_t> shown);

/// The only element of a host tensor as numpy writes a scalar.
std::string scalar_word(const Tensor& tensor);

/// Python's repr of bytes: b'it\'s'.
std::string bytes_repr(const std::string& bytes);

}  // namespace tern
