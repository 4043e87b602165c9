#include "io/npy.h"

#include <catch2/catch.hpp>
#include <complex>
#include <string>

#include "tern/core/error.h"
#include "tests/io/temporary_file.h"

namespace tern {
namespace {

/// A file as numpy.lib.format specifies it.
std::string npy(const std::string& dict,
                const std::string& content,
                int version = 1) {
  std::string bytes = "\x93NUMPY";
  bytes += static_cast<char>(version);
  bytes += '\0';
  bytes += static_cast<char>(dict.size() & 0xff);
  bytes += static_cast<char>(dict.size() >> 8);
  if (version > 1) bytes += std::string(2, '\0');
  return bytes + dict + content;
}

std::string dict(const std::string& descr,
                 const std::string& shape,
                 const std::string& fortran = "False") {
  return "{'descr': '" + descr + "', 'fortran_order': " + fortran +
         ", 'shape': " + shape + ", }\n";
}

Tensor parse(const std::string& bytes, DType as = {}) {
  return io::parse_npy(bytes, "x.npy", as);
}

TEST_CASE("Every version of .npy is read") {
  std::string content("\x01\0\0\0\x02\0\0\0", 8);
  for (int version : {1, 2, 3}) {
    Tensor x = parse(npy(dict("<i4", "(2,)"), content, version));
    CHECK(x.dtype() == int32);
    CHECK(x.shape() == Shape({2}));
    CHECK(x.values<std::int32_t>()[1] == 2);
  }
}

TEST_CASE("A big-endian .npy array comes out in this machine's order") {
  Tensor x = parse(npy(dict(">f4", "()"), std::string("\x3f\xc0\0\0", 4)));
  CHECK(x.shape() == Shape());
  CHECK(x.item<float>() == 1.5f);
  Tensor z =
      parse(npy(dict(">c8", "(1,)"), std::string("\x3f\x80\0\0\xc0\0\0\0", 8)));
  CHECK(z.values<std::complex<float>>()[0] == std::complex<float>(1, -2));
}

TEST_CASE("A .npy array in Fortran order is transposed to rows") {
  Tensor x = parse(npy(dict("|u1", "(2, 3)", "True"), "adbecf"));
  auto values = x.values<std::uint8_t>();
  CHECK(std::string(values.begin(), values.end()) == "abcdef");
}

TEST_CASE("Fixed-width .npy text loses its padding") {
  Tensor s = parse(npy(dict("|S3", "(2,)"), std::string("ab\0\0\0\0", 6)));
  CHECK(s.values<std::string>()[0] == "ab");
  CHECK(s.values<std::string>()[1] == "");
  Tensor u =
      parse(npy(dict("<U2", "(1,)"), std::string("\xe9\0\0\0\0\0\0\0", 8)));
  CHECK(u.values<std::string>()[0] == "\xc3\xa9");
}

TEST_CASE("Bits of types that numpy lacks are read as the dtype asked for") {
  Tensor x = parse(npy(dict("<u2", "(1,)"), "\x80\x3f"), bfloat16);
  CHECK(x.dtype() == bfloat16);
  CHECK(static_cast<float>(x.values<BFloat16>()[0]) == 1.f);
  CHECK_THROWS_AS(parse(npy(dict("<f4", "(1,)"), "abcd"), bfloat16),
                  InvalidArgumentError);
}

TEST_CASE("A bool of a .npy file is 0 or 1 whatever its byte") {
  Tensor x = parse(npy(dict("|b1", "(2,)"), std::string("\x07\0", 2)));
  CHECK(x.values<bool>()[0]);
  CHECK_FALSE(x.values<bool>()[1]);
}

TEST_CASE("What write_npy writes begins as numpy writes it and reads back") {
  Tensor x(std::vector<double>{1, -2.5}, Shape({1, 2}));
  std::string bytes = io::serialize_npy(x);
  std::string header =
      "{'descr': '<f8', 'fortran_order': False, 'shape': (1, 2), }";
  CHECK(bytes.substr(0, 8) == std::string("\x93NUMPY\x01\0", 8));
  CHECK(bytes.substr(10, header.size()) == header);
  CHECK(bytes.size() == 128 + 16);
  CHECK(bytes[127] == '\n');
  Tensor back = parse(bytes);
  CHECK(back.shape() == Shape({1, 2}));
  CHECK(back.values<double>()[1] == -2.5);
}

TEST_CASE("Corrupt .npy files are data loss, other types unimplemented") {
  std::string good = npy(dict("<i4", "(2,)"), "abcdefgh");
  for (std::size_t size = 0; size < good.size(); ++size)
    CHECK_THROWS_AS(parse(good.substr(0, size)), DataLossError);
  CHECK_THROWS_AS(parse(npy(dict("<i4", "(4611686018427387904, 8)"), "")),
                  DataLossError);
  CHECK_THROWS_AS(parse(npy(dict("<i4", "(-1,)"), "")), DataLossError);
  CHECK_THROWS_AS(parse(npy(dict("<i99999999999", "(1,)"), "")), DataLossError);
  CHECK_THROWS_AS(parse(npy(dict("|O", "(1,)"), "x")), UnimplementedError);
  CHECK_THROWS_AS(parse(npy("{'descr': [('a', '<i4')], 'fortran_order': False, "
                            "'shape': (1,)}",
                            "abcd")),
                  UnimplementedError);
  CHECK_THROWS_AS(io::read_npy("/no/such.npy"), NotFoundError);
}

}  // namespace
}  // namespace tern
