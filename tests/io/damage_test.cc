// Readers of outside bytes against files cut short and bytes changed: the
// answer is a value or a typed error.

#include <catch2/catch.hpp>
#include <functional>
#include <string>

#include "io/npy.h"
#include "io/tensor_proto.h"
#include "tern/core/error.h"
#include "tern/io/csv.h"
#include "tern/io/idx.h"
#include "tests/io/temporary_file.h"

namespace tern {
namespace {

using Reader = std::function<void(const std::string&)>;

void damage(const std::string& bytes, const Reader& read) {
  auto attempt = [&](const std::string& damaged) {
    try {
      read(damaged);
    } catch (const Error&) {
    }
  };
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    attempt(bytes.substr(0, i));
    for (int change : {1, 0x10, 0x80, 0xff}) {
      std::string damaged = bytes;
      damaged[i] = static_cast<char>(damaged[i] ^ change);
      attempt(damaged);
    }
  }
}

Reader from_file(const std::function<void(const std::string&)>& read) {
  return [read](const std::string& bytes) {
    test::TemporaryFile file(bytes);
    read(file.path());
  };
}

TEST_CASE("Damaged .npy files give values or typed errors") {
  std::string bytes =
      io::serialize_npy(Tensor(std::vector<float>{1, 2, 3, 4}, Shape({2, 2})));
  damage(bytes, [](const std::string& damaged) {
    io::parse_npy(damaged, "damaged.npy");
    io::parse_npy(damaged, "damaged.npy", float32);
  });
}

TEST_CASE("Damaged IDX files give values or typed errors") {
  damage(std::string("\0\0\x0b\x02\0\0\0\x01\0\0\0\x02\x01\x02\x03\x04", 16),
         from_file([](const std::string& path) { io::read_idx(path); }));
}

TEST_CASE("Damaged CSV files give values or typed errors") {
  damage("a,\"b\"\r\n1,\"x\"\"y\"\n2,\n",
         from_file([](const std::string& path) { io::read_csv(path); }));
}

TEST_CASE("Damaged TensorProtos give values or typed errors") {
  for (const Tensor& tensor : {Tensor(std::vector<double>{1, 2, 3}),
                               Tensor(std::vector<std::string>{"ab", ""}),
                               Tensor(2.5)}) {
    proto::TensorProto proto;
    io::to_proto(tensor, &proto);
    damage(proto.SerializeAsString(), [](const std::string& damaged) {
      proto::TensorProto parsed;
      if (parsed.ParseFromString(damaged)) io::tensor_from_proto(parsed);
    });
  }
}

}  // namespace
}  // namespace tern
