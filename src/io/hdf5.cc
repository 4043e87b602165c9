#include "io/hdf5.h"

#include <dlfcn.h>

#include <filesystem>
#include <system_error>

#include "tern/core/error.h"

namespace tern::io {
namespace {

/// The folder libtern was loaded from; empty when it cannot be told.
std::string library_folder() {
  Dl_info info;
  if (dladdr(reinterpret_cast<const void*>(&open_hdf5), &info) == 0 ||
      !info.dli_fname)
    return {};
  std::filesystem::path path(info.dli_fname);
  return path.has_parent_path() ? path.parent_path().string() + "/" : "";
}

const detail::Hdf5Library& library() {
  static const detail::Hdf5Library* const loaded = [] {
    constexpr const char* kName = "libtern_hdf5.so";
    std::string beside = library_folder() + kName;
    void* handle = dlopen(beside.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!handle) handle = dlopen(kName, RTLD_NOW | RTLD_LOCAL);
    if (!handle)
      throw UnimplementedError(
          "Keras .h5 files need ",
          kName,
          ", which was not found beside "
          "libtern (",
          beside,
          "): ",
          dlerror(),
          ". Build Tern with TERN_WITH_HDF5=ON (Debian: libhdf5-dev)");
    using Entry = const detail::Hdf5Library* (*)();
    auto entry = reinterpret_cast<Entry>(dlsym(handle, "tern_hdf5_library"));
    if (!entry) throw InternalError(beside, " has no symbol tern_hdf5_library");
    return entry();
  }();
  return *loaded;
}

}  // namespace

std::unique_ptr<Hdf5File> open_hdf5(const std::string& path) {
  std::error_code error;
  auto status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::not_found)
    throw NotFoundError(path, ": no such file");
  if (status.type() == std::filesystem::file_type::directory)
    throw InvalidArgumentError(path, ": is a directory, not an HDF5 file");
  return library().open(path);
}

std::unique_ptr<Hdf5File> create_hdf5(const std::string& path) {
  return library().create(path);
}

}  // namespace tern::io
