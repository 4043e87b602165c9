#pragma once

#include <string>

#include "tern/core/tensor.h"

namespace tern::io {

/// The array of an IDX file (the format of MNIST), plain or gzipped; which of
/// the two is told from the bytes, not from the name. The dtype is the file's:
/// uint8, int8, int16, int32, float32 or float64.
/// Throws NotFoundError for a missing file, DataLossError for one that is not
/// IDX or whose size contradicts its header.
Tensor read_idx(const std::string& path);

}  // namespace tern::io
