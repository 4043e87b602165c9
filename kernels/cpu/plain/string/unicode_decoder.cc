#include "kernels/cpu/plain/string/unicode_decoder.h"

#include <iconv.h>

#include <algorithm>
#include <bit>
#include <cctype>
#include <cerrno>
#include <cstdint>

#include "tern/core/error.h"

namespace tern {
namespace {

/// "UTF-16-BE" and "utf16be" mean the same to ICU, not to iconv.
std::string iconv_name(const std::string& encoding) {
  std::string plain;
  for (char letter : encoding)
    if (std::isalnum(static_cast<unsigned char>(letter)))
      plain +=
          static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
  for (const char* width : {"16", "32"}) {
    const std::string utf = std::string("UTF") + width;
    if (plain == utf) return std::string("UTF-") + width + "BE";
    if (plain == utf + "BE" || plain == utf + "LE")
      return std::string("UTF-") + width + plain.substr(utf.size());
  }
  return encoding;
}

bool is_utf8(const std::string& encoding) {
  return iconv_name(encoding).size() <= 5 &&
         (encoding == "UTF-8" || encoding == "UTF8" || encoding == "utf-8" ||
          encoding == "utf8");
}

/// Least and greatest second byte after `lead` (Unicode 15, table 3-7).
struct SecondByte {
  int length;  // of the whole sequence, 0 for no lead byte
  unsigned char low, high;
};

SecondByte second_byte(unsigned char lead) {
  if (lead >= 0xc2 && lead <= 0xdf) return {2, 0x80, 0xbf};
  if (lead == 0xe0) return {3, 0xa0, 0xbf};
  if (lead == 0xed) return {3, 0x80, 0x9f};
  if (lead >= 0xe1 && lead <= 0xef) return {3, 0x80, 0xbf};
  if (lead == 0xf0) return {4, 0x90, 0xbf};
  if (lead >= 0xf1 && lead <= 0xf3) return {4, 0x80, 0xbf};
  if (lead == 0xf4) return {4, 0x80, 0x8f};
  return {0, 0, 0};
}

/// Malformed bytes go as the longest beginnings of a sequence that could have
/// become well-formed ("maximal subparts", Unicode 15, 3.9).
void decode_utf8(std::string_view text, const UnicodeDecoder::Visit& visit) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    const auto lead = static_cast<unsigned char>(text[at++]);
    if (lead < 0x80) {
      visit({lead, begin, false});
      continue;
    }
    SecondByte next = second_byte(lead);
    char32_t code = lead & (0x7fu >> next.length);
    int used = 1;
    while (used < next.length && at < text.size()) {
      const auto byte = static_cast<unsigned char>(text[at]);
      if (byte < next.low || byte > next.high) break;
      code = code << 6 | (byte & 0x3fu);
      next.low = 0x80;
      next.high = 0xbf;
      ++at;
      ++used;
    }
    visit({code, begin, next.length == 0 || used < next.length});
  }
}

}  // namespace

UnicodeDecoder::UnicodeDecoder(const std::string& encoding) {
  if (is_utf8(encoding)) return;
  iconv_t converter = iconv_open("UTF-32BE", iconv_name(encoding).c_str());
  if (converter == reinterpret_cast<iconv_t>(-1))
    throw InvalidArgumentError(
        "Could not create converter for input encoding: ", encoding);
  converter_ = converter;
}

UnicodeDecoder::~UnicodeDecoder() {
  if (converter_) iconv_close(static_cast<iconv_t>(converter_));
}

void UnicodeDecoder::decode(std::string_view text, const Visit& visit) {
  if (converter_)
    decode_by_iconv(text, visit);
  else
    decode_utf8(text, visit);
}

void UnicodeDecoder::decode_by_iconv(std::string_view text,
                                     const Visit& visit) {
  auto converter = static_cast<iconv_t>(converter_);
  iconv(converter, nullptr, nullptr, nullptr, nullptr);
  std::string bytes(text);  // iconv wants to be able to write
  char* in = bytes.data();
  std::size_t left = bytes.size();
  while (left > 0) {
    const std::size_t begin = bytes.size() - left;
    unsigned char code[4];
    auto* out = reinterpret_cast<char*>(code);
    std::size_t room = sizeof(code);
    const std::size_t result = iconv(converter, &in, &left, &out, &room);
    if (room == 0) {
      visit({static_cast<char32_t>(code[0]) << 24 |
                 static_cast<char32_t>(code[1]) << 16 |
                 static_cast<char32_t>(code[2]) << 8 | code[3],
             begin,
             false});
      continue;
    }
    if (result != static_cast<std::size_t>(-1)) break;
    // EINVAL: the text ends within a character; EILSEQ: no character.
    const bool ends = errno == EINVAL;
    visit({0, begin, true});
    const std::size_t skipped = ends ? left : std::min<std::size_t>(1, left);
    in += skipped;
    left -= skipped;
  }
}

bool is_unicode_character(char32_t code) {
  return code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
}

UnicodeForm unicode_form(std::string_view name) {
  if (name == "UTF-16-BE") return UnicodeForm::kUtf16BigEndian;
  if (name == "UTF-32-BE") return UnicodeForm::kUtf32BigEndian;
  return UnicodeForm::kUtf8;
}

void append_character(char32_t code, UnicodeForm form, std::string& text) {
  auto byte = [&](char32_t value) { text += static_cast<char>(value & 0xff); };
  auto unit = [&](char32_t value) {
    byte(value >> 8);
    byte(value);
  };
  if (form == UnicodeForm::kUtf32BigEndian) {
    unit(code >> 16);
    unit(code);
  } else if (form == UnicodeForm::kUtf16BigEndian) {
    if (code < 0x10000) return unit(code);
    unit(0xd800 + ((code - 0x10000) >> 10));
    unit(0xdc00 + ((code - 0x10000) & 0x3ff));
  } else if (code < 0x80) {
    byte(code);
  } else if (code < 0x800) {
    byte(0xc0 | code >> 6);
    byte(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    byte(0xe0 | code >> 12);
    byte(0x80 | (code >> 6 & 0x3f));
    byte(0x80 | (code & 0x3f));
  } else {
    byte(0xf0 | code >> 18);
    byte(0x80 | (code >> 12 & 0x3f));
    byte(0x80 | (code >> 6 & 0x3f));
    byte(0x80 | (code & 0x3f));
  }
}

}  // namespace tern
