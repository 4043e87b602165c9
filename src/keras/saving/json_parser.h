#pragma once

#include <string_view>

#include "tern/keras/config.h"

namespace tern::keras {

/// Reads one JSON value (RFC 8259, and NaN and Infinity as Python writes
/// them). Throws InvalidArgumentError with the position of the first mistake;
/// of equal keys the last one counts.
Config parse_json(std::string_view text);

}  // namespace tern::keras
