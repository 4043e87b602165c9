// Base64 in the alphabet that is safe in addresses and file names (RFC 4648,
// section 5); names of shards.

#include <cstdio>
#include <string_view>

#include "ops/kernel.h"
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

std::string decode(std::string_view text) {
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

std::string encode(std::string_view bytes, bool pad) {
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

std::string five_digits(std::int32_t number) {
  char digits[16];
  std::snprintf(digits, sizeof(digits), "%05d", number);
  return digits;
}

}  // namespace

void register_encoding_kernels(KernelRegistry& registry) {
  registry.add("DecodeBase64", {}, [](KernelContext& c) {
    auto out = c.out<std::string>();
    for (std::size_t i = 0; i < out.size(); ++i)
      out[i] = decode(c.in<std::string>(0)[i]);
  });
  registry.add("EncodeBase64", {}, [](KernelContext& c) {
    const bool pad = c.attr<bool>("pad");
    auto out = c.out<std::string>();
    for (std::size_t i = 0; i < out.size(); ++i)
      out[i] = encode(c.in<std::string>(0)[i], pad);
  });
  registry.add("ShardedFilename", {}, [](KernelContext& c) {
    c.out<std::string>()[0] = c.in<std::string>(0)[0] + "-" +
                              five_digits(c.in<std::int32_t>(1)[0]) + "-of-" +
                              five_digits(c.in<std::int32_t>(2)[0]);
  });
  registry.add("ShardedFilespec", {}, [](KernelContext& c) {
    c.out<std::string>()[0] = c.in<std::string>(0)[0] + "-\?\?\?\?\?-of-" +
                              five_digits(c.in<std::int32_t>(1)[0]);
  });
}

}  // namespace tern
