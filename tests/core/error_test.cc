#include "tern/core/error.h"

#include <catch2/catch.hpp>
#include <memory>

namespace tern {
namespace {

TEST_CASE("an error has a class, a code and a message made of its parts") {
  try {
    throw InvalidArgumentError("axis ", 3, " of rank ", 2);
  } catch (const Error& error) {
    CHECK(error.code() == Code::kInvalidArgument);
    CHECK(std::string(error.what()) == "axis 3 of rank 2");
  }
  CHECK(code_name(Code::kResourceExhausted) == "ResourceExhausted");
}

TEST_CASE("context goes before the message and survives a rethrow") {
  try {
    try {
      throw NotFoundError("no such file");
    } catch (Error& error) {
      error.add_context("titanic.csv");
      error.rethrow();
    }
  } catch (const NotFoundError& error) {
    CHECK(std::string(error.what()) == "titanic.csv: no such file");
  }
}

TEST_CASE("every code throws its own class") {
  for (int code = 1; code <= 15; ++code) {
    try {
      throw_error(static_cast<Code>(code), "text");
    } catch (const Error& error) {
      CHECK(error.code() == static_cast<Code>(code));
      CHECK(typeid(error) != typeid(Error));
    }
  }
  CHECK_THROWS_AS(throw_error(Code::kDataLoss, ""), DataLossError);
}

}  // namespace
}  // namespace tern
