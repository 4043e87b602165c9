#include "tern/io/csv.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <string>
#include <vector>

#include "tern/core/error.h"
#include "tests/io/temporary_file.h"

namespace tern {
namespace {

using test::TemporaryFile;

Dict read(std::string_view text, const io::ReadCsvOptions& options = {}) {
  TemporaryFile file(text, ".csv");
  return io::read_csv(file.path(), options);
}

std::vector<std::string> texts(const Tensor& column) {
  auto values = column.values<std::string>();
  return {values.begin(), values.end()};
}

TEST_CASE("A CSV column of numbers is float32 with NaN where cells are empty") {
  Dict table = read("age,fare\n22,7.25\n,+1e2\nNA, 3\n");
  auto age = table["age"].values<float>();
  auto fare = table["fare"].values<float>();
  REQUIRE(age.size() == 3);
  CHECK(age[0] == 22.f);
  CHECK(std::isnan(age[1]));
  CHECK(std::isnan(age[2]));
  CHECK(fare[0] == 7.25f);
  CHECK(fare[1] == 100.f);
  CHECK(fare[2] == 3.f);
}

TEST_CASE("A CSV column with any text is strings, empty where cells are") {
  Dict table = read("ticket\n315096\nCA. 2343\n\"\"\n");
  CHECK(texts(table["ticket"]) ==
        std::vector<std::string>{"315096", "CA. 2343", ""});
}

TEST_CASE("Quoted CSV cells hold separators, quotes and line ends") {
  Dict table = read(
      "name,x\r\n\"Sage, Miss. Constance\",1\r\n\"the "
      "\"\"Duke\"\"\nof\",2\r\n");
  CHECK(texts(table["name"]) ==
        std::vector<std::string>{"Sage, Miss. Constance", "the \"Duke\"\nof"});
  CHECK(table["x"].values<float>()[1] == 2.f);
}

TEST_CASE(
    "A byte order mark, empty lines and a missing last line end are no data") {
  Dict table = read("\xef\xbb\xbfx\n\n1\n\n2");
  CHECK(table.contains("x"));
  CHECK(table["x"].values<float>().size() == 2);
}

TEST_CASE("CSV columns keep the order of the file") {
  Dict table = read("b\ta\n1\t2\n", {.sep = "\t"});
  CHECK(table.begin()->first == "b");
  CHECK(table.size() == 2);
}

TEST_CASE("CSV numbers beyond float32 become infinite or zero, not text") {
  auto x = read("x\n1e400\n-1e400\n1e-400\n")["x"];
  CHECK(x.values<float>()[0] == INFINITY);
  CHECK(x.values<float>()[1] == -INFINITY);
  CHECK(x.values<float>()[2] == 0.f);
}

TEST_CASE("A CSV row of the wrong length is data loss that names the line") {
  try {
    read("a,b\n1,2\n3\n");
    FAIL("no error");
  } catch (const DataLossError& error) {
    std::string text = error.what();
    CHECK(text.find("line 3: 1 cells, but there are 2 columns") !=
          std::string::npos);
  }
}

TEST_CASE("Bad CSV files give typed errors") {
  CHECK_THROWS_AS(io::read_csv("/no/such/file.csv"), NotFoundError);
  CHECK_THROWS_AS(read(""), DataLossError);
  CHECK_THROWS_AS(read("a\n\"open\n"), DataLossError);
  CHECK_THROWS_AS(read("a\n\"shut\"x\n"), DataLossError);
  CHECK_THROWS_AS(read("a,a\n1,2\n"), InvalidArgumentError);
  CHECK_THROWS_AS(read("a\n1\n", {.sep = ""}), InvalidArgumentError);
}

}  // namespace
}  // namespace tern
