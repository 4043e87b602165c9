#include "keras/training/batches.h"

#include <cmath>
#include <numeric>
#include <random>

#include "keras/random_state.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"

namespace tern::keras {
namespace {

constexpr std::int64_t kDefaultBatchSize = 32;

Nest firm(const Nest& nest) {
  return nest.map([](const Tensor& tensor) {
    return tensor.is_weak() ? tensor.as_dtype(tensor.dtype()) : tensor;
  });
}

/// "'x' sizes: 6, 6", and whether they are all `count`.
bool sizes_agree(const char* part,
                 const Nest& nest,
                 std::int64_t& count,
                 std::string& text) {
  bool agree = true;
  Tensors flat = nest.flatten();
  if (flat.empty()) return true;
  text += std::string("'") + part + "' sizes: ";
  const char* separator = "";
  for (const Tensor& tensor : flat) {
    if (tensor.shape().rank() < 1)
      throw InvalidArgumentError(
          "'",
          part,
          "' must have a first dimension that counts examples, got "
          "a tensor of shape ",
          tensor.shape());
    std::int64_t size = tensor.shape()[0];
    if (count < 0) count = size;
    agree = agree && size == count;
    text += separator + std::to_string(size);
    separator = ", ";
  }
  text += '\n';
  return agree;
}

Nest rows(const Nest& nest, std::int64_t begin, std::int64_t end) {
  return nest.map(
      [&](const Tensor& tensor) { return tensor.rows(begin, end); });
}

}  // namespace

Batches::Batches(Examples examples, std::optional<std::int64_t> batch_size)
    : batch_size_(batch_size.value_or(kDefaultBatchSize)) {
  if (batch_size_ <= 0)
    throw InvalidArgumentError("batch_size must be positive, got ",
                               batch_size_);
  examples_ = {
      firm(examples.x), firm(examples.y), firm(examples.sample_weight)};
  std::int64_t count = -1;
  std::string sizes;
  bool agree = sizes_agree("x", examples_.x, count, sizes);
  agree &= sizes_agree("y", examples_.y, count, sizes);
  agree &= sizes_agree("sample_weight", examples_.sample_weight, count, sizes);
  if (!agree)
    throw InvalidArgumentError(
        "Data cardinality is ambiguous. Make sure all arrays contain the same "
        "number of samples.",
        sizes);
  if (count <= 0)
    throw InvalidArgumentError("there are no examples: ",
                               sizes.empty() ? "no tensor was given" : sizes);
  count_ = count;
}

Nest Batches::at(std::int64_t i) const {
  std::int64_t begin = i * batch_size_;
  std::int64_t end = std::min(count_, begin + batch_size_);
  auto part = [&](const Nest& nest) {
    if (!order_.defined()) return rows(nest, begin, end);
    Tensor indices = order_.rows(begin, end);
    return nest.map(
        [&](const Tensor& tensor) { return gather(tensor, indices); });
  };
  return Nest::list(
      {part(examples_.x), part(examples_.y), part(examples_.sample_weight)});
}

void Batches::shuffle() {
  std::vector<std::int64_t> order(static_cast<std::size_t>(count_));
  std::iota(order.begin(), order.end(), 0);
  std::mt19937_64 generator(static_cast<std::uint64_t>(next_default_seed()));
  // Spelled out (Fisher & Yates): std::shuffle differs between libraries.
  for (std::size_t i = order.size(); i > 1; --i)
    std::swap(order[i - 1], order[generator() % i]);
  order_ = Tensor(order);
}

Examples Batches::split_off(double share) {
  if (!(share > 0 && share < 1))
    throw InvalidArgumentError("validation_split must be between 0 and 1, got ",
                               share);
  auto kept = static_cast<std::int64_t>(
      std::floor(static_cast<double>(count_) * (1 - share)));
  if (kept == 0 || kept == count_)
    throw InvalidArgumentError(
        "Training data contains ",
        count_,
        " samples, which is not sufficient to split it into a validation and "
        "training set as specified by `validation_split=",
        share,
        "`. Either provide more data, or a different value.");
  Examples rest(rows(examples_.x, kept, count_),
                rows(examples_.y, kept, count_),
                rows(examples_.sample_weight, kept, count_));
  examples_ = {rows(examples_.x, 0, kept),
               rows(examples_.y, 0, kept),
               rows(examples_.sample_weight, 0, kept)};
  count_ = kept;
  return rest;
}

}  // namespace tern::keras
