#pragma once

#include <string>
#include <string_view>

#include "tern/core/tensor.h"

namespace tern::io {

/// Reads numpy's .npy, versions 1 to 3, any byte order, C or Fortran order.
/// Fixed-width text (S, U) becomes strings without the padding. `as` names
/// the true dtype where the file holds the bits of a type that numpy lacks
/// (bfloat16 as uint16 or V2, int4 as int8); sizes must agree.
/// Throws NotFoundError, DataLossError for a truncated or corrupt file, and
/// UnimplementedError for Python objects and structured types.
Tensor read_npy(const std::string& path, DType as = {});
/// The same from memory; `name` stands in errors.
Tensor parse_npy(std::string_view bytes,
                 const std::string& name,
                 DType as = {});

/// Types that numpy lacks are written as unsigned integers of their bits.
/// Throws InvalidArgumentError for strings, resources and variants.
std::string serialize_npy(const Tensor& tensor);
void write_npy(const std::string& path, const Tensor& tensor);

}  // namespace tern::io
