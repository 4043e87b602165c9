#include "kernels/cpu/cast.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "kernels/common/conversions.h"
#include "kernels/cpu/elementwise.h"
#include "tern/core/error.h"
#include "tern/core/parallel.h"

namespace tern {
namespace kernels {
namespace {

// A cast reads its block into the widest type of the source's kind, which
// loses nothing, and writes it as the destination: 4 n loops, not n^2.

constexpr std::int64_t kBlock = 256;
using Complex128 = std::complex<double>;

enum class Kind { kSigned, kUnsigned, kReal, kComplex };

Kind kind_of(DType dtype) {
  if (dtype.is_complex()) return Kind::kComplex;
  if (dtype.is_floating()) return Kind::kReal;
  return dtype == uint64 ? Kind::kUnsigned : Kind::kSigned;
}

template <class Wide, class T>
void read_block(const void* from, void* to, std::int64_t n) {
  const T* __restrict x = static_cast<const T*>(from);
  Wide* __restrict y = static_cast<Wide*>(to);
  for (std::int64_t i = 0; i < n; ++i) {
    if constexpr (std::is_arithmetic_v<T> || std::is_same_v<Wide, Complex128>)
      y[i] = static_cast<Wide>(x[i]);
    else
      y[i] = static_cast<Wide>(static_cast<float>(x[i]));
  }
}

template <class Wide, class T>
void write_block(const void* from, void* to, std::int64_t n) {
  const Wide* __restrict x = static_cast<const Wide*>(from);
  T* __restrict y = static_cast<T*>(to);
  for (std::int64_t i = 0; i < n; ++i) {
    constexpr bool from_complex = std::is_same_v<Wide, Complex128>;
    if constexpr (std::is_same_v<T, std::complex<float>> ||
                  std::is_same_v<T, Complex128>) {
      if constexpr (from_complex)
        y[i] = static_cast<T>(x[i]);
      else
        y[i] = T(static_cast<typename T::value_type>(x[i]));
    } else if constexpr (from_complex) {
      y[i] = convert<T>(x[i].real());
    } else {
      y[i] = convert<T>(x[i]);
    }
  }
}

using Block = void (*)(const void* from, void* to, std::int64_t n);

template <class Wide>
void read_signed_nibbles(const void* from, void* to, std::int64_t n) {
  const auto* x = static_cast<const std::uint8_t*>(from);
  auto* y = static_cast<Wide*>(to);
  for (std::int64_t i = 0; i < n; ++i) y[i] = ((x[i] & 15) ^ 8) - 8;
}

/// Writes the low four bits, extended by the sign where Signed.
template <class Wide, bool Signed>
void write_nibbles(const void* from, void* to, std::int64_t n) {
  std::int8_t bytes[kBlock];
  write_block<Wide, std::int8_t>(from, bytes, n);
  auto* y = static_cast<std::int8_t*>(to);
  for (std::int64_t i = 0; i < n; ++i) {
    int low = bytes[i] & 15;
    y[i] = static_cast<std::int8_t>(Signed ? (low ^ 8) - 8 : low);
  }
}

/// Null for dtypes that are not numbers.
Block reader(DType dtype) {
  if (dtype == bool_) return read_block<std::int64_t, bool>;
  if (dtype == int8) return read_block<std::int64_t, std::int8_t>;
  if (dtype == int16) return read_block<std::int64_t, std::int16_t>;
  if (dtype == int32) return read_block<std::int64_t, std::int32_t>;
  if (dtype == int64) return read_block<std::int64_t, std::int64_t>;
  if (dtype == uint8) return read_block<std::int64_t, std::uint8_t>;
  if (dtype == uint4) return read_block<std::int64_t, std::uint8_t>;
  if (dtype == int4) return read_signed_nibbles<std::int64_t>;
  if (dtype == uint16) return read_block<std::int64_t, std::uint16_t>;
  if (dtype == uint32) return read_block<std::int64_t, std::uint32_t>;
  if (dtype == uint64) return read_block<std::uint64_t, std::uint64_t>;
  if (dtype == float16) return read_block<double, Half>;
  if (dtype == bfloat16) return read_block<double, BFloat16>;
  if (dtype == float8_e5m2) return read_block<double, Float8E5M2>;
  if (dtype == float8_e4m3fn) return read_block<double, Float8E4M3FN>;
  if (dtype == float32) return read_block<double, float>;
  if (dtype == float64) return read_block<double, double>;
  if (dtype == complex64) return read_block<Complex128, std::complex<float>>;
  if (dtype == complex128) return read_block<Complex128, Complex128>;
  return nullptr;
}

template <class Wide>
Block writer_from(DType dtype) {
  if (dtype == bool_) return write_block<Wide, bool>;
  if (dtype == int8) return write_block<Wide, std::int8_t>;
  if (dtype == int16) return write_block<Wide, std::int16_t>;
  if (dtype == int32) return write_block<Wide, std::int32_t>;
  if (dtype == int64) return write_block<Wide, std::int64_t>;
  if (dtype == uint8) return write_block<Wide, std::uint8_t>;
  if (dtype == uint16) return write_block<Wide, std::uint16_t>;
  if (dtype == uint32) return write_block<Wide, std::uint32_t>;
  if (dtype == uint64) return write_block<Wide, std::uint64_t>;
  if (dtype == int4) return write_nibbles<Wide, true>;
  if (dtype == uint4) return write_nibbles<Wide, false>;
  if (dtype == float16) return write_block<Wide, Half>;
  if (dtype == bfloat16) return write_block<Wide, BFloat16>;
  if (dtype == float8_e5m2) return write_block<Wide, Float8E5M2>;
  if (dtype == float8_e4m3fn) return write_block<Wide, Float8E4M3FN>;
  if (dtype == float32) return write_block<Wide, float>;
  if (dtype == float64) return write_block<Wide, double>;
  if (dtype == complex64) return write_block<Wide, std::complex<float>>;
  if (dtype == complex128) return write_block<Wide, Complex128>;
  return nullptr;
}

Block writer(Kind kind, DType dtype) {
  switch (kind) {
    case Kind::kSigned:
      return writer_from<std::int64_t>(dtype);
    case Kind::kUnsigned:
      return writer_from<std::uint64_t>(dtype);
    case Kind::kReal:
      return writer_from<double>(dtype);
    case Kind::kComplex:
      return writer_from<Complex128>(dtype);
  }
  return nullptr;
}

/// Bits after the leading one; -1 for dtypes that are not floating.
int mantissa_bits(DType dtype) {
  if (dtype == float64) return 52;
  if (dtype == float32) return 23;
  if (dtype == float16) return 10;
  if (dtype == bfloat16) return 7;
  if (dtype == float8_e4m3fn) return 3;
  if (dtype == float8_e5m2) return 2;
  return -1;
}

/// Cuts mantissas to `bits`, so that the conversion has nothing to round.
void truncate_mantissas(double* x, std::int64_t n, int bits) {
  std::uint64_t mask = ~std::uint64_t{0} << (52 - bits);
  for (std::int64_t i = 0; i < n; ++i)
    if (x[i] == x[i])
      x[i] = std::bit_cast<double>(std::bit_cast<std::uint64_t>(x[i]) & mask);
}

}  // namespace

void run_any_cast(KernelContext& context) {
  const Tensor& input = context.input(0);
  Tensor& output = context.output();
  DType from = input.dtype(), to = output.dtype();
  std::int64_t size = output.num_elements();
  if (from == to) {
    copy_elements(from, output.mutable_data(), input.raw_data(), size);
    return;
  }
  Block read = reader(from);
  Block write = read ? writer(kind_of(from), to) : nullptr;
  if (!write)
    throw UnimplementedError(
        "Cast ", from.name(), " to ", to.name(), " is not supported");
  int from_bits = mantissa_bits(from), to_bits = mantissa_bits(to);
  bool truncates =
      to_bits >= 0 && to_bits < from_bits && context.attr<bool>("Truncate");
  const auto* x = static_cast<const char*>(input.raw_data());
  auto* y = static_cast<char*>(output.mutable_data());
  auto from_size = static_cast<std::int64_t>(from.size());
  auto to_size = static_cast<std::int64_t>(to.size());
  parallel_for(size, kCheapGrain, [&](std::int64_t begin, std::int64_t end) {
    alignas(64) char wide[kBlock * sizeof(Complex128)];
    for (std::int64_t i = begin; i < end; i += kBlock) {
      std::int64_t n = std::min(kBlock, end - i);
      read(x + i * from_size, wide, n);
      if (truncates)
        truncate_mantissas(reinterpret_cast<double*>(wide), n, to_bits);
      write(wide, y + i * to_size, n);
    }
  });
}

}  // namespace kernels

void register_any_cast_kernels(KernelRegistry& registry) {
  registry.add("Cast", {}, kernels::run_any_cast);
}

}  // namespace tern
