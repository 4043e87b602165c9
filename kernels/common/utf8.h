#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tern {

/// Characters of a UTF-8 text: bytes that do not continue another's.
std::size_t utf8_length(std::string_view text);

/// Where the character is that comes `count` characters after byte `from`.
std::size_t utf8_offset(std::string_view text,
                        std::size_t from,
                        std::size_t count);

/// What a character becomes in the other case: several where "\u00df" does.
using CaseMapping = std::u32string (*)(char32_t character);
std::u32string unicode_lower(char32_t character);
std::u32string unicode_upper(char32_t character);

/// Each character through `mapping`; bytes that are no UTF-8 become U+FFFD.
/// Throws UnimplementedError where Tern was built without Unicode tables.
std::string map_utf8(std::string_view text, CaseMapping mapping);

}  // namespace tern
