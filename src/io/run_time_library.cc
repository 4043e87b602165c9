#include "io/run_time_library.h"

#include <dlfcn.h>

namespace tern::io {
namespace {

/// The folder libtern was loaded from, with its slash; empty when it cannot be
/// told.
std::string library_folder() {
  Dl_info info;
  auto here = reinterpret_cast<const void*>(&open_run_time_library);
  if (dladdr(here, &info) == 0 || !info.dli_fname) return {};
  std::string path = info.dli_fname;
  return path.substr(0, path.rfind('/') + 1);
}

}  // namespace

RunTimeLibrary open_run_time_library(const char* name, const char* entry) {
  std::string beside = library_folder() + name;
  void* handle = dlopen(beside.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle) handle = dlopen(name, RTLD_NOW | RTLD_LOCAL);
  if (!handle)
    return {nullptr, "not found beside libtern (" + beside + "): " + dlerror()};
  using Entry = const void* (*)();
  auto function = reinterpret_cast<Entry>(dlsym(handle, entry));
  if (!function) return {nullptr, beside + " has no symbol " + entry};
  return {function(), {}};
}

}  // namespace tern::io
