#include "kernels/cpu/plain/conv/onednn.h"

#include <dlfcn.h>

#include <string>

namespace tern::onednn {
namespace {

const Library* open() {
  constexpr const char* kName = "libtern_onednn.so";
  Dl_info info;
  std::string beside = kName;
  if (dladdr(reinterpret_cast<const void*>(&library), &info) != 0 &&
      info.dli_fname) {
    std::string path = info.dli_fname;
    auto slash = path.rfind('/');
    if (slash != std::string::npos) beside = path.substr(0, slash + 1) + kName;
  }
  void* handle = dlopen(beside.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle) handle = dlopen(kName, RTLD_NOW | RTLD_LOCAL);
  if (!handle) return nullptr;
  using Entry = const Library* (*)();
  auto entry = reinterpret_cast<Entry>(dlsym(handle, "tern_onednn_library"));
  return entry ? entry() : nullptr;
}

}  // namespace

const Library* library() {
#if TERN_HAS_ONEDNN
  static const Library* const opened = open();
  return opened;
#else
  return nullptr;
#endif
}

}  // namespace tern::onednn
