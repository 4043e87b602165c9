#pragma once

#include <string_view>

#include "tern/core/tensor.h"

namespace tern::io {

/// The frames of a GIF file as uint8 [frames, height, width, 3], or the first
/// alone. The size is that of the largest frame; a smaller one shows the frame
/// before it around itself, the first one black. Throws InvalidArgumentError
/// for damaged files and for sizes that the file has no room for, before memory
/// is asked for; UnimplementedError where Tern was built without giflib.
Tensor decode_gif(std::string_view file, bool all_frames = true);

}  // namespace tern::io
