#include "kernels/cpu/plain/string/hash_functions.h"

#ifdef TERN_HAS_FARMHASH
#include <farmhash.h>
#endif

#include <bit>
#include <cstddef>

#include "tern/core/error.h"

namespace tern {
namespace {

/// Up to 8 bytes, the first the lowest.
std::uint64_t little_endian(std::string_view bytes) {
  std::uint64_t word = 0;
  for (std::size_t i = bytes.size(); i-- > 0;)
    word = word << 8 | static_cast<unsigned char>(bytes[i]);
  return word;
}

}  // namespace

std::uint64_t farm_fingerprint(std::string_view bytes) {
#ifdef TERN_HAS_FARMHASH
  return util::Fingerprint64(bytes.data(), bytes.size());
#else
  (void)bytes;
  throw UnimplementedError(
      "FarmHash fingerprints: Tern was built without FarmHash "
      "(TERN_WITH_FARMHASH)");
#endif
}

std::uint64_t murmur_hash(std::string_view bytes, std::uint64_t seed) {
  constexpr std::uint64_t kMultiplier = 0xc6a4a7935bd1e995;
  constexpr int kShift = 47;
  std::uint64_t hash = seed ^ (bytes.size() * kMultiplier);
  std::size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) {
    std::uint64_t word = little_endian(bytes.substr(at, 8)) * kMultiplier;
    word = (word ^ word >> kShift) * kMultiplier;
    hash = (hash ^ word) * kMultiplier;
  }
  if (at < bytes.size())
    hash = (hash ^ little_endian(bytes.substr(at))) * kMultiplier;
  hash = (hash ^ hash >> kShift) * kMultiplier;
  return hash ^ hash >> kShift;
}

std::uint64_t sip_hash(std::string_view bytes,
                       std::uint64_t key0,
                       std::uint64_t key1) {
  // "somepseudorandomlygeneratedbytes"
  std::uint64_t v0 = key0 ^ 0x736f6d6570736575, v1 = key1 ^ 0x646f72616e646f6d;
  std::uint64_t v2 = key0 ^ 0x6c7967656e657261, v3 = key1 ^ 0x7465646279746573;
  auto rounds = [&](int count) {
    while (count-- > 0) {
      v0 += v1, v1 = std::rotl(v1, 13) ^ v0, v0 = std::rotl(v0, 32);
      v2 += v3, v3 = std::rotl(v3, 16) ^ v2;
      v0 += v3, v3 = std::rotl(v3, 21) ^ v0;
      v2 += v1, v1 = std::rotl(v1, 17) ^ v2, v2 = std::rotl(v2, 32);
    }
  };
  auto absorb = [&](std::uint64_t word) {
    v3 ^= word;
    rounds(2);
    v0 ^= word;
  };
  std::size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8)
    absorb(little_endian(bytes.substr(at, 8)));
  absorb(little_endian(bytes.substr(at)) |
         static_cast<std::uint64_t>(bytes.size()) << 56);
  v2 ^= 0xff;
  rounds(4);
  return v0 ^ v1 ^ v2 ^ v3;
}

}  // namespace tern
