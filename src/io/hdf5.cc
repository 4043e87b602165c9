#include "io/hdf5.h"

#include <filesystem>
#include <system_error>

#include "io/run_time_library.h"
#include "tern/core/error.h"

namespace tern::io {
namespace {

const detail::Hdf5Library& library() {
  static const auto* const opened = [] {
    RunTimeLibrary found =
        open_run_time_library("libtern_hdf5.so", "tern_hdf5_library");
    if (!found.table)
      throw UnimplementedError(
          "Keras .h5 files need libtern_hdf5.so: ",
          found.error,
          ". Build Tern with TERN_WITH_HDF5=ON (Debian: libhdf5-dev)");
    return static_cast<const detail::Hdf5Library*>(found.table);
  }();
  return *opened;
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
