#pragma once

#include <string>
#include <vector>

namespace tern::io {

/// All bytes of a file. Throws NotFoundError "path: no such file",
/// PermissionDeniedError, or FailedPreconditionError for a folder.
std::string read_bytes(const std::string& path);

/// Names of the entries of a folder, sorted. Throws NotFoundError.
std::vector<std::string> listdir(const std::string& path);

/// Paths that match a pattern of the shell (*, ?, [a-z]), sorted; none is no
/// error.
std::vector<std::string> glob(const std::string& pattern);

}  // namespace tern::io
