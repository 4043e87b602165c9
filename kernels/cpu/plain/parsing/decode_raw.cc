// Bytes as numbers.

#include <algorithm>
#include <bit>
#include <cstring>

#include "ops/kernel.h"
#include "tern/core/error.h"

namespace tern {
namespace {

/// `count` numbers of `size` bytes, the least significant byte first unless
/// told otherwise; complex numbers are pairs.
void copy_numbers(const char* from,
                  std::size_t count,
                  DType dtype,
                  bool little_endian,
                  char* to) {
  const std::size_t size = dtype.is_complex() ? dtype.size() / 2 : dtype.size();
  const std::size_t bytes = count * dtype.size();
  if (bytes == 0) return;
  std::memcpy(to, from, bytes);
  const bool native = std::endian::native == std::endian::little;
  if (little_endian == native || size == 1) return;
  for (std::size_t at = 0; at < bytes; at += size)
    std::reverse(to + at, to + at + size);
}

void decode_raw(KernelContext& c) {
  auto in = c.in<std::string>(0);
  const DType dtype = c.output_dtype(0);
  const bool little_endian = c.attr<bool>("little_endian");
  Shape shape = c.input(0).shape();
  if (in.empty()) {
    shape.append(0);
    c.allocate_output(0, shape);
    return;
  }
  const std::size_t length = in[0].size();
  for (std::size_t i = 1; i < in.size(); ++i)
    if (in[i].size() != length)
      throw InvalidArgumentError(
          "DecodeRaw requires input strings to all be the same size, but "
          "element ",
          i,
          " has size ",
          in[i].size(),
          " != ",
          length);
  if (length % dtype.size() != 0)
    throw InvalidArgumentError("Input to DecodeRaw has length ",
                               length,
                               " that is not a multiple of ",
                               dtype.size(),
                               ", the size of ",
                               dtype.name());
  const std::size_t count = length / dtype.size();
  shape.append(static_cast<std::int64_t>(count));
  auto* to = static_cast<char*>(c.allocate_output(0, shape).mutable_data());
  for (std::size_t i = 0; i < in.size(); ++i)
    copy_numbers(in[i].data(), count, dtype, little_endian, to + i * length);
  if (dtype == bool_)  // any byte but 0 is true
    for (std::size_t i = 0; i < in.size() * length; ++i) to[i] = to[i] != 0;
}

/// Strings cut, or filled up with zeros, to one length.
void decode_padded_raw(KernelContext& c) {
  auto in = c.in<std::string>(0);
  const DType dtype = c.output_dtype(0);
  const bool little_endian = c.attr<bool>("little_endian");
  const std::int64_t fixed = c.host_int(1);
  if (fixed <= 0)
    throw InvalidArgumentError(
        "fixed_length (", fixed, ") must be greater than zero.");
  const auto length = static_cast<std::size_t>(fixed);
  if (length % dtype.size() != 0)
    throw InvalidArgumentError("fixed_length (",
                               fixed,
                               ") must be a multiple of the size of out_type (",
                               dtype.size(),
                               ")");
  auto* to = static_cast<char*>(c.output().mutable_data());
  std::string padded;
  for (std::size_t i = 0; i < in.size(); ++i) {
    padded = in[i];
    padded.resize(length);
    copy_numbers(padded.data(),
                 length / dtype.size(),
                 dtype,
                 little_endian,
                 to + i * length);
  }
}

}  // namespace

void register_decode_raw_kernels(KernelRegistry& registry) {
  registry.add("DecodeRaw", {}, decode_raw);
  registry.add("DecodePaddedRaw", {}, decode_padded_raw);
}

}  // namespace tern
