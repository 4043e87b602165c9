// Strings to buckets, rows to fingerprints.

#include <cstring>

#include "kernels/cpu/plain/string/hash_functions.h"
#include "ops/kernel.h"

namespace tern {
namespace {

template <class Hash>
void to_buckets(KernelContext& c, Hash hash) {
  const auto buckets =
      static_cast<std::uint64_t>(c.attr<std::int64_t>("num_buckets"));
  auto in = c.in<std::string>(0);
  auto out = c.out<std::int64_t>();
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = static_cast<std::int64_t>(hash(in[i]) % buckets);
}

void to_buckets_strong(KernelContext& c) {
  const auto& key = c.attr<std::vector<std::int64_t>>("key");
  to_buckets(c, [&](const std::string& text) {
    return sip_hash(text,
                    static_cast<std::uint64_t>(key[0]),
                    static_cast<std::uint64_t>(key[1]));
  });
}

void put_little_endian(std::uint64_t word, char* to) {
  for (int i = 0; i < 8; ++i) to[i] = static_cast<char>(word >> (8 * i));
}

/// Rows of several strings: the fingerprint of their fingerprints.
void fingerprint(KernelContext& c) {
  const Tensor& data = c.input(0);
  const std::int64_t rows = data.shape()[0];
  if (data.num_elements() == 0) {
    auto out = c.out<std::uint8_t>();
    for (std::int64_t row = 0; row < rows; ++row)
      put_little_endian(farm_fingerprint({}),
                        reinterpret_cast<char*>(out.data()) + 8 * row);
    return;
  }
  const auto width = static_cast<std::size_t>(data.num_elements() / rows);
  auto* out = reinterpret_cast<char*>(c.out<std::uint8_t>().data());
  std::string prints(8 * width, '\0');
  for (std::int64_t row = 0; row < rows; ++row) {
    const auto first = static_cast<std::size_t>(row) * width;
    std::uint64_t print = 0;
    if (data.dtype() == string) {
      auto strings = c.in<std::string>(0);
      for (std::size_t k = 0; k < width; ++k)
        put_little_endian(print = farm_fingerprint(strings[first + k]),
                          prints.data() + 8 * k);
      if (width > 1) print = farm_fingerprint(prints);
    } else {
      const std::size_t bytes = width * data.dtype().size();
      print = farm_fingerprint({static_cast<const char*>(data.raw_data()) +
                                    static_cast<std::size_t>(row) * bytes,
                                bytes});
    }
    put_little_endian(print, out + 8 * row);
  }
}

}  // namespace

void register_hash_kernels(KernelRegistry& registry) {
  registry.add("StringToHashBucket", {}, [](KernelContext& c) {
    to_buckets(c, [](const std::string& text) {
      return murmur_hash(text, kMurmurSeed);
    });
  });
  registry.add("StringToHashBucketFast", {}, [](KernelContext& c) {
    to_buckets(c,
               [](const std::string& text) { return farm_fingerprint(text); });
  });
  registry.add("StringToHashBucketStrong", {}, to_buckets_strong);
  registry.add("Fingerprint", {}, fingerprint);
}

}  // namespace tern
