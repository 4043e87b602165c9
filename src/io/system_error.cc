#include "io/system_error.h"

#include <cerrno>
#include <system_error>

#include "tern/core/error.h"

namespace tern::io {
namespace {

Code code_of(int error) {
  switch (error) {
    case EACCES:
    case EPERM:
    case EROFS:
      return Code::kPermissionDenied;
    case EEXIST:
      return Code::kAlreadyExists;
    case EISDIR:
    case ENOTDIR:
    case ENOTEMPTY:
      return Code::kFailedPrecondition;
    case ENOSPC:
    case EDQUOT:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
      return Code::kResourceExhausted;
    case EINVAL:
    case ENAMETOOLONG:
      return Code::kInvalidArgument;
    default:
      return Code::kUnknown;
  }
}

}  // namespace

void throw_system_error(int error,
                        const std::string& path,
                        std::string_view action) {
  if (error == ENOENT) throw NotFoundError(path, ": no such file");
  throw_error(code_of(error),
              detail::concat(path,
                             ": cannot ",
                             action,
                             ": ",
                             std::generic_category().message(error)));
}

}  // namespace tern::io
