// Bytes as numbers, as compressed bytes, as base64 and as a tensor.

#include <string>
#include <string_view>
#include <vector>

#include "op_target.h"
#include "tern/ops/parsing.h"
#include "tern/ops/sparse.h"
#include "tern/ops/strings.h"

using namespace tern;

void use(std::string_view bytes) {
  const Tensor text(bytes);
  for (DType dtype : {uint8, int16, float32, complex64, bool_})
    attempt([&] { io::decode_raw(text, dtype, {.little_endian = false}); });
  attempt([&] { io::decode_raw(text, int32, {.fixed_length = 16}); });
  for (const char* type : {"ZLIB", "GZIP"})
    attempt([&] { io::decode_compressed(text, type); });
  attempt([&] { io::decode_base64(text); });
  for (DType dtype : {float32, string, int64})
    attempt([&] { io::parse_tensor(text, dtype); });
  const Tensor parts(std::vector<std::string>(3, std::string(bytes)));
  attempt([&] { io::deserialize_sparse(parts, float32); });
}
