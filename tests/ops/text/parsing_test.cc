// Examples, records and files as tensors.
#include "tern/ops/parsing.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "ops/apply.h"
#include "tern/core/error.h"
#include "tern/graph/function.h"
#include "tern/io/file.h"

namespace tern {
namespace {

using Catch::Matchers::Contains;
using Floats = std::vector<float>;
using Numbers = std::vector<std::int64_t>;
using Strings = std::vector<std::string>;
using io::FixedLenFeature;
using io::FixedLenSequenceFeature;
using io::RaggedFeature;
using io::VarLenFeature;

template <class T>
std::vector<T> list(const Tensor& tensor) {
  auto values = tensor.values<T>();
  return {values.begin(), values.end()};
}

std::string example(std::vector<float> a) {
  return io::Example({{"a", Tensor(a)}, {"label", 3}, {"name", "x"}})
      .serialize();
}

TEST_CASE("An Example that was written can be read") {
  Dict read = io::parse_single_example(example({1, 2}),
                                       {{"a", FixedLenFeature{{2}, float32}},
                                        {"label", FixedLenFeature{{}, int64}},
                                        {"name", FixedLenFeature{{}, string}}});
  CHECK(list<float>(read["a"]) == Floats{1, 2});
  CHECK(read["label"].item<int>() == 3);
  CHECK(read["name"].bytes() == "x");
}

TEST_CASE("Equal Examples have equal bytes, whatever the order of features") {
  CHECK(io::Example({{"a", 1}, {"b", 2}}).serialize() ==
        io::Example({{"b", 2}, {"a", 1}}).serialize());
  CHECK_THROWS_AS(io::Example({{"z", Tensor()}}).serialize(), Error);
}

TEST_CASE("Features of a batch become dense, sparse or ragged tensors") {
  Tensor batch = Tensor(Strings{example({1, 2}), example({}), example({3})});
  auto read = io::parse_example(
      batch,
      {{"a", VarLenFeature{float32}},
       {"rows", RaggedFeature{float32, "a"}},
       {"none", FixedLenFeature{{2}, float32, Tensor{7.0, 8.0}}}});
  const SparseTensor& sparse = read.sparse("a");
  CHECK(list<std::int64_t>(sparse.indices) == Numbers{0, 0, 0, 1, 2, 0});
  CHECK(list<float>(sparse.values) == Floats{1, 2, 3});
  CHECK(list<std::int64_t>(sparse.dense_shape) == Numbers{3, 2});
  CHECK(read.ragged("rows").to_list() == "[[1., 2.], [], [3.]]");
  CHECK(read["none"].shape() == Shape{3, 2});
  CHECK_THROWS_WITH(read["a"], Contains("feature a is sparse or ragged"));
  CHECK_THROWS_WITH(read.sparse("b"), Contains("no feature b among a, "));

  Dict padded = io::parse_example(
      batch, {{"a", FixedLenSequenceFeature{{}, float32, true, Tensor(9.0f)}}});
  CHECK(list<float>(padded["a"]) == Floats{1, 2, 9, 9, 3, 9});
}

TEST_CASE("What is wrong with an Example is said with its key") {
  Tensor batch = Tensor(Strings{example({1, 2})});
  auto parse = [&](const io::FeatureSpecs& specs) {
    return io::parse_example(batch, specs);
  };
  CHECK_THROWS_WITH(parse({{"q", FixedLenFeature{{}, float32}}}),
                    Contains("Name: <unknown>, Feature: q (data type: float32) "
                             "is required but could not be found."));
  CHECK_THROWS_WITH(parse({{"a", FixedLenFeature{{}, int64}}}),
                    Contains("Key: a, Index: 0.  Data types don't match."));
  CHECK_THROWS_WITH(parse({{"a", FixedLenFeature{{3}, float32}}}),
                    Contains("Values size: 2 but output shape: [3]"));
  CHECK_THROWS_WITH(parse({{"a", FixedLenSequenceFeature{{3}, float32, true}}}),
                    Contains("not a multiple of stride length. Saw 2 values"));
  CHECK_THROWS_WITH(parse({{"a", FixedLenFeature{{-1}, float32}}}),
                    Contains("Consider using FixedLenSequenceFeature"));
  CHECK_THROWS_WITH(io::parse_single_example("abc", {{"a", FixedLenFeature{}}}),
                    Contains("Could not parse example input, value: 'abc'"));
}

TEST_CASE("Every cut of an Example is read or refused") {
  const std::string whole = example({1, 2, 3});
  for (std::size_t size = 0; size < whole.size(); ++size)
    for (int change : {0, 0x80, 0xff}) {
      std::string bytes = whole.substr(0, size);
      if (size > 0) bytes[size - 1] = static_cast<char>(change);
      try {
        io::parse_example(Tensor(Strings{bytes}),
                          {{"a", VarLenFeature{float32}}});
      } catch (const InvalidArgumentError&) {
      }
    }
}

TEST_CASE("Examples are parsed in traced functions") {
  auto parse = function([](const Tensor& batch) {
    return io::parse_example(batch,
                             {{"a", FixedLenFeature{{2}, float32}}})["a"];
  });
  Tensor result = parse(Tensor(Strings{example({1, 2}), example({3, 4})}));
  CHECK(list<float>(result) == Floats{1, 2, 3, 4});
}

TEST_CASE("Bytes become numbers in either order") {
  CHECK(list<std::int16_t>(io::decode_raw(std::string("\1\0\0\1", 4), int16)) ==
        std::vector<std::int16_t>{1, 256});
  CHECK(list<std::int16_t>(io::decode_raw(
            std::string("\1\0\0\1", 4), int16, {.little_endian = false})) ==
        std::vector<std::int16_t>{256, 1});
  CHECK(list<std::uint8_t>(
            io::decode_raw(Tensor{"abc", ""}, uint8, {.fixed_length = 2})) ==
        std::vector<std::uint8_t>{97, 98, 0, 0});
  CHECK_THROWS_WITH(io::decode_raw(Tensor{"a", "bc"}, uint8),
                    Contains("element 1 has size 2 != 1"));
  CHECK_THROWS_WITH(io::decode_raw("abc", int16),
                    Contains("has length 3 that is not a multiple of 2"));
  CHECK_THROWS_WITH(io::decode_raw("abc", int32, {.fixed_length = 5}),
                    Contains("must be evenly divisible by 4 but is 5"));
}

TEST_CASE("CSV records become one tensor a field") {
  Tensors fields = io::decode_csv(Tensor{"1,2.5,\"q, \"\"x\"\"\"", ",NA,z"},
                                  {Tensor{7}, Tensor{-1.0}, Tensor{""}},
                                  {.na_value = "NA"});
  CHECK(list<std::int32_t>(fields[0]) == std::vector<std::int32_t>{1, 7});
  CHECK(list<float>(fields[1]) == Floats{2.5, -1});
  CHECK(list<std::string>(fields[2]) == Strings{"q, \"x\"", "z"});
  CHECK(io::decode_csv(
            "a;b;c", {Tensor{""}}, {.field_delim = ";", .select_cols = {1}})[0]
            .bytes() == "b");

  auto refused = [](const char* record, int columns) {
    Tensors defaults(static_cast<std::size_t>(columns), Tensor{""});
    return io::decode_csv(record, defaults);
  };
  CHECK_THROWS_WITH(refused("a", 2),
                    Contains("Expect 2 fields but have 1 in record 0"));
  CHECK_THROWS_WITH(refused("\"a", 1),
                    Contains("Quoted field has to end with quote"));
  CHECK_THROWS_WITH(refused("\"a\"b", 1),
                    Contains("Quote inside a string has to be escaped"));
  CHECK_THROWS_WITH(refused("a\"b", 1),
                    Contains("Unquoted fields cannot have quotes"));
  CHECK_THROWS_WITH(io::decode_csv("1.5", {Tensor{0}}),
                    Contains("Field 0 in record 0 is not a valid int32: 1.5"));
}

TEST_CASE("Examples are read from JSON") {
  Tensor binary = io::decode_json_example(
      R"({"features":{"feature":{"i":{"int64List":{"value":["5",6]}},)"
      R"("s":{"bytesList":{"value":["aGk="]}}}}})");
  Dict read = io::parse_single_example(
      binary,
      {{"i", FixedLenFeature{{2}, int64}}, {"s", FixedLenFeature{{}, string}}});
  CHECK(list<std::int64_t>(read["i"]) == Numbers{5, 6});
  CHECK(read["s"].bytes() == "hi");
  const std::string deep(100000, '[');
  for (const std::string& bad :
       {std::string("{\"features\":"),
        std::string("[]"),
        std::string("{\"x\":1}"),
        deep,
        R"({"features":{"feature":{"i":{"int64List":{"value":[1.5]}}}}})" +
            std::string()})
    CHECK_THROWS_WITH(io::decode_json_example(bad),
                      Contains("Error while parsing JSON: "));
}

TEST_CASE("Compressed strings are opened as far as they go") {
  const std::string hello("x\x9c\xcbH\xcd\xc9\xc9\xcf\xc0\x42\0\0\x86\xc4\ne",
                          16);
  CHECK(io::decode_compressed(hello, "ZLIB").bytes() ==
        "hellohellohellohellohello");
  CHECK(io::decode_compressed(hello.substr(0, 5), "ZLIB").bytes() == "he");
  CHECK_THROWS_WITH(
      io::decode_compressed("notz", "ZLIB"),
      Contains("inflate() failed with error -3: incorrect header check"));
  CHECK_THROWS_WITH(io::decode_compressed("a", "LZ"),
                    Contains("are supported compressions"));
}

TEST_CASE("A tensor goes through bytes and comes back") {
  Tensor tensor = Tensor{{1.5, 2.0}, {3.0, 4.0}};
  Tensor bytes = io::serialize_tensor(tensor);
  CHECK(list<float>(io::parse_tensor(bytes, float32)) == Floats{1.5, 2, 3, 4});
  // Written by TensorFlow 2.21.
  CHECK(io::serialize_tensor(2.0f).bytes() ==
        std::string("\x8\1\x12\0\"\4\0\0\0@", 10));
  CHECK_THROWS_WITH(
      io::parse_tensor(bytes, int32),
      Contains(
          "Type mismatch between parsed tensor (float32) and dtype (int32)"));
  CHECK_THROWS_WITH(io::parse_tensor("\xff", float32),
                    Contains("Could not parse `serialized` as TensorProto"));
}

TEST_CASE("Files are written, read and found") {
  const std::string folder = std::string(P_tmpdir) + "/tern_parsing_test/sub";
  io::write_file(folder + "/b.txt", "two");
  io::write_file(folder + "/a.txt", "one");
  CHECK(io::read_file(folder + "/a.txt").bytes() == "one");
  CHECK(list<std::string>(io::matching_files(folder + "/*.txt")) ==
        Strings{folder + "/a.txt", folder + "/b.txt"});
  CHECK(io::listdir(folder) == Strings{"a.txt", "b.txt"});
  CHECK(io::matching_files(folder + "/*.none").shape() == Shape{0});
  CHECK_THROWS_AS(io::read_file(folder + "/none"), NotFoundError);
}

}  // namespace
}  // namespace tern
