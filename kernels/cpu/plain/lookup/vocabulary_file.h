#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tern/core/tensor.h"

namespace tern {

/// What of a line becomes a key or a value: a column, or one of these.
inline constexpr std::int64_t kLineNumber = -1;
inline constexpr std::int64_t kWholeLine = -2;

struct VocabularyFormat {
  std::int64_t key_index = kWholeLine;
  std::int64_t value_index = kLineNumber;
  std::int64_t size = -1;  // lines to read, -1 for all
  std::string delimiter = "\t";
  std::int64_t offset = 0;  // added to line numbers
};

struct VocabularyColumns {
  Tensor keys, values;
};

/// A text file of one entry a line. Throws NotFoundError, and
/// InvalidArgumentError for lines that do not fit, naming them.
VocabularyColumns read_vocabulary(const std::string& path,
                                  const VocabularyFormat& format,
                                  DType key_dtype,
                                  DType value_dtype);

/// The lines of a file without their ends.
std::vector<std::string> read_lines(const std::string& path);

}  // namespace tern
