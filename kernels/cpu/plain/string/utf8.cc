#include "kernels/common/utf8.h"

#ifdef TERN_HAS_UTF8PROC
#include <utf8proc.h>
#endif

#include <string_view>
#include <utility>

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
  static constexpr std::pair<char32_t, std::u32string_view> kSpecial[] = {
      {U'\u00df', U"SS"},
      {U'\u0149', U"\u02bcN"},
      {U'\u01f0', U"J\u030c"},
      {U'\ufb00', U"FF"},
      {U'\ufb01', U"FI"},
      {U'\ufb02', U"FL"},
      {U'\ufb03', U"FFI"},
      {U'\ufb04', U"FFL"},
      {U'\ufb05', U"ST"},
      {U'\ufb06', U"ST"}};
  for (const auto& [letter, upper] : kSpecial)
    if (letter == character) return std::u32string(upper);
  return {static_cast<char32_t>(
      utf8proc_toupper(static_cast<utf8proc_int32_t>(character)))};
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
