#pragma once

#include <string_view>

namespace tern {

/// Throws UnimplementedError, as TensorFlow does, when graphs of that version
/// (the producer's) may no longer hold the op.
void check_not_removed(std::string_view op, int producer);

}  // namespace tern
