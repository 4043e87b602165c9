#pragma once

#include "hdf5/object.h"
#include "tern/core/dtype.h"

namespace tern::io {

/// How Tern's elements of `dtype` lie in memory, as an HDF5 type; empty for a
/// dtype HDF5 files hold no numbers of.
Hdf5Object hdf5_type_of(DType dtype);

/// The dtype for numbers of an HDF5 type, whatever their byte order; DType{}
/// for types that are not numbers.
DType dtype_of_hdf5(hid_t type);

}  // namespace tern::io
