#pragma once

#include <string>

namespace tern::io {

/// A library of Tern's own that drags in others, and so is opened on first use.
struct RunTimeLibrary {
  /// What its entry returned: the functions it offers. Null when it is not
  /// there, which `error` explains.
  const void* table = nullptr;
  std::string error;
};

/// Opens `name` from the folder of libtern, else from where the system looks,
/// and calls its function `entry`, `const T* entry()`.
RunTimeLibrary open_run_time_library(const char* name, const char* entry);

}  // namespace tern::io
