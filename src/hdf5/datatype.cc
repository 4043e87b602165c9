#include "hdf5/datatype.h"

namespace tern::io {
namespace {

Hdf5Object copy_of(hid_t type) { return {H5Tcopy(type), H5Tclose}; }

/// IEEE half precision, which HDF5 has no name for.
Hdf5Object half_type() {
  Hdf5Object type = copy_of(H5T_IEEE_F32LE);
  H5Tset_fields(type.get(), 15, 10, 5, 0, 10);
  H5Tset_size(type.get(), 2);
  H5Tset_ebias(type.get(), 15);
  return type;
}

/// h5py writes bool as an enumeration of FALSE and TRUE over int8.
Hdf5Object bool_type() {
  Hdf5Object type(H5Tenum_create(H5T_NATIVE_INT8), H5Tclose);
  signed char no = 0, yes = 1;
  H5Tenum_insert(type.get(), "FALSE", &no);
  H5Tenum_insert(type.get(), "TRUE", &yes);
  return type;
}

DType integer_dtype(hid_t type) {
  bool is_signed = H5Tget_sign(type) != H5T_SGN_NONE;
  switch (H5Tget_size(type)) {
    case 1:
      return is_signed ? int8 : uint8;
    case 2:
      return is_signed ? int16 : uint16;
    case 4:
      return is_signed ? int32 : uint32;
    case 8:
      return is_signed ? int64 : uint64;
    default:
      return {};
  }
}

}  // namespace

Hdf5Object hdf5_type_of(DType dtype) {
  switch (dtype.code) {
    case float32.code:
      return copy_of(H5T_NATIVE_FLOAT);
    case float64.code:
      return copy_of(H5T_NATIVE_DOUBLE);
    case float16.code:
      return half_type();
    case bool_.code:
      return bool_type();
    case int8.code:
      return copy_of(H5T_NATIVE_INT8);
    case int16.code:
      return copy_of(H5T_NATIVE_INT16);
    case int32.code:
      return copy_of(H5T_NATIVE_INT32);
    case int64.code:
      return copy_of(H5T_NATIVE_INT64);
    case uint8.code:
      return copy_of(H5T_NATIVE_UINT8);
    case uint16.code:
      return copy_of(H5T_NATIVE_UINT16);
    case uint32.code:
      return copy_of(H5T_NATIVE_UINT32);
    case uint64.code:
      return copy_of(H5T_NATIVE_UINT64);
    default:
      return {};
  }
}

DType dtype_of_hdf5(hid_t type) {
  switch (H5Tget_class(type)) {
    case H5T_INTEGER:
      return integer_dtype(type);
    case H5T_ENUM:
      return H5Tget_size(type) == 1 ? bool_ : DType{};
    case H5T_FLOAT:
      switch (H5Tget_size(type)) {
        case 2:
          return float16;
        case 4:
          return float32;
        case 8:
          return float64;
        default:
          return {};
      }
    default:
      return {};
  }
}

}  // namespace tern::io
