// Kernels that serve the same calls agree: see harness/contract.h.
#include <catch2/catch.hpp>

#include "ops/harness/contract.h"

namespace tern::harness {
namespace {

TEST_CASE("Alternative kernels and instruction sets agree") {
  add_kernels_of_all_isas();
  for (const auto& [name, op_samples] : all_samples().all()) {
    const OpDef& op = OpRegistry::global().get(name);
    int number = 0;
    for (const Sample& sample : op_samples.list())
      for (const std::string& failure :
           check_alternatives(op, sample, number++))
        FAIL_CHECK(failure);
  }
}

}  // namespace
}  // namespace tern::harness
