#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace tern::io {

/// Whether the variable-length texts of an attribute lie where the file says:
/// the HDF5 library follows a damaged reference out of its memory. Looks at
/// the bytes of the object header at `address` itself; true also for newer
/// headers than h5py writes, which it does not read.
bool texts_lie_in_heap(const std::string& path,
                       std::uint64_t address,
                       const std::string& attribute,
                       std::size_t count);

}  // namespace tern::io
