// partition.cc: rows dealt out to several tensors and put together again;
// differences of lists; sequences turned round.

#include <algorithm>
#include <cstring>
#include <unordered_set>

#include "kernels/cpu/plain/array/index_reader.h"
#include "kernels/cpu/plain/array/row_copy.h"
#include "kernels/cpu/plain/math/element_types.h"
#include "ops/kernel.h"
#include "tern/core/error.h"

namespace tern {
namespace {

std::int64_t row_size(const Tensor& data, int leading) {
  std::int64_t size = 1;
  for (std::int64_t dim : data.shape().slice(leading)) size *= dim;
  return size;
}

void dynamic_partition(KernelContext& c) {
  const Tensor &data = c.input(0), &partitions = c.input(1);
  auto part = c.in<std::int32_t>(1);
  std::vector<std::int64_t> counts(static_cast<std::size_t>(c.num_outputs()));
  for (std::size_t i = 0; i < part.size(); ++i) {
    if (part[i] < 0 || part[i] >= c.num_outputs())
      throw InvalidArgumentError(
          "partitions",
          index_text(static_cast<std::int64_t>(i), partitions.shape()),
          " = ",
          part[i],
          " is not in [0, ",
          c.num_outputs(),
          ")");
    ++counts[static_cast<std::size_t>(part[i])];
  }
  int leading = partitions.shape().rank();
  Shape rest = data.shape().slice(leading);
  std::vector<void*> to;
  for (int i = 0; i < c.num_outputs(); ++i)
    to.push_back(
        c.allocate_output(
             i, Shape({counts[static_cast<std::size_t>(i)]}).concatenate(rest))
            .mutable_data());
  RowCopier copy(data.dtype(), row_size(data, leading));
  std::vector<std::int64_t> next(counts.size(), 0);
  for (std::size_t i = 0; i < part.size(); ++i) {
    auto p = static_cast<std::size_t>(part[i]);
    copy(data.raw_data(), static_cast<std::int64_t>(i), to[p], next[p]++);
  }
}

/// Where an index comes twice, the later row stays.
void dynamic_stitch(KernelContext& c) {
  int count = c.num_inputs() / 2;
  std::int64_t rows = 0;
  for (int i = 0; i < count; ++i)
    for (std::int32_t index : c.in<std::int32_t>(i)) {
      if (index < 0)
        throw InvalidArgumentError(
            "indices[", i, "] holds ", index, ", which is less than 0");
      rows = std::max<std::int64_t>(rows, index + std::int64_t{1});
    }
  const Tensor& first = c.input(count);
  int leading = c.input(0).shape().rank();
  Tensor& out = c.allocate_output(
      0, Shape({rows}).concatenate(first.shape().slice(leading)));
  RowCopier copy(out.dtype(), row_size(first, leading));
  for (std::int64_t row = 0; row < rows; ++row)
    copy.clear(out.mutable_data(), row);
  for (int i = 0; i < count; ++i) {
    auto indices = c.in<std::int32_t>(i);
    for (std::size_t k = 0; k < indices.size(); ++k)
      copy(c.input(count + i).raw_data(),
           static_cast<std::int64_t>(k),
           out.mutable_data(),
           indices[k]);
  }
}

/// What tells elements apart: narrow floats by their value.
template <class T>
auto key_of(const T& element) {
  if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, std::string>)
    return element;
  else
    return static_cast<float>(element);
}

template <class T>
void list_diff(KernelContext& c) {
  auto x = c.in<T>(0);
  std::unordered_set<decltype(key_of(T()))> seen;
  for (const T& element : c.in<T>(1)) seen.insert(key_of(element));
  std::vector<std::int64_t> places;
  for (std::size_t i = 0; i < x.size(); ++i)
    if (!seen.contains(key_of(x[i])))
      places.push_back(static_cast<std::int64_t>(i));
  Shape shape({static_cast<std::int64_t>(places.size())});
  T* out = c.allocate_output(0, shape).template data<T>();
  Tensor& index = c.allocate_output(1, shape);
  for (std::size_t i = 0; i < places.size(); ++i) {
    out[i] = x[static_cast<std::size_t>(places[i])];
    if (index.dtype() == int64)
      index.data<std::int64_t>()[i] = places[i];
    else
      index.data<std::int32_t>()[i] = static_cast<std::int32_t>(places[i]);
  }
}

void reverse_sequence(KernelContext& c) {
  const Tensor& input = c.input(0);
  const Shape& shape = input.shape();
  auto batch = static_cast<int>(c.attr<std::int64_t>("batch_dim"));
  auto sequence = static_cast<int>(c.attr<std::int64_t>("seq_dim"));
  IndexReader length(c.input(1));
  for (std::int64_t i = 0; i < c.input(1).num_elements(); ++i) {
    if (length[i] < 0) throw InvalidArgumentError("seq_lengths(", i, ") < 0");
    if (length[i] > shape[sequence])
      throw InvalidArgumentError(
          "seq_lengths(", i, ") > input.dims(", sequence, ")");
  }
  // [before, first of the two, between, second, after]
  int first = std::min(batch, sequence), second = std::max(batch, sequence);
  auto product = [](const Shape& dims) {
    std::int64_t size = 1;
    for (std::int64_t dim : dims) size *= dim;
    return size;
  };
  std::int64_t before = product(shape.slice(0, first));
  std::int64_t between = product(shape.slice(first + 1, second));
  std::int64_t rows = shape[second];
  RowCopier copy(input.dtype(), product(shape.slice(second + 1)));
  std::int64_t row = 0;
  auto turned = [](std::int64_t i, std::int64_t n) {
    return i < n ? n - 1 - i : i;
  };
  for (std::int64_t b = 0; b < before; ++b)
    for (std::int64_t i = 0; i < shape[first]; ++i)
      for (std::int64_t m = 0; m < between; ++m)
        for (std::int64_t k = 0; k < rows; ++k, ++row) {
          std::int64_t from_i = i, from_k = k;
          if (batch == first)
            from_k = turned(k, length[i]);
          else
            from_i = turned(i, length[k]);
          std::int64_t from =
              ((b * shape[first] + from_i) * between + m) * rows + from_k;
          copy(input.raw_data(), from, c.output().mutable_data(), row);
        }
}

}  // namespace

void register_partition_kernels(KernelRegistry& registry) {
  registry.add("DynamicPartition", {}, dynamic_partition);
  for (const char* op : {"DynamicStitch", "ParallelDynamicStitch"})
    registry.add(op, {}, dynamic_stitch);
  registry.add("ReverseSequence", {}, reverse_sequence);
  for_each_real_type([&]<class T>(TypeTag<T>) {
    registry.add("ListDiff", {{"T", dtype_of<T>}}, list_diff<T>);
  });
  registry.add("ListDiff", {{"T", string}}, list_diff<std::string>);
}

}  // namespace tern
