#include "kernels/common/utf8.h"

#ifdef TERN_HAS_UTF8PROC
#include <utf8proc.h>
#endif

#include "tern/core/error.h"

namespace tern {
namespace {

bool continues(char byte) {
  return (static_cast<unsigned char>(byte) & 0xc0) == 0x80;
}

}  // namespace

std::size_t utf8_length(std::string_view text) {
  std::size_t length = 0;
  for (char byte : text) length += !continues(byte);
  return length;
}

std::size_t utf8_offset(std::string_view text,
                        std::size_t from,
                        std::size_t count) {
  std::size_t at = from;
  while (at < text.size() && count > 0) {
    do ++at;
    while (at < text.size() && continues(text[at]));
    --count;
  }
  return at;
}

#ifdef TERN_HAS_UTF8PROC

std::string map_utf8(std::string_view text, CaseMapping mapping) {
  constexpr utf8proc_int32_t kReplacement = 0xfffd;
  std::string result;
  result.reserve(text.size());
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  auto size = static_cast<utf8proc_ssize_t>(text.size());
  for (utf8proc_ssize_t at = 0; at < size;) {
    utf8proc_int32_t character = 0;
    utf8proc_ssize_t used = utf8proc_iterate(bytes + at, size - at, &character);
    if (used <= 0) {
      used = 1;
      character = kReplacement;
    }
    at += used;
    for (char32_t mapped : mapping(static_cast<char32_t>(character))) {
      utf8proc_uint8_t encoded[4];
      utf8proc_ssize_t length =
          utf8proc_encode_char(static_cast<utf8proc_int32_t>(mapped), encoded);
      result.append(reinterpret_cast<const char*>(encoded),
                    static_cast<std::size_t>(length));
    }
  }
  return result;
}

std::u32string unicode_lower(char32_t character) {
  if (character == U'\u0130') return U"i\u0307";
  return {static_cast<char32_t>(
      utf8proc_tolower(static_cast<utf8proc_int32_t>(character)))};
}

std::u32string unicode_upper(char32_t character) {
  // Unicode's SpecialCasing.txt: the Latin letters without an upper case.
  switch (character) {
    case U'\u00df':
      return U"SS";
    case U'\u0149':
      return U"\u02bcN";
    case U'\u01f0':
      return U"J\u030c";
    case U'\ufb00':
      return U"FF";
    case U'\ufb01':
      return U"FI";
    case U'\ufb02':
      return U"FL";
    case U'\ufb03':
      return U"FFI";
    case U'\ufb04':
      return U"FFL";
    case U'\ufb05':
    case U'\ufb06':
      return U"ST";
    default:
      return {static_cast<char32_t>(
          utf8proc_toupper(static_cast<utf8proc_int32_t>(character)))};
  }
}

#else

std::string map_utf8(std::string_view, CaseMapping) {
  throw UnimplementedError(
      "Unicode case mapping: Tern was built without utf8proc");
}
std::u32string unicode_lower(char32_t character) { return {character}; }
std::u32string unicode_upper(char32_t character) { return {character}; }

#endif

}  // namespace tern
