#include <catch2/catch.hpp>
#include <cstring>

#include "ops/apply.h"
#include "ops/harness/results.h"
#include "ops/harness/samples.h"
#include "ops/infer_context.h"
#include "ops/kernel.h"
#include "tern/core/buffer.h"
#include "tern/core/error.h"

// Programs let the result of an elementwise op take the place of an operand
// that nobody reads afterwards (src/graph/program/layout_plan.cc).

namespace tern {
namespace {

class KernelCall {
 public:
  KernelCall(const OpDef& op, const Kernel& kernel, harness::Call call)
      : op_(op),
        kernel_(kernel),
        inputs_(std::move(call.inputs)),
        attrs_(CallSignature::complete(op, inputs_, call.attrs)) {
    InferContext rule(op, inputs_, attrs_);
    op.infer(rule);
    shapes_.assign(rule.outputs().begin(), rule.outputs().end());
    types_ = CallSignature::output_types(op, attrs_);
  }

  std::size_t num_outputs() const { return types_.size(); }
  const Tensors& inputs() const { return inputs_; }
  bool fits(std::size_t input, std::size_t output) const {
    const Tensor& x = inputs_[input];
    return !x.dtype().is_object() && x.num_elements() > 0 &&
           x.dtype().size() == types_[output].size() &&
           x.num_elements() == shapes_[output].num_elements();
  }
  bool is_served() {
    Tensors outputs = fresh_outputs();
    KernelContext context(op_, attrs_, inputs_, outputs, shapes_, nullptr);
    return !kernel_.supports || kernel_.supports(context);
  }

  /// Output `output` takes the place of an input where that is not -1.
  Tensors run(int input, std::size_t output) {
    Tensors outputs = fresh_outputs(), inputs = inputs_;
    if (input >= 0) {
      Tensor& taken = inputs[static_cast<std::size_t>(input)];
      Buffer* buffer =
          Buffer::allocate(uint8, static_cast<std::int64_t>(taken.num_bytes()));
      std::memcpy(buffer->data(), taken.raw_data(), taken.num_bytes());
      taken = Tensor::from_buffer(
          taken.dtype(), taken.shape(), buffer, buffer->data());
      buffer->retain();  // for both tensors
      outputs[output] = Tensor::from_buffer(
          types_[output], shapes_[output], buffer, buffer->data());
    }
    KernelContext context(op_, attrs_, inputs, outputs, shapes_, nullptr);
    kernel_.function(context);
    return outputs;
  }

 private:
  Tensors fresh_outputs() const {
    Tensors outputs;
    for (std::size_t k = 0; k < types_.size(); ++k)
      outputs.push_back(Tensor::allocate(types_[k], shapes_[k]));
    return outputs;
  }

  const OpDef& op_;
  const Kernel& kernel_;
  Tensors inputs_;
  Attrs attrs_;
  std::vector<Shape> shapes_;
  std::vector<DType> types_;
};

int check_in_place(const OpDef& op,
                   const Kernel& kernel,
                   const harness::Sample& sample) {
  harness::TypeChoice types;
  for (std::size_t k = 0; k < kernel.types.size(); ++k)
    if (kernel.types[k].code != 0)
      types[op.attrs[static_cast<std::size_t>(op.key_attrs[k])].name] =
          kernel.types[k];
  KernelCall call(op, kernel, sample.call(op, types));
  int checked = 0;
  if (!call.is_served()) return checked;
  Tensors wanted = call.run(-1, 0);
  for (std::size_t k = 0; k < call.num_outputs(); ++k)
    for (std::size_t i = 0; i < call.inputs().size(); ++i) {
      if (!call.fits(i, k)) continue;
      Tensors got = call.run(static_cast<int>(i), k);
      INFO("output " << k << " in the place of input " << i);
      for (std::size_t other = 0; other < wanted.size(); ++other)
        CHECK(harness::same_bits(got[other], wanted[other]));
      ++checked;
    }
  return checked;
}

TEST_CASE("An elementwise kernel may write its result over an operand") {
  int checked = 0;
  for (const auto& [name, samples] : all_samples().all()) {
    const OpDef& op = OpRegistry::global().get(name);
    if (!op.has(kElementwise) || op.is_stateful() ||
        output_mode(op, 0) != OutputMode::kAllocated)
      continue;
    for (const harness::Sample& sample : samples.list()) {
      if (sample.has(harness::kNotRunnable) ||
          sample.has(harness::kRandomResult))
        continue;
      for (const Kernel& kernel : op.kernels->kernels) {
        INFO(name << ", " << kernel.label);
        try {
          checked += check_in_place(op, kernel, sample);
        } catch (const InvalidArgumentError&) {
          // Dtypes, or integers, that are not for this kernel.
        }
      }
    }
  }
  CHECK(checked > 2000);
}

}  // namespace
}  // namespace tern
