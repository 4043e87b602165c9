#pragma once

#include <string>

namespace tern::io {

/// All bytes of a file. Throws NotFoundError "path: no such file",
/// PermissionDeniedError, or FailedPreconditionError for a folder.
std::string read_bytes(const std::string& path);

}  // namespace tern::io
