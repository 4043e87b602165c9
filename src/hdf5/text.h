#pragma once

#include <string>
#include <vector>

#include "hdf5/object.h"

namespace tern::io {

/// The texts an attribute holds, of fixed or variable length. False when it
/// holds something else; an empty list of any type is an empty list.
bool read_texts(hid_t attribute, std::vector<std::string>& texts);

/// Sets an attribute to one text (a scalar) as h5py does.
bool write_text(hid_t object, const char* name, const std::string& text);

/// Sets an attribute to a list of texts.
bool write_texts(hid_t object,
                 const char* name,
                 const std::vector<std::string>& texts);

}  // namespace tern::io
