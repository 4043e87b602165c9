#include "tern/core/dtype.h"

#include <catch2/catch.hpp>
#include <sstream>

#include "tern/core/error.h"
#include "tern/core/resource.h"

namespace tern {
namespace {

TEST_CASE("dtypes have TensorFlow's numbers, names and sizes") {
  struct {
    int code;
    std::string_view name;
    std::size_t size;
  } const expected[] = {
      {1, "float32", 4},
      {2, "float64", 8},
      {3, "int32", 4},
      {4, "uint8", 1},
      {5, "int16", 2},
      {6, "int8", 1},
      {8, "complex64", 8},
      {9, "int64", 8},
      {10, "bool", 1},
      {11, "qint8", 1},
      {12, "quint8", 1},
      {13, "qint32", 4},
      {14, "bfloat16", 2},
      {15, "qint16", 2},
      {16, "quint16", 2},
      {17, "uint16", 2},
      {18, "complex128", 16},
      {19, "float16", 2},
      {22, "uint32", 4},
      {23, "uint64", 8},
      {24, "float8_e5m2", 1},
      {25, "float8_e4m3fn", 1},
      {26, "float8_e4m3fnuz", 1},
      {27, "float8_e4m3b11fnuz", 1},
      {28, "float8_e5m2fnuz", 1},
      {29, "int4", 1},
      {30, "uint4", 1},
      {31, "int2", 1},
      {32, "uint2", 1},
  };
  for (const auto& [code, name, size] : expected) {
    DType dtype{code};
    CHECK(dtype.name() == name);
    CHECK(dtype.size() == size);
    CHECK(DType::from_name(name) == dtype);
  }
  CHECK(string.name() == "string");
  CHECK(resource.name() == "resource");
  CHECK(variant.name() == "variant");
  CHECK(DType{}.size() == 0);
  CHECK_FALSE(DType::is_valid_code(0));
  CHECK_FALSE(DType::is_valid_code(101));  // DT_FLOAT_REF
}

TEST_CASE("dtypes are found by the names of TensorFlow's enum") {
  CHECK(DType::from_name("float") == float32);
  CHECK(DType::from_name("double") == float64);
  CHECK(DType::from_name("half") == float16);
  CHECK(DType::from_name("DT_FLOAT") == float32);
  CHECK(DType::from_name("DT_HALF") == float16);
  CHECK(DType::from_name("DT_INT64") == int64);
  CHECK(DType::from_name("DT_FLOAT8_E4M3FN") == float8_e4m3fn);
  CHECK_THROWS_AS(DType::from_name("float31"), InvalidArgumentError);
  CHECK_THROWS_AS(DType::from_name(""), InvalidArgumentError);
}

TEST_CASE("every dtype is of exactly one kind") {
  for (int code = 1; DType::is_valid_code(code); ++code) {
    DType d{code};
    CAPTURE(d.name());
    CHECK(d.is_floating() + d.is_complex() + d.is_integer() + d.is_quantized() +
              d.is_object() + (d == bool_) ==
          1);
  }
  CHECK(bfloat16.is_floating());
  CHECK(float8_e5m2.is_floating());
  CHECK(uint8.is_unsigned());
  CHECK_FALSE(int8.is_unsigned());
  CHECK_FALSE(qint8.is_integer());
  CHECK_FALSE(bool_.is_numeric());
  CHECK(complex64.is_numeric());
  CHECK(variant.is_object());
}

TEST_CASE("a dtype prints as Python's str") {
  std::ostringstream stream;
  stream << int32 << bool_;
  CHECK(stream.str() == "<dtype: 'int32'><dtype: 'bool'>");
}

}  // namespace
}  // namespace tern
