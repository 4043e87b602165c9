// selection.cc: kernels that find elements by their values.

#include <algorithm>
#include <string_view>
#include <unordered_map>

#include "kernels/cpu/plain/array/row_copy.h"
#include "kernels/cpu/plain/array/strided_copy.h"
#include "kernels/cpu/plain/math/element_types.h"
#include "ops/kernel.h"
#include "tern/core/error.h"

namespace tern {
namespace {

template <class T>
void where(KernelContext& c) {
  const auto in = c.in<T>(0);
  const Shape& shape = c.input(0).shape();
  const T zero{};
  std::int64_t count = 0;
  for (const T& value : in) count += value != zero;
  Tensor& out = c.allocate_output(0, Shape{count, shape.rank()});
  auto* row = out.data<std::int64_t>();
  for (std::size_t i = 0; i < in.size(); ++i) {
    if (in[i] == zero) continue;
    auto rest = static_cast<std::int64_t>(i);
    for (int d = shape.rank() - 1; d >= 0; --d) {
      row[d] = rest % shape[d];
      rest /= shape[d];
    }
    row += shape.rank();
  }
}

/// Elements hash and compare as values: -0 is 0, and no NaN is another.
template <class T>
struct ElementKey {
  /// Of 16 bits each: TensorFlow's hash tells -0 from 0, as it does not for
  /// wider floats.
  static constexpr bool kNarrow =
      std::is_same_v<T, Half> || std::is_same_v<T, BFloat16>;

  static std::size_t hash(const T& value) {
    if constexpr (kNarrow)
      return value.bits;
    else
      return std::hash<T>()(value);
  }
  static bool equal(const T& a, const T& b) {
    if constexpr (kNarrow)
      return a.bits == b.bits && a == b;
    else
      return a == b;
  }
};

/// Slice i of [before, size, after] along the middle axis.
template <class T>
struct Slices {
  const T* data;
  std::int64_t before, size, after;

  template <class Visit>
  bool all(std::int64_t i, Visit visit) const {
    for (std::int64_t b = 0; b < before; ++b)
      for (std::int64_t a = 0; a < after; ++a)
        if (!visit((b * size + i) * after + a, (b * size) * after + a))
          return false;
    return true;
  }
  std::size_t hash(std::int64_t i) const {
    std::size_t result = 0;
    all(i, [&](std::int64_t at, std::int64_t) {
      result = result * 1000003 + ElementKey<T>::hash(data[at]);
      return true;
    });
    return result;
  }
  bool equal(std::int64_t i, std::int64_t j) const {
    return all(i, [&](std::int64_t at, std::int64_t start) {
      return ElementKey<T>::equal(data[at], data[start + j * after]);
    });
  }
};

/// The distinct slices: which slice stands for each, and for each slice the
/// number of the one it equals.
struct Distinct {
  std::vector<std::int64_t> representatives;
  std::vector<std::int64_t> number;
};

template <class T>
Distinct find_distinct(const Slices<T>& slices) {
  Distinct result;
  std::unordered_multimap<std::size_t, std::int64_t> seen;
  for (std::int64_t i = 0; i < slices.size; ++i) {
    const std::size_t hash = slices.hash(i);
    auto [at, end] = seen.equal_range(hash);
    while (at != end &&
           !slices.equal(
               i, result.representatives[static_cast<std::size_t>(at->second)]))
      ++at;
    if (at != end) {
      result.number.push_back(at->second);
      continue;
    }
    const auto number =
        static_cast<std::int64_t>(result.representatives.size());
    seen.emplace(hash, number);
    result.representatives.push_back(i);
    result.number.push_back(number);
  }
  return result;
}

/// A vector of elements needs no walk through slices.
template <class T>
Distinct find_distinct_elements(std::span<const T> x) {
  struct Hash {
    std::size_t operator()(const T* value) const {
      return ElementKey<T>::hash(*value);
    }
  };
  struct Equal {
    bool operator()(const T* a, const T* b) const {
      return ElementKey<T>::equal(*a, *b);
    }
  };
  Distinct result;
  result.number.reserve(x.size());
  std::unordered_map<const T*, std::int64_t, Hash, Equal> seen;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const auto next = static_cast<std::int64_t>(result.representatives.size());
    const auto [at, is_new] = seen.emplace(&x[i], next);
    if (is_new) result.representatives.push_back(static_cast<std::int64_t>(i));
    result.number.push_back(at->second);
  }
  return result;
}

template <class I>
void write_numbers(KernelContext& c, const Distinct& distinct) {
  I* idx = c.output(1).data<I>();
  for (std::size_t i = 0; i < distinct.number.size(); ++i)
    idx[i] = static_cast<I>(distinct.number[i]);
  if (c.num_outputs() < 3) return;
  const auto count = static_cast<std::int64_t>(distinct.representatives.size());
  I* counts = c.allocate_output(2, Shape{count}).data<I>();
  std::fill_n(counts, count, I(0));
  for (std::int64_t number : distinct.number) ++counts[number];
}

template <class T>
void unique(KernelContext& c) {
  const Tensor& x = c.input(0);
  int axis = 0;
  if (c.num_inputs() == 2 && c.input(1).num_elements() == 1) {
    axis = static_cast<int>(c.host_int(1));
    if (axis < 0) axis += x.shape().rank();
  }
  Slices<T> slices{x.data<T>(), 1, x.shape()[axis], 1};
  for (int i = 0; i < axis; ++i) slices.before *= x.shape()[i];
  for (int i = axis + 1; i < x.shape().rank(); ++i)
    slices.after *= x.shape()[i];
  const Distinct distinct = x.shape().rank() == 1
                                ? find_distinct_elements<T>(c.in<T>(0))
                                : find_distinct(slices);

  Shape shape = x.shape();
  shape.set_dim(axis,
                static_cast<std::int64_t>(distinct.representatives.size()));
  Tensor& y = c.allocate_output(0, shape);
  const RowCopier copy(x.dtype(), slices.after);
  std::int64_t row = 0;
  for (std::int64_t b = 0; b < slices.before && slices.after > 0; ++b)
    for (std::int64_t i : distinct.representatives)
      copy(x.raw_data(), b * slices.size + i, y.mutable_data(), row++);
  if (c.output(1).dtype() == int64)
    write_numbers<std::int64_t>(c, distinct);
  else
    write_numbers<std::int32_t>(c, distinct);
}

template <class T>
void add_unique(KernelRegistry& registry) {
  for (const char* op :
       {"Unique", "UniqueV2", "UniqueWithCounts", "UniqueWithCountsV2"})
    registry.add(op, {{"T", dtype_of<T>}}, unique<T>);
}

}  // namespace

void register_selection_kernels(KernelRegistry& registry) {
  for_each_number_type([&]<class T>(TypeTag<T>) {
    registry.add("Where", {{"T", dtype_of<T>}}, where<T>);
  });
  registry.add("Where", {{"T", bool_}}, where<bool>);
  for_each_real_type([&]<class T>(TypeTag<T>) { add_unique<T>(registry); });
  add_unique<bool>(registry);
  add_unique<std::string>(registry);
}

}  // namespace tern
