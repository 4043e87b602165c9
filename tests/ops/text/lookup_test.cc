// Tables from keys to values.
#include "tern/ops/lookup.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <string>
#include <vector>

#include "tern/core/error.h"
#include "tern/graph/function.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"

namespace tern {
namespace {

using Catch::Matchers::Contains;
using Numbers = std::vector<std::int64_t>;
using lookup::KeyValueTensorInitializer;
using lookup::StaticHashTable;
using lookup::TextFileIndex;
using lookup::TextFileInitializer;

Numbers list(const Tensor& tensor) {
  auto values = tensor.values<std::int64_t>();
  return {values.begin(), values.end()};
}

Tensor integers(Numbers values) { return Tensor(values); }

StaticHashTable letters() {
  return StaticHashTable(
      KeyValueTensorInitializer(Tensor{"a", "b"}, integers({1, 2})), -1);
}

std::string file_of(const std::string& text) {
  const std::string path = std::string(P_tmpdir) + "/tern_lookup_test.txt";
  std::ofstream(path) << text;
  return path;
}

TEST_CASE("A table gives the values of its keys, the default for others") {
  StaticHashTable table = letters();
  CHECK(list(table.lookup(Tensor{{"b", "?"}, {"a", ""}})) ==
        Numbers{2, -1, 1, -1});
  CHECK(table[Tensor("a")].item<int>() == 1);
  CHECK(table.size().item<int>() == 2);
  CHECK(list(table.entries().values) == Numbers{1, 2});
  CHECK_THROWS_AS(table.lookup(Tensor{1, 2}), InvalidArgumentError);
}

TEST_CASE("A key with two values is refused") {
  auto make = [](Numbers values) {
    return StaticHashTable(
        KeyValueTensorInitializer(Tensor{"a", "a"}, integers(values)), 0);
  };
  CHECK_NOTHROW(make({1, 1}));
  CHECK_THROWS_WITH(make({1, 2}),
                    Contains("HashTable has different value for same key. Key "
                             "a has 1 and trying to add value 2"));
  CHECK_THROWS_WITH(make({1, 2, 3}),
                    Contains("Keys and values must have the same size 2 vs 3"));
}

TEST_CASE("Tables work in traced functions") {
  StaticHashTable table = letters();
  auto ids = function([&](const Tensor& keys) { return table.lookup(keys); });
  CHECK(list(ids(Tensor{"b", "z"})) == Numbers{2, -1});
  lookup::experimental::MutableHashTable counts(int64, int64, Tensor(0));
  auto add = function([&](const Tensor& key) {
    counts.insert(key, counts.lookup(key) + 1);
    return counts.lookup(key);
  });
  Tensor key = integers({7});
  add(key);
  CHECK(list(add(key)) == Numbers{2});
}

TEST_CASE("Text files fill tables by line and column") {
  auto whole = TextFileIndex::WHOLE_LINE, number = TextFileIndex::LINE_NUMBER;
  const std::string path = file_of("a\t1\nb\t2\n");
  auto table = [&](DType key,
                   std::int64_t k,
                   DType value,
                   std::int64_t v,
                   lookup::TextFileOptions options = {}) {
    Tensor missing = value == string ? Tensor("?") : Tensor(-1);
    return StaticHashTable(TextFileInitializer(path, key, k, value, v, options),
                           missing);
  };
  CHECK(list(table(string, 0, int64, 1)[Tensor{"b", "c"}]) == Numbers{2, -1});
  CHECK(list(table(string, whole, int64, number)[Tensor{"b\t2", "b"}]) ==
        Numbers{1, -1});
  CHECK(
      table(int64, number, string, 0)[integers({0})].values<std::string>()[0] ==
      "a");
  CHECK(table(string, 0, int64, number, {.vocab_size = 1}).size().item<int>() ==
        1);
  CHECK_THROWS_WITH(table(string, 0, int64, number, {.vocab_size = 5}),
                    Contains("expected 5 but got 2"));
  CHECK_THROWS_WITH(table(string, 0, int64, 2),
                    Contains("expected at least 3 got 2"));
  CHECK_THROWS_WITH(table(string, 1, int64, 0),
                    Contains("Field a in line 0 is not a valid int64."));
  CHECK_THROWS_WITH(
      table(string, 0, string, number),
      Contains("Value index for line number requires table value dtype"));
  CHECK_THROWS_AS(
      StaticHashTable(TextFileInitializer("/none", string, 0, int64, 1), -1),
      NotFoundError);
}

TEST_CASE("Words out of a vocabulary go to buckets as TensorFlow's do") {
  lookup::StaticVocabularyTable table(
      KeyValueTensorInitializer(Tensor{"x", "y"}, integers({0, 1})), 3);
  CHECK(list(table.lookup(Tensor{"x", "y", "z", "w", "q"})) ==
        Numbers{0, 1, 3, 4, 4});
  CHECK(table.size().item<int>() == 5);
  lookup::StaticVocabularyTable numbers(
      KeyValueTensorInitializer(integers({10, 20}), integers({0, 1})), 3);
  CHECK(list(numbers.lookup(integers({10, 20, 30, 40, 50}))) ==
        Numbers{0, 1, 4, 3, 3});
}

TEST_CASE("Mutable tables grow, change and shrink") {
  lookup::experimental::MutableHashTable table(
      string, float32, Tensor{0.0, 0.5});
  table.insert(Tensor{"a", "b"}, Tensor{{1.0, 2.0}, {3.0, 4.0}});
  table.insert(Tensor{"a"}, Tensor{{5.0, 6.0}});
  Tensor found = table.lookup(Tensor{"a", "z"});
  CHECK(found.shape() == Shape{2, 2});
  CHECK(found.values<float>()[0] == 5);
  CHECK(found.values<float>()[3] == 0.5f);
  table.remove(Tensor{"a", "z"});
  CHECK(table.size().item<int>() == 1);
  CHECK_THROWS_WITH(table.insert(Tensor{"q"}, Tensor{1.0, 2.0}),
                    Contains("Expected shape [1,2] for value, got [2]"));

  lookup::experimental::MutableHashTable many(int64, int64, Tensor(-1));
  Numbers keys(1000);
  for (std::size_t i = 0; i < keys.size(); ++i)
    keys[i] = static_cast<std::int64_t>(i * i);
  many.insert(integers(keys), integers(keys));
  CHECK(list(many.lookup(integers(keys))) == keys);
}

TEST_CASE("Keys of dense tables may be vectors, two are reserved") {
  lookup::experimental::DenseHashTable table(
      int64, int64, Tensor(-1), Tensor{0, 0}, Tensor{-1, -1});
  table.insert(Tensor{{1, 2}, {3, 4}}, integers({12, 34}));
  CHECK(list(table.lookup(Tensor{{3, 4}, {4, 3}})) == Numbers{34, -1});
  CHECK_THROWS_WITH(table.insert(Tensor{{0, 0}}, integers({1})),
                    Contains("Using the empty_key as a table key"));
  CHECK_THROWS_WITH(lookup::experimental::DenseHashTable(
                        int64, int64, Tensor(-1), Tensor(0), Tensor(0)),
                    Contains("Empty and deleted keys cannot be equal"));
}

}  // namespace
}  // namespace tern
