// The harness notices what is broken on purpose, and names it.
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <iostream>

#include "ops/grad_context.h"
#include "ops/harness/contract.h"
#include "ops/harness/fake_device.h"
#include "ops/infer_context.h"
#include "ops/kernel.h"

namespace tern::harness {
namespace {

using Catch::Matchers::Contains;

/// A copy of an op to break. Its kernels are its own, under a number that no
/// registered op has.
OpDef copy_of(std::string_view name) {
  OpDef op = OpRegistry::global().get(name);
  op.kernels = std::make_shared<KernelSet>(*op.kernels);
  static int number = 4000;
  op.id = number++;
  return op;
}

const Sample& sample_of(const OpDef& op) {
  return all_samples().find(op.name)->list().front();
}

std::string words_of(const Failures& failures) {
  std::string words;
  for (const std::string& failure : failures) words += failure + "\n";
  std::cout << words;
  return words;
}

TEST_CASE("The harness names an op whose gradient is wrong") {
  OpDef op = copy_of("Tanh");
  op.grad = [](GradContext& g) {
    g.set(0, raw<"SigmoidGrad">(g.output(0), g.dy(0)));
  };
  std::string words = words_of(check_gradient(op, sample_of(op), 0));
  CHECK_THAT(words,
             Contains("Tanh, sample 0, gradient: first derivative by "
                      "element 0 of input 0 is"));
  CHECK_THAT(words, Contains("differences give"));
  OpDef missing = copy_of("Mul");
  missing.grad = [](GradContext& g) { g.set(0, g.dy(0)); };
  CHECK_THAT(words_of(check_gradient(missing, sample_of(missing), 0)),
             Contains("of input 1 is none"));
}

TEST_CASE("The harness names an op whose gradient differs when traced") {
  OpDef op = copy_of("Tanh");
  op.grad = [](GradContext& g) {
    Tensor twice = raw<"AddV2">(g.dy(0), g.dy(0));
    g.set(0, g.dy(0).is_symbolic() ? twice : g.dy(0));
  };
  CHECK_THAT(words_of(check_traced_gradient(op, sample_of(op), 0)),
             Contains("Tanh, sample 0, gradient, traced: first derivative by "
                      "input 0 has not the bits of the eager one"));
}

TEST_CASE("The harness names an op whose shape rule is wrong") {
  OpDef op = copy_of("Tanh");
  op.infer = [](InferContext& c) {
    c.set_output(0, c.input(0).concatenate(Shape({1})));
  };
  CHECK_THAT(words_of(check_shapes(op, sample_of(op), 0)),
             Contains("Tanh, sample 0, shape rule") && Contains("(2, 3, 1)") &&
                 Contains("(2, 3)"));
  // Right where all is known, wrong where it is not.
  OpDef partial = copy_of("Transpose");
  partial.infer = [](InferContext& c) {
    if (c.input(0).is_fully_known())
      OpRegistry::global().get("Transpose").infer(c);
    else
      c.set_output(0, Shape({1, 1}));
  };
  CHECK_THAT(words_of(check_shapes(partial, sample_of(partial), 0)),
             Contains("Transpose, sample 0, shape rule: with unknown "
                      "dimensions, output 0 is said to be (1, 1)"));
}

TEST_CASE("The harness names a dtype that has no kernel") {
  OpDef op = copy_of("Tanh");
  std::erase_if(op.kernels->kernels, [](const Kernel& kernel) {
    return kernel.types[0] == float64;
  });
  CHECK_THAT(
      words_of(check_dtypes(op, sample_of(op), 0, {{"T", {float32, float64}}})),
      Contains("Tanh, sample 0, dtypes: T = float64 is claimed"));
  OpDef narrow = copy_of("Tanh");
  narrow.attrs[0].allowed_types = {float32};
  CHECK_THAT(words_of(check_dtypes(narrow, sample_of(narrow), 0, {})),
             Contains("which the signature excludes"));
}

TEST_CASE("The harness names an input that must live on the host") {
  OpDef op = copy_of("Transpose");
  op.inputs[1].host = false;
  CHECK_THAT(words_of(check_fake_device(op, sample_of(op), 0)),
             Contains("Transpose, sample 0, fake device") &&
                 Contains("declare it host"));
}

TEST_CASE("The harness names an op of Tern's own that is something else") {
  OpDef op = copy_of("_TernResourceApplyAdam");
  op.decompose = [](const Tensors& inputs, const Attrs&) {
    raw<"AssignSubVariableOp">(inputs[0], inputs[7]);
    return Tensors();
  };
  CHECK_THAT(words_of(check_decomposition(op, sample_of(op), 0)),
             Contains("_TernResourceApplyAdam, sample 0, decomposition: "
                      "result 0, float32 (2, 3), is ") &&
                 Contains("units in the last place from the kernel's"));
  op.decompose = nullptr;
  CHECK_THAT(words_of(check_decomposition(op, sample_of(op), 0)),
             Contains("decomposition: there is none"));
}

TEST_CASE("The harness names an op whose complex gradient is not conjugated") {
  OpDef op = copy_of("Square");
  op.grad = [](GradContext& g) {
    g.set(0, raw<"Mul">(g.dy(0), raw<"AddV2">(g.input(0), g.input(0))));
  };
  CHECK_THAT(words_of(check_gradient(op, sample_of(op), 0)),
             Contains("Square, sample 0, gradient: first derivative by element "
                      "0 of input 0 is"));
}

TEST_CASE("The harness names a list op whose gradient is wrong") {
  OpDef op = copy_of("TensorListSetItem");
  op.grad = [](GradContext& g) { g.set(0, g.dy(0)); };
  CHECK_THAT(words_of(check_gradient(op, sample_of(op), 0)),
             Contains("TensorListSetItem, sample 0, gradient: first "
                      "derivative by element 0 of input 3 is none"));
}

TEST_CASE("Reading device memory from host code ends the process") {
  Tensor there = Tensor(std::vector<float>{1, 2}).to(fake_device());
  CHECK(there.values<float>()[1] == 2);  // a copy
  pid_t child = fork();
  if (child == 0) {
    std::signal(SIGSEGV, SIG_DFL);
    _exit(*static_cast<const volatile float*>(there.raw_data()) == 1 ? 0 : 1);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFSIGNALED(status));
}

}  // namespace
}  // namespace tern::harness
