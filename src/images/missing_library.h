#pragma once

#include "tern/core/error.h"

namespace tern::images {

/// For builds without an optional library.
[[noreturn]] inline void throw_missing_library(const char* format,
                                               const char* library,
                                               const char* option) {
  throw UnimplementedError(
      format,
      " images need ",
      library,
      ", which this Tern was built without: install it and "
      "configure with ",
      option,
      "=ON");
}

}  // namespace tern::images
