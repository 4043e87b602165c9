#include "tern/io/idx.h"

#include <zlib.h>

#include <catch2/catch.hpp>
#include <string>

#include "tern/core/error.h"
#include "tests/io/temporary_file.h"

namespace tern {
namespace {

using test::TemporaryFile;

Tensor read(std::string_view bytes) {
  TemporaryFile file(bytes, ".idx");
  return io::read_idx(file.path());
}

std::string gzip(const std::string& bytes) {
  z_stream stream = {};
  REQUIRE(deflateInit2(
              &stream, 6, Z_DEFLATED, 16 + 15, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string packed(deflateBound(&stream, bytes.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

const std::string kBytes2x3(
    "\0\0\x08\x02\0\0\0\x02\0\0\0\x03\x01\x02\x03\x04\x05\xff", 18);

TEST_CASE("An IDX file of bytes is a uint8 tensor of its shape") {
  Tensor x = read(kBytes2x3);
  CHECK(x.dtype() == uint8);
  CHECK(x.shape() == Shape({2, 3}));
  CHECK(x.values<std::uint8_t>()[0] == 1);
  CHECK(x.values<std::uint8_t>()[5] == 255);
}

TEST_CASE("A gzipped IDX file reads like a plain one, in several members too") {
  Tensor whole = read(gzip(kBytes2x3));
  Tensor parts = read(gzip(kBytes2x3.substr(0, 7)) + gzip(kBytes2x3.substr(7)));
  CHECK(whole.shape() == Shape({2, 3}));
  CHECK(whole.values<std::uint8_t>()[5] == 255);
  CHECK(parts.values<std::uint8_t>()[5] == 255);
}

TEST_CASE("IDX elements wider than a byte are big-endian") {
  Tensor x = read(
      std::string("\0\0\x0c\x01\0\0\0\x02\0\0\x01\x00\xff\xff\xff\xfe", 16));
  CHECK(x.dtype() == int32);
  CHECK(x.values<std::int32_t>()[0] == 256);
  CHECK(x.values<std::int32_t>()[1] == -2);
  CHECK(read(std::string("\0\0\x0d\x01\0\0\0\x01\x3f\xc0\0\0", 12))
            .values<float>()[0] == 1.5f);
}

TEST_CASE("An IDX array may be empty") {
  Tensor x = read(std::string("\0\0\x08\x02\0\0\0\x05\0\0\0\0", 12));
  CHECK(x.shape() == Shape({5, 0}));
}

TEST_CASE("A missing IDX file is NotFound and says so") {
  try {
    io::read_idx("/no/such/train-images");
    FAIL("no error");
  } catch (const NotFoundError& error) {
    CHECK(std::string(error.what()) == "/no/such/train-images: no such file");
  }
}

TEST_CASE("IDX headers that contradict the file are data loss") {
  CHECK_THROWS_AS(read(""), DataLossError);
  CHECK_THROWS_AS(read("abcd"), DataLossError);
  CHECK_THROWS_AS(read(kBytes2x3 + "x"), DataLossError);
  std::string huge(4 + 4 * 4, '\xff');
  huge.replace(0, 4, std::string("\0\0\x08\x04", 4));
  CHECK_THROWS_AS(read(huge), DataLossError);
  for (std::size_t size = 0; size < kBytes2x3.size(); ++size)
    CHECK_THROWS_AS(read(kBytes2x3.substr(0, size)), DataLossError);
  std::string packed = gzip(kBytes2x3);
  for (std::size_t size = 2; size < packed.size(); ++size)
    CHECK_THROWS_AS(read(packed.substr(0, size)), DataLossError);
}

}  // namespace
}  // namespace tern
