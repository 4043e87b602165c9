#pragma once

#include <string>
#include <string_view>

namespace tern::io {

/// Throws the typed error that belongs to an errno: "path: no such file",
/// "path: cannot open: Permission denied".
[[noreturn]] void throw_system_error(int error,
                                     const std::string& path,
                                     std::string_view action);

}  // namespace tern::io
