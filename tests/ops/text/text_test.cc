// Splitting, regular expressions, hashes and encodings of text.
#include <catch2/catch.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "ops/apply.h"
#include "tern/core/error.h"
#include "tern/graph/function.h"
#include "tern/ops/ragged_tensor.h"
#include "tern/ops/strings.h"

namespace tern {
namespace {

using Catch::Matchers::Contains;
using Strings = std::vector<std::string>;
using Numbers = std::vector<std::int64_t>;

Strings list(const Tensor& tensor) {
  auto values = tensor.values<std::string>();
  return {values.begin(), values.end()};
}

template <class T>
std::vector<T> numbers(const Tensor& tensor) {
  auto values = tensor.values<T>();
  return {values.begin(), values.end()};
}

TEST_CASE("A split scalar is a vector, a split vector a ragged tensor") {
  Tensor fields = strings::split("5\ta good film", "\t");
  CHECK(list(fields) == Strings{"5", "a good film"});
  RaggedTensor words = strings::split(Tensor{"a  b ", "", "c"});
  CHECK(words.to_list() == "[[b'a', b'b'], [], [b'c']]");
  CHECK(words[0].to_list() == "[b'a', b'b']");
  CHECK(strings::split(Tensor{{"a b"}, {"c"}}).to_list() ==
        "[[[b'a', b'b']], [[b'c']]]");
  CHECK_THROWS_WITH(Tensor(words), Contains("is no Tensor"));
  auto traced = function(
      [](const Tensor& x) { return strings::split(x, ",").flat_values(); });
  CHECK(list(traced(Tensor{"a,b", "c"})) == Strings{"a", "b", "c"});
}

TEST_CASE("No more cuts are made than maxsplit says") {
  CHECK(list(Tensor(strings::split("a,b,c", ",", {.maxsplit = 1}))) ==
        Strings{"a", "b,c"});
  CHECK(list(Tensor(strings::split(" a b", "", {.maxsplit = 0}))) ==
        Strings{" a b"});
}

TEST_CASE("n-grams run over each row, with pads where they are given") {
  RaggedTensor words =
      RaggedTensor::from_row_lengths(Tensor{"a", "b", "c", "d"}, Tensor{3, 1});
  CHECK(strings::ngrams(words, 2).to_list() == "[[b'a b', b'b c'], []]");
  CHECK(
      strings::ngrams(words, 2, {.preserve_short_sequences = true}).to_list() ==
      "[[b'a b', b'b c'], [b'd']]");
  CHECK(strings::ngrams(
            words, 2, {.separator = "", .left_pad = "<", .right_pad = ">"})
            .to_list() == "[[b'<a', b'ab', b'bc', b'c>'], [b'<d', b'd>']]");
  CHECK_THROWS_WITH(
      raw<"StringNGrams">.outputs({Tensor{"a"}, Tensor{0, 2}},
                                  {{"separator", " "},
                                   {"ngram_widths", Numbers{1}},
                                   {"left_pad", ""},
                                   {"right_pad", ""},
                                   {"pad_width", 0},
                                   {"preserve_short_sequences", false}}),
      Contains("Invalid split value 2, must be in [0, 1]"));
}

TEST_CASE("Regular expressions are RE2's") {
  Tensor paths = Tensor{"x/automobile/1.jpg", "x/ship/1.jpg"};
  CHECK(numbers<bool>(strings::regex_full_match(paths, ".*automobile.*")) ==
        std::vector<bool>{true, false});
  CHECK(strings::regex_replace("a<br />b<br />", "<br />", " ").bytes() ==
        "a b ");
  CHECK(strings::regex_replace("it's, so!", "[[:punct:]]", "").bytes() ==
        "its so");
  CHECK(strings::regex_replace("ab", "(.)(.)", "\\2\\1").bytes() == "ba");
  CHECK(strings::regex_replace("aa", "a", "b", {.replace_global = false})
            .bytes() == "ba");
  CHECK_THROWS_WITH(strings::regex_full_match("a", "("),
                    Contains("Invalid pattern: (, error: missing ): ("));
}

TEST_CASE("Hashes of strings are TensorFlow's") {
  // Computed by TensorFlow 2.21, with 2^62 buckets.
  const std::int64_t buckets = std::int64_t{1} << 62;
  Tensor text = Tensor{"a", "hello", ""};
  CHECK(numbers<std::int64_t>(strings::to_hash_bucket_fast(text, buckets)) ==
        Numbers{3694432073954588131, 3786372426573024488, 1936946117179621455});
  CHECK(numbers<std::int64_t>(
            strings::to_hash_bucket_strong(text, buckets, {1, 2})) ==
        Numbers{546566331822570742, 2957200328589801622, 443797209252341627});
  CHECK(numbers<std::int64_t>(strings::to_hash_bucket(text, buckets)) ==
        Numbers{2996632905371535868, 1331861223480393034, 105434511174508091});
  CHECK_THROWS_WITH(strings::to_hash_bucket_strong(text, 2, {1}),
                    Contains("Key must have 2 elements"));
  CHECK_THROWS_AS(strings::to_hash_bucket_fast(text, 0), InvalidArgumentError);
  CHECK(fingerprint(Tensor{"a"}).shape() == Shape{1, 8});
}

TEST_CASE("Text becomes code points and comes back") {
  RaggedTensor codes =
      strings::unicode_decode(Tensor{"h\u00e9", "", "\U0001f44d"}, "UTF-8");
  CHECK(codes.to_list() == "[[104, 233], [], [128077]]");
  CHECK(list(strings::unicode_encode(codes, "UTF-8")) ==
        Strings{"h\u00e9", "", "\U0001f44d"});
  CHECK(strings::unicode_encode(Tensor{104, 233}, "UTF-16-BE").bytes() ==
        std::string("\0h\0\xe9", 4));
  // Noncharacters are written, surrogates are not (TensorFlow 2.21).
  CHECK(strings::unicode_encode(
            Tensor{0xfffe, 0xd800}, "UTF-16-BE", {.replacement_char = '?'})
            .bytes() == std::string("\xff\xfe\0?", 4));
  CHECK(strings::unicode_transcode("\xe9t\x80", "windows-1252", "UTF-8")
            .bytes() == "\u00e9t\u20ac");
  auto [points, offsets] =
      strings::unicode_decode_with_offsets("\u00e9a", "UTF-8");
  CHECK(points.to_list() == "[233,  97]");
  CHECK(offsets.to_list() == "[0, 2]");
}

TEST_CASE("Malformed text is replaced, left out or refused") {
  const char* broken = "a\xff\xe4\xbd";
  CHECK(strings::unicode_decode(broken, "UTF-8").to_list() ==
        "[   97, 65533, 65533]");
  CHECK(strings::unicode_decode(broken, "UTF-8", {.errors = "ignore"})
            .to_list() == "[97]");
  CHECK_THROWS_WITH(
      strings::unicode_decode(broken, "UTF-8", {.errors = "strict"}),
      Contains("Invalid formatting on input string"));
  CHECK_THROWS_WITH(
      strings::unicode_decode("a", "XYZ"),
      Contains("Could not create converter for input encoding: XYZ"));
  CHECK_THROWS_WITH(
      strings::unicode_encode(Tensor{0xd800}, "UTF-8", {.errors = "strict"}),
      Contains("Code point is out of range for Unicode"));
}

TEST_CASE("The script of a character is ICU's number") {
  // Latin, Katakana, Hangul, common, unassigned, no code point.
  CHECK(numbers<std::int32_t>(
            strings::unicode_script(Tensor{65, 12450, 44032, 32, 0x378, -1})) ==
        std::vector<std::int32_t>{25, 22, 18, 0, 103, -1});
}

TEST_CASE("Base64 is the one that is safe in addresses") {
  CHECK(io::encode_base64(std::string("\xff\xfe\xfd\0", 4)).bytes() ==
        "__79AA");
  CHECK(io::encode_base64("ab", true).bytes() == "YWI=");
  CHECK(list(io::decode_base64(Tensor{"YWI", "YWI=", ""})) ==
        Strings{"ab", "ab", ""});
  for (const char* bad : {"a+b/", "Y Q=", "=", "Y"})
    CHECK_THROWS_AS(io::decode_base64(bad), InvalidArgumentError);
}

TEST_CASE("Ragged tensors are made from any partition into rows") {
  Tensor values = Tensor{1, 2, 3, 4};
  const std::string rows = "[[1, 2], [], [3, 4]]";
  CHECK(RaggedTensor::from_row_splits(values, Tensor{0, 2, 2, 4}).to_list() ==
        rows);
  CHECK(RaggedTensor::from_row_lengths(values, Tensor{2, 0, 2}).to_list() ==
        rows);
  CHECK(RaggedTensor::from_value_rowids(values, Tensor{0, 0, 2, 2}).to_list() ==
        rows);
  CHECK(RaggedTensor::from_row_starts(values, Tensor{0, 2, 2}).to_list() ==
        rows);
  CHECK(RaggedTensor::from_row_limits(values, Tensor{2, 2, 4}).to_list() ==
        rows);
  CHECK(RaggedTensor::from_uniform_row_length(values, 2).to_list() ==
        "[[1, 2], [3, 4]]");
  std::ostringstream text;
  text << RaggedTensor::from_row_lengths(values, Tensor{1, 3});
  CHECK(text.str() == "<tf.RaggedTensor [[1], [2, 3, 4]]>");
  CHECK_THROWS_WITH(RaggedTensor::from_row_splits(values, Tensor{0, 3}),
                    Contains("row_splits end with 3, but there are 4 values"));
  CHECK_THROWS_WITH(RaggedTensor::from_row_splits(values, Tensor{0, 5, 4}),
                    Contains("row_splits decrease from 5 to 4"));
}

}  // namespace
}  // namespace tern
