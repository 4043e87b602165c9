#include "hdf5/text.h"

#include <algorithm>
#include <cstring>

namespace tern::io {
namespace {

/// Object headers hold at most 64 KiB; longer texts go to the global heap.
constexpr std::size_t kMaxFixedBytes = 60000;

/// Texts of `size` bytes, padded with NUL; H5T_VARIABLE for any length.
Hdf5Object text_type(std::size_t size) {
  Hdf5Object type(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(type.get(), size);
  H5Tset_cset(type.get(), H5T_CSET_UTF8);
  if (size != H5T_VARIABLE) H5Tset_strpad(type.get(), H5T_STR_NULLPAD);
  return type;
}

/// Fixed lengths where they fit: HDF5 itself does not survive damage to a
/// global heap.
bool write(hid_t object,
           const char* name,
           const Hdf5Object& space,
           const std::vector<std::string>& texts) {
  std::size_t longest = 1;
  for (const std::string& text : texts)
    longest = std::max(longest, text.size());
  bool fixed =
      longest * std::max<std::size_t>(texts.size(), 1) <= kMaxFixedBytes;
  Hdf5Object type = text_type(fixed ? longest : H5T_VARIABLE);
  std::string bytes;
  std::vector<const char*> pointers;
  for (const std::string& text : texts) {
    pointers.push_back(text.c_str());
    bytes += text;
    bytes.append(longest - text.size(), '\0');
  }
  if (H5Aexists(object, name) > 0) H5Adelete(object, name);
  Hdf5Object attribute(
      H5Acreate2(
          object, name, type.get(), space.get(), H5P_DEFAULT, H5P_DEFAULT),
      H5Aclose);
  if (!attribute || texts.empty()) return static_cast<bool>(attribute);
  const void* values = fixed ? static_cast<const void*>(bytes.data())
                             : static_cast<const void*>(pointers.data());
  return H5Awrite(attribute.get(), type.get(), values) >= 0;
}

bool read_variable(hid_t attribute,
                   const Hdf5Object& space,
                   hid_t file_type,
                   std::size_t count,
                   std::vector<std::string>& texts) {
  Hdf5Object type(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(type.get(), H5T_VARIABLE);
  H5Tset_cset(type.get(), H5Tget_cset(file_type));
  std::vector<char*> pointers(count, nullptr);
  if (H5Aread(attribute, type.get(), pointers.data()) < 0) return false;
  for (const char* text : pointers) texts.emplace_back(text ? text : "");
  H5Dvlen_reclaim(type.get(), space.get(), H5P_DEFAULT, pointers.data());
  return true;
}

bool read_fixed(hid_t attribute,
                hid_t type,
                std::size_t count,
                std::vector<std::string>& texts) {
  std::size_t size = H5Tget_size(type);
  std::vector<char> bytes(size * count);
  if (H5Aread(attribute, type, bytes.data()) < 0) return false;
  for (std::size_t i = 0; i < count; ++i) {
    const char* text = bytes.data() + i * size;
    texts.emplace_back(text, strnlen(text, size));
  }
  return true;
}

}  // namespace

bool read_texts(hid_t attribute, std::vector<std::string>& texts) {
  Hdf5Object type(H5Aget_type(attribute), H5Tclose);
  Hdf5Object space(H5Aget_space(attribute), H5Sclose);
  if (!type || !space) return false;
  hssize_t points = H5Sget_simple_extent_npoints(space.get());
  if (points < 0) return false;
  if (points == 0) return true;
  if (H5Tget_class(type.get()) != H5T_STRING) return false;
  // A damaged header may claim any number; the bytes must be in the file.
  auto count = static_cast<std::size_t>(points);
  if (count > H5Aget_storage_size(attribute)) return false;
  return H5Tis_variable_str(type.get()) > 0
             ? read_variable(attribute, space, type.get(), count, texts)
             : read_fixed(attribute, type.get(), count, texts);
}

bool write_text(hid_t object, const char* name, const std::string& text) {
  return write(
      object, name, Hdf5Object(H5Screate(H5S_SCALAR), H5Sclose), {text});
}

bool write_texts(hid_t object,
                 const char* name,
                 const std::vector<std::string>& texts) {
  hsize_t count = texts.size();
  return write(object,
               name,
               Hdf5Object(H5Screate_simple(1, &count, nullptr), H5Sclose),
               texts);
}

}  // namespace tern::io
