// Every op keeps the contract: see harness/contract.h.
#include "ops/harness/contract.h"

#include <catch2/catch.hpp>

namespace tern::harness {
namespace {

/// The failures of one check over all samples.
void check_ops(Failures (*check)(const OpDef&, const Sample&, int)) {
  for (const auto& [name, op_samples] : all_samples().all()) {
    const OpDef& op = OpRegistry::global().get(name);
    int number = 0;
    for (const Sample& sample : op_samples.list()) {
      INFO(name << ", sample " << number);
      for (const std::string& failure : check(op, sample, number))
        FAIL_CHECK(failure);
      ++number;
    }
  }
}

TEST_CASE("Every registered op has samples") {
  for (const std::string& op :
       ops_without_samples(OpRegistry::global(), all_samples()))
    FAIL_CHECK(op << " has no samples");
}

TEST_CASE("Shape rules agree with results, however little they are told") {
  check_ops(check_shapes);
}

TEST_CASE("A traced call gives the bits of the eager one") {
  check_ops(check_traced);
}

TEST_CASE("Gradients agree with finite differences, second ones too") {
  check_ops(check_gradient);
}

TEST_CASE("Gradients through a graph have the bits of eager ones") {
  check_ops(check_traced_gradient);
}

TEST_CASE("Every dtype that TensorFlow's CPU kernels take has a kernel") {
  check_ops([](const OpDef& op, const Sample& sample, int number) {
    return check_dtypes(op, sample, number, tensorflow_claims(op.name));
  });
}

TEST_CASE("Ops of Tern's own equal the public ops that they stand for") {
  check_ops(check_decomposition);
}

TEST_CASE("Bad inputs are errors of the caller") {
  check_ops(check_bad_inputs);
}

TEST_CASE("No op touches device memory from the host") {
  check_ops(check_fake_device);
}

}  // namespace
}  // namespace tern::harness
