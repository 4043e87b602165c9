#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace tern {

/// One code point of a text in some encoding, or bytes that are none.
struct DecodedCharacter {
  char32_t code = 0;
  std::size_t offset = 0;  // of its first byte
  bool malformed = false;
};

/// Reads text of one encoding: UTF-8 here, all others by the system's iconv.
/// For one thread at a time.
class UnicodeDecoder {
 public:
  /// Throws InvalidArgumentError for an encoding that is not known.
  explicit UnicodeDecoder(const std::string& encoding);
  ~UnicodeDecoder();
  UnicodeDecoder(const UnicodeDecoder&) = delete;

  using Visit = std::function<void(const DecodedCharacter&)>;
  void decode(std::string_view text, const Visit& visit);

 private:
  void decode_by_iconv(std::string_view text, const Visit& visit);

  void* converter_ = nullptr;  // iconv_t; null for UTF-8
};

/// A code point may be written: in range and no surrogate.
bool is_unicode_character(char32_t code);

enum class UnicodeForm { kUtf8, kUtf16BigEndian, kUtf32BigEndian };
/// "UTF-8", "UTF-16-BE" or "UTF-32-BE".
UnicodeForm unicode_form(std::string_view name);
void append_character(char32_t code, UnicodeForm form, std::string& text);

}  // namespace tern
