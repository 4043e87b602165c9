#include "tern/io/idx.h"

#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "io/byte_order.h"
#include "io/element_count.h"
#include "io/gzip.h"
#include "tern/core/error.h"
#include "tern/io/file.h"

namespace tern::io {
namespace {

/// The type byte of the magic number; DType{} for none of them.
DType idx_dtype(unsigned char code) {
  switch (code) {
    case 0x08:
      return uint8;
    case 0x09:
      return int8;
    case 0x0b:
      return int16;
    case 0x0c:
      return int32;
    case 0x0d:
      return float32;
    case 0x0e:
      return float64;
    default:
      return {};
  }
}

std::int64_t big_endian_32(const unsigned char* bytes) {
  return std::int64_t{bytes[0]} << 24 | std::int64_t{bytes[1]} << 16 |
         std::int64_t{bytes[2]} << 8 | std::int64_t{bytes[3]};
}

/// Layout: 0 0 type rank, then `rank` big-endian sizes, then the elements.
Tensor parse_idx(std::string_view bytes, const std::string& path) {
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  if (bytes.size() < 4)
    throw DataLossError(
        path, ": truncated IDX header: 4 bytes expected, got ", bytes.size());
  DType dtype = idx_dtype(data[2]);
  if (data[0] != 0 || data[1] != 0 || dtype == DType{})
    throw DataLossError(path,
                        ": not an IDX file: it starts with bytes ",
                        int{data[0]},
                        " ",
                        int{data[1]},
                        " ",
                        int{data[2]},
                        " ",
                        int{data[3]});
  std::size_t rank = data[3], header = 4 + 4 * rank;
  if (bytes.size() < header)
    throw DataLossError(path,
                        ": truncated IDX header: ",
                        header,
                        " bytes expected for rank ",
                        rank,
                        ", got ",
                        bytes.size());
  std::vector<std::int64_t> dims;
  for (std::size_t i = 0; i < rank; ++i)
    dims.push_back(big_endian_32(data + 4 + 4 * i));
  Shape shape(dims);
  std::size_t content = bytes.size() - header;
  std::int64_t count =
      element_count(dims, static_cast<std::int64_t>(content / dtype.size()));
  if (count < 0 || static_cast<std::size_t>(count) * dtype.size() != content)
    throw DataLossError(path,
                        ": the IDX header says ",
                        shape,
                        " of ",
                        dtype.name(),
                        ", but ",
                        content,
                        " bytes of elements follow");
  Tensor tensor = Tensor::allocate(dtype, shape);
  if (count == 0) return tensor;
  std::memcpy(tensor.mutable_data(), data + header, tensor.num_bytes());
  if (dtype.size() > 1)
    swap_bytes(
        tensor.mutable_data(), static_cast<std::size_t>(count), dtype.size());
  return tensor;
}

}  // namespace

Tensor read_idx(const std::string& path) {
  std::string bytes = read_bytes(path);
  if (is_gzip(bytes)) bytes = gunzip(bytes, path);
  return parse_idx(bytes, path);
}

}  // namespace tern::io
