#pragma once

#include <string>
#include <string_view>

namespace tern {

// Base64 in the alphabet that is safe in addresses and file names (RFC 4648,
// section 5).

std::string base64_text(std::string_view bytes, bool pad);
/// Throws InvalidArgumentError for other characters.
std::string base64_bytes(std::string_view text);

}  // namespace tern
