#include "kernels/cpu/plain/string/base64.h"

#include "tern/core/error.h"

namespace tern {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

int digit_of(char letter) {
  if (letter >= 'A' && letter <= 'Z') return letter - 'A';
  if (letter >= 'a' && letter <= 'z') return letter - 'a' + 26;
  if (letter >= '0' && letter <= '9') return letter - '0' + 52;
  if (letter == '-') return 62;
  if (letter == '_') return 63;
  throw InvalidArgumentError("Invalid character found in base64.");
}

}  // namespace

std::string base64_bytes(std::string_view text) {
  if (text.size() % 4 == 0)
    for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
  if (text.size() % 4 == 1)
    throw InvalidArgumentError(
        "Base64 string length cannot be 1 modulo 4, got ", text.size());
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3 + 2);
  unsigned held = 0;
  int bits = 0;
  for (char letter : text) {
    held = held << 6 | static_cast<unsigned>(digit_of(letter));
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes += static_cast<char>(held >> bits & 0xff);
  }
  return bytes;
}

std::string base64_text(std::string_view bytes, bool pad) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  unsigned held = 0;
  int bits = 0;
  for (char byte : bytes) {
    held = held << 8 | static_cast<unsigned char>(byte);
    for (bits += 8; bits >= 6; bits -= 6)
      text += kAlphabet[held >> (bits - 6) & 0x3f];
  }
  if (bits > 0) text += kAlphabet[held << (6 - bits) & 0x3f];
  while (pad && text.size() % 4) text += '=';
  return text;
}

}  // namespace tern
