#include "kernels/cpu/plain/rnn/arguments.h"

#include <algorithm>

#include "kernels/cpu/elementwise.h"
#include "kernels/cpu/gemm.h"
#include "tern/core/float_types.h"

namespace tern {
namespace {

const Tensor& input_of(const KernelContext& context, std::string_view name) {
  return context.input(context.op().input_index(name));
}

}  // namespace

FloatInput::FloatInput(const KernelContext& context, std::string_view name) {
  const Tensor& tensor = input_of(context, name);
  if (tensor.dtype() == float32) {
    data_ = static_cast<const float*>(tensor.raw_data());
    return;
  }
  const auto* half = static_cast<const Half*>(tensor.raw_data());
  converted_ = float_buffer(tensor.num_elements());
  std::copy_n(half, tensor.num_elements(), converted_.get());
  data_ = converted_.get();
}

FloatOutput::FloatOutput(KernelContext& context, int index)
    : tensor_(context.output(index)) {
  const std::int64_t size = tensor_.num_elements();
  if (tensor_.dtype() == float32) {
    data_ = tensor_.data<float>();
  } else {
    buffer_ = float_buffer(size);
    data_ = buffer_.get();
  }
  std::fill_n(data_, size, 0.0f);
}

FloatOutput::~FloatOutput() {
  if (!buffer_) return;
  std::transform(data_,
                 data_ + tensor_.num_elements(),
                 tensor_.data<Half>(),
                 [](float value) { return Half(value); });
}

const Shape& shape_of(const KernelContext& context, std::string_view input) {
  return input_of(context, input).shape();
}

void check_dimensions(const KernelContext& context,
                      std::initializer_list<DimensionCheck> checks) {
  for (const DimensionCheck& check : checks) {
    const std::int64_t found = shape_of(context, check.input)[check.axis];
    if (found != check.wanted)
      throw InvalidArgumentError(
          check.text, ": ", found, " vs. ", check.wanted);
  }
}

std::int64_t rows_per_piece(std::int64_t row) {
  return 1 + kernels::kCostlyGrain / std::max<std::int64_t>(1, row);
}

void multiply(std::int64_t m,
              std::int64_t n,
              std::int64_t k,
              const float* a,
              const float* b,
              float* c) {
  kernels::gemm().f32({.m = m, .n = n, .k = k}, a, b, c);
}

void multiply_by_transpose(std::int64_t m,
                           std::int64_t n,
                           std::int64_t k,
                           const float* a,
                           const float* b,
                           float* c) {
  kernels::gemm().f32({.m = m, .n = n, .k = k, .flip_b = true}, a, b, c);
}

void multiply_transpose(std::int64_t m,
                        std::int64_t n,
                        std::int64_t k,
                        const float* a,
                        const float* b,
                        float* c) {
  kernels::gemm().f32({.m = m, .n = n, .k = k, .flip_a = true}, a, b, c);
}

}  // namespace tern
