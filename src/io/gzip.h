#pragma once

#include <string>
#include <string_view>

namespace tern::io {

/// Whether the bytes begin like a gzip stream.
bool is_gzip(std::string_view bytes);

/// The contents of one or more gzip members. `name` stands in errors. Throws
/// DataLossError for a truncated or corrupt stream.
std::string gunzip(std::string_view bytes, const std::string& name);

/// What a zlib or gzip stream holds; of one that ends too early, what can be
/// read. Throws DataLossError for a corrupt stream, in TensorFlow's words.
std::string inflate_prefix(std::string_view bytes, bool gzip);

}  // namespace tern::io
