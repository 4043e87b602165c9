#pragma once

#include <string>
#include <string_view>

namespace tern::io {

/// Whether the bytes begin like a gzip stream.
bool is_gzip(std::string_view bytes);

/// The contents of one or more gzip members. `name` stands in errors. Throws
/// DataLossError for a truncated or corrupt stream.
std::string gunzip(std::string_view bytes, const std::string& name);

}  // namespace tern::io
