// index_arithmetic.cc: kernels that compute with shapes and permutations.

#include <algorithm>
#include <limits>

#include "ops/kernel.h"
#include "tern/core/error.h"

namespace tern {
namespace {

template <class T>
void invert_permutation(KernelContext& c) {
  const auto x = c.in<T>(0);
  const auto y = c.out<T>();
  const auto size = static_cast<T>(x.size());
  std::fill(y.begin(), y.end(), T(-1));
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (x[i] < 0 || x[i] >= size)
      throw InvalidArgumentError(x[i], " is not between 0 and ", size);
    T& place = y[static_cast<std::size_t>(x[i])];
    if (place != -1)
      throw InvalidArgumentError(x[i], " is duplicated in the input.");
    place = static_cast<T>(i);
  }
}

/// Where each of the concatenated tensors begins: zeros but along the axis.
template <class T>
void concat_offset(KernelContext& c) {
  const auto first = c.in<T>(1);
  const auto rank = static_cast<std::int64_t>(first.size());
  const std::int64_t given = c.host_int(0);
  const std::int64_t axis = given < 0 ? given + rank : given;
  if (axis < 0 || axis >= rank)
    throw InvalidArgumentError(
        "Concat dim is out of range: ", given, " vs. ", rank);
  T offset = 0;
  for (int i = 0; i < c.num_outputs(); ++i) {
    const auto shape = c.in<T>(i + 1);
    if (static_cast<std::int64_t>(shape.size()) != rank)
      throw InvalidArgumentError("input ",
                                 i,
                                 " should contain ",
                                 rank,
                                 " elements, but got ",
                                 shape.size());
    const auto out = c.out<T>(i);
    for (std::size_t d = 0; d < shape.size(); ++d) {
      const bool is_axis = static_cast<std::int64_t>(d) == axis;
      if (!is_axis && shape[d] != first[d])
        throw InvalidArgumentError("All dimensions except ",
                                   axis,
                                   " must match. Input ",
                                   i,
                                   " has ",
                                   shape[d],
                                   " in dimension ",
                                   d,
                                   ", input 0 has ",
                                   first[d]);
      out[d] = is_axis ? offset : T(0);
    }
    offset = static_cast<T>(offset + shape[static_cast<std::size_t>(axis)]);
  }
}

template <class T>
void broadcast_args(KernelContext& c) {
  const auto a = c.in<T>(0);
  const auto b = c.in<T>(1);
  const auto out = c.out<T>();
  auto from_end = [](std::span<const T> shape, std::size_t i) {
    return i <= shape.size() ? shape[shape.size() - i] : T(1);
  };
  for (std::size_t i = 1; i <= out.size(); ++i) {
    const T x = from_end(a, i);
    const T y = from_end(b, i);
    out[out.size() - i] = x == 1 ? y : x;
  }
}

template <class T>
void add_all(KernelRegistry& registry, DType dtype) {
  registry.add("InvertPermutation", {{"T", dtype}}, invert_permutation<T>);
  registry.add("ConcatOffset", {{"shape_type", dtype}}, concat_offset<T>);
  registry.add("BroadcastArgs", {{"T", dtype}}, broadcast_args<T>);
}

}  // namespace

void register_index_arithmetic_kernels(KernelRegistry& registry) {
  add_all<std::int32_t>(registry, int32);
  add_all<std::int64_t>(registry, int64);
}

}  // namespace tern
