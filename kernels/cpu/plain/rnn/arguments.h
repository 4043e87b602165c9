#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string_view>

#include "ops/kernel.h"
#include "tern/core/error.h"

namespace tern {

/// Uninitialised floats.
inline std::unique_ptr<float[]> float_buffer(std::int64_t size) {
  return std::make_unique_for_overwrite<float[]>(
      static_cast<std::size_t>(size));
}

/// The elements of an input as float: half is for storage.
class FloatInput {
 public:
  FloatInput(const KernelContext& context, std::string_view name);
  operator const float*() const { return data_; }

 private:
  std::unique_ptr<float[]> converted_;
  const float* data_;
};

/// Output `index` as float, at first 0; it gets its elements when this goes.
class FloatOutput {
 public:
  FloatOutput(KernelContext& context, int index);
  ~FloatOutput();
  FloatOutput(const FloatOutput&) = delete;
  FloatOutput& operator=(const FloatOutput&) = delete;
  operator float*() { return data_; }

 private:
  Tensor& tensor_;
  std::unique_ptr<float[]> buffer_;
  float* data_;
};

const Shape& shape_of(const KernelContext& context, std::string_view input);

/// `wanted` is what `axis` of an input must have; `text` says so.
struct DimensionCheck {
  std::string_view input;
  int axis;
  std::int64_t wanted;
  std::string_view text;
};
/// Throws InvalidArgumentError "text: found vs. wanted".
void check_dimensions(const KernelContext& context,
                      std::initializer_list<DimensionCheck> checks);

/// message(input, found) tells that an input has another rank.
template <class Message>
void check_ranks(const KernelContext& context,
                 std::initializer_list<std::string_view> inputs,
                 int rank,
                 Message message) {
  for (std::string_view input : inputs) {
    const int found = shape_of(context, input).rank();
    if (found != rank) throw InvalidArgumentError(message(input, found));
  }
}

/// Rows of a batch worth a thread, where a row has this many elements that
/// each cost a few exponentials.
std::int64_t rows_per_piece(std::int64_t row);

/// C = A·B, [m, k] by [k, n]; all are contiguous.
void multiply(std::int64_t m,
              std::int64_t n,
              std::int64_t k,
              const float* a,
              const float* b,
              float* c);
/// C = A·Bᵀ with B [n, k].
void multiply_by_transpose(std::int64_t m,
                           std::int64_t n,
                           std::int64_t k,
                           const float* a,
                           const float* b,
                           float* c);
/// C = Aᵀ·B with A [k, m].
void multiply_transpose(std::int64_t m,
                        std::int64_t n,
                        std::int64_t k,
                        const float* a,
                        const float* b,
                        float* c);

}  // namespace tern
