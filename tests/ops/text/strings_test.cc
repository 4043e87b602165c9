#include "tern/ops/strings.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "tern/core/error.h"

namespace tern {
namespace {

using Strings = std::vector<std::string>;

Strings list(const Tensor& tensor) {
  auto values = tensor.values<std::string>();
  return {values.begin(), values.end()};
}

TEST_CASE("Strings join element by element, scalars with all") {
  CHECK(list(strings::join(
            {Tensor(Strings{"a", "b"}), Tensor("-"), Tensor(Strings{"x", "y"})},
            {.separator = "+"})) == Strings{"a+-+x", "b+-+y"});
  CHECK_THROWS_WITH(
      strings::join({Tensor(Strings{"a", "b"}), Tensor(Strings{"c"})}),
      Catch::Contains("Input shapes do not match: [2] vs. [1]"));
}

TEST_CASE("The strings of one tensor join along axes in the order given") {
  Tensor letters = Tensor{{"a", "b"}, {"c", "d"}};
  CHECK(strings::reduce_join(letters).bytes() == "abcd");
  CHECK(list(strings::reduce_join(letters, {.axis = 0})) ==
        Strings{"ac", "bd"});
  CHECK(list(strings::reduce_join(letters, {.axis = -1, .separator = "."})) ==
        Strings{"a.b", "c.d"});
  CHECK(strings::reduce_join(letters, {.axis = {0, 1}}).bytes() == "acbd");
}

TEST_CASE("Lengths count bytes or characters") {
  Tensor text = "\u00e9t\u00e9";
  CHECK(strings::length(text).item<int>() == 5);
  CHECK(strings::length(text, {.unit = "UTF8_CHAR"}).item<int>() == 3);
}

TEST_CASE("Case changes in ASCII, or in all of Unicode") {
  CHECK(strings::lower("ABC \u00c9").bytes() == "abc \u00c9");
  CHECK(strings::lower("ABC \u00c9", {.encoding = "utf-8"}).bytes() ==
        "abc \u00e9");
  CHECK(strings::upper("Stra\u00dfe", {.encoding = "utf-8"}).bytes() ==
        "STRASSE");
  CHECK_THROWS_WITH(
      strings::lower("a", {.encoding = "latin"}),
      Catch::Contains("only utf-8 or '' (no encoding) is supported, received "
                      "latin"));
}

TEST_CASE("Numbers become text as printf writes them") {
  CHECK(list(strings::as_string(Tensor{1.5, -0.0})) ==
        Strings{"1.500000", "-0.000000"});
  CHECK(strings::as_string(0.1, {.shortest = true}).bytes() == "0.1");
  CHECK(strings::as_string(
            1.5, {.precision = 2, .scientific = true, .width = 12, .fill = " "})
            .bytes() == "    1.50e+00");
  CHECK(strings::as_string(-12, {.width = 5, .fill = "0"}).bytes() == "-0012");
  CHECK(strings::as_string(true).bytes() == "true");
  CHECK_THROWS_WITH(
      strings::as_string(1, {.precision = 2}),
      Catch::Contains("precision not supported for datatype int32"));
}

TEST_CASE("Text becomes numbers, or an error that names the text") {
  CHECK(strings::to_number(" 0x10 ").item<float>() == 16.f);
  CHECK(strings::to_number("-7", int64).item<int>() == -7);
  CHECK_THROWS_WITH(
      strings::to_number("2147483648", int32),
      Catch::Contains("StringToNumberOp could not correctly convert string: "
                      "2147483648"));
  CHECK_THROWS_AS(strings::to_number(""), InvalidArgumentError);
}

TEST_CASE("Substrings are cut by bytes or characters, also from the end") {
  CHECK(strings::substr("hello", 1, 3).bytes() == "ell");
  CHECK(strings::substr("hello", -2, 9).bytes() == "lo");
  CHECK(strings::substr("\u00e9t\u00e9", 2, 1, {.unit = "UTF8_CHAR"}).bytes() ==
        "\u00e9");
  CHECK_THROWS_WITH(
      strings::substr("abc", -4, 1),
      Catch::Contains("pos -4 out of range for string b'abc' at index 0"));
}

TEST_CASE("format puts the elements of tensors into a template") {
  Tensor numbers = std::vector<std::int32_t>{1, 2, 3, 4, 5, 6, 7};
  CHECK(strings::format("v={} {}", numbers, 2.5).bytes() ==
        "v=[1 2 3 ... 5 6 7] 2.5");
  CHECK_THROWS_WITH(strings::format("{}", 1, 2),
                    Catch::Contains("num placeholders in template and num "
                                    "inputs must match: 1 vs. 2"));
}

}  // namespace
}  // namespace tern
