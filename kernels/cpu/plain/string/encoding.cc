// Base64 and the names of shards.

#include <cstdio>

#include "kernels/cpu/plain/string/base64.h"
#include "ops/kernel.h"

namespace tern {
namespace {

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
      out[i] = base64_bytes(c.in<std::string>(0)[i]);
  });
  registry.add("EncodeBase64", {}, [](KernelContext& c) {
    const bool pad = c.attr<bool>("pad");
    auto out = c.out<std::string>();
    for (std::size_t i = 0; i < out.size(); ++i)
      out[i] = base64_text(c.in<std::string>(0)[i], pad);
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
