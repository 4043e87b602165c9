#pragma once

#include <cstdint>
#include <string_view>

namespace tern {

/// FarmHash's Fingerprint64. Throws UnimplementedError where Tern was built
/// without it.
std::uint64_t farm_fingerprint(std::string_view bytes);

/// MurmurHash64A (A. Appleby): TensorFlow's oldest hash of strings.
std::uint64_t murmur_hash(std::string_view bytes, std::uint64_t seed);
inline constexpr std::uint64_t kMurmurSeed = 0xDECAFCAFFE;

/// SipHash-2-4 (Aumasson and Bernstein, 2012): hard to aim at without the key.
std::uint64_t sip_hash(std::string_view bytes,
                       std::uint64_t key0,
                       std::uint64_t key1);

}  // namespace tern
