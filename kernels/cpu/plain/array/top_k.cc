// top_k.cc: the k largest elements of each row, in falling order; all of them
// is how TensorFlow sorts.

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "kernels/cpu/plain/math/element_types.h"
#include "ops/kernel.h"
#include "tern/core/parallel.h"

namespace tern {
namespace {

__extension__ typedef unsigned __int128 Uint128;

/// A number's place in falling order, as bits: equal numbers (0 and -0, too)
/// share one, NaN comes last.
template <class T>
std::uint64_t place_of(T value) {
  if constexpr (std::is_integral_v<T>) {
    return std::is_signed_v<T>
               ? static_cast<std::uint64_t>(std::numeric_limits<T>::max()) -
                     static_cast<std::uint64_t>(value)
               : static_cast<std::uint64_t>(std::numeric_limits<T>::max() -
                                            value);
  } else if constexpr (sizeof(T) == 8) {
    constexpr std::uint64_t kSign = std::uint64_t{1} << 63;
    if (std::isnan(value)) return ~std::uint64_t{0};
    const auto bits = std::bit_cast<std::uint64_t>(value + 0.0);
    return bits & kSign ? bits : ~(bits | kSign);
  } else {
    constexpr std::uint32_t kSign = std::uint32_t{1} << 31;
    const auto number = static_cast<float>(value);
    if (std::isnan(number)) return ~std::uint32_t{0};
    const auto bits = std::bit_cast<std::uint32_t>(number + 0.0f);
    return bits & kSign ? bits : ~(bits | kSign);
  }
}

/// What rows are ordered by: the place above, the column below.
template <class T>
using Entry = std::conditional_t<sizeof(T) == 8, Uint128, std::uint64_t>;
template <class E>
constexpr int kPlaceShift = static_cast<int>(sizeof(E)) * 4;

template <class E>
std::int64_t column_of(E entry) {
  return static_cast<std::int64_t>(entry & ((E{1} << kPlaceShift<E>)-1));
}

/// Orders by the places alone, byte by byte from the last; entries of one
/// place keep their order.
void radix_sort(std::vector<std::uint64_t>& entries) {
  constexpr int kBits = 8, kBuckets = 1 << kBits;
  std::vector<std::uint64_t> other(entries.size());
  for (int shift = 32; shift < 64; shift += kBits) {
    std::array<std::size_t, kBuckets> begin{};
    for (std::uint64_t entry : entries) ++begin[(entry >> shift) % kBuckets];
    if (std::count(begin.begin(), begin.end(), entries.size()) == 1) continue;
    std::exclusive_scan(
        begin.begin(), begin.end(), begin.begin(), std::size_t{0});
    for (std::uint64_t entry : entries)
      other[begin[(entry >> shift) % kBuckets]++] = entry;
    entries.swap(other);
  }
}

/// The entries of a row, the first k in order and before the others.
template <class T>
class Row {
 public:
  using E = Entry<T>;

  Row(std::int64_t columns, std::int64_t k) : columns_(columns), k_(k) {}

  const std::vector<E>& ordered(const T* row) {
    constexpr std::int64_t kFew = 64;
    if (k_ <= kFew)
      keep_largest(row);
    else
      order_all(row);
    return entries_;
  }

 private:
  static E entry(const T* row, std::int64_t column) {
    return E{place_of(row[column])} << kPlaceShift<E> | static_cast<E>(column);
  }

  /// A heap of the k largest so far, the least of them on top: most elements
  /// are compared with that one alone.
  void keep_largest(const T* row) {
    entries_.clear();
    for (std::int64_t j = 0; j < k_; ++j) entries_.push_back(entry(row, j));
    std::make_heap(entries_.begin(), entries_.end());
    T least = row[column_of(entries_.front())];
    for (std::int64_t j = k_; j < columns_; ++j) {
      if (row[j] <= least) continue;
      const E candidate = entry(row, j);  // which tells NaN from numbers
      if (candidate > entries_.front()) continue;
      std::pop_heap(entries_.begin(), entries_.end());
      entries_.back() = candidate;
      std::push_heap(entries_.begin(), entries_.end());
      least = row[column_of(entries_.front())];
    }
    std::sort_heap(entries_.begin(), entries_.end());
  }

  void order_all(const T* row) {
    constexpr std::int64_t kMany = 2048;
    entries_.resize(static_cast<std::size_t>(columns_));
    for (std::int64_t j = 0; j < columns_; ++j)
      entries_[static_cast<std::size_t>(j)] = entry(row, j);
    if constexpr (std::is_same_v<E, std::uint64_t>)
      if (columns_ >= kMany && k_ > columns_ / 8) return radix_sort(entries_);
    const auto end = entries_.begin() + k_;
    if (end != entries_.end())
      std::nth_element(entries_.begin(), end - 1, entries_.end());
    std::sort(entries_.begin(), end);
  }

  std::int64_t columns_, k_;
  std::vector<E> entries_;
};

/// Rows are independent.
template <class T, class I>
void top_k_of_rows(const T* in,
                   std::int64_t rows,
                   std::int64_t columns,
                   std::int64_t k,
                   T* values,
                   I* indices) {
  const std::int64_t grain = std::max<std::int64_t>(1, 16 * 1024 / columns);
  parallel_for(rows, grain, [&](std::int64_t begin, std::int64_t end) {
    Row<T> order(columns, k);
    for (std::int64_t r = begin; r < end; ++r) {
      const T* row = in + r * columns;
      const auto& entries = order.ordered(row);
      for (std::int64_t i = 0; i < k; ++i) {
        const std::int64_t column =
            column_of(entries[static_cast<std::size_t>(i)]);
        values[r * k + i] = row[column];
        indices[r * k + i] = static_cast<I>(column);
      }
    }
  });
}

template <class T>
void top_k(KernelContext& c) {
  const auto in = c.in<T>(0);
  const std::int64_t columns = c.input(0).shape()[-1];
  const std::int64_t k = c.output(0).shape()[-1];
  if (in.empty() || k == 0) return;
  const std::int64_t rows = static_cast<std::int64_t>(in.size()) / columns;
  auto run = [&]<class I>(TypeTag<I>) {
    top_k_of_rows(in.data(),
                  rows,
                  columns,
                  k,
                  c.output(0).data<T>(),
                  c.output(1).data<I>());
  };
  if (c.output(1).dtype() == int64)
    run(TypeTag<std::int64_t>{});
  else if (c.output(1).dtype() == int32)
    run(TypeTag<std::int32_t>{});
  else
    run(TypeTag<std::int16_t>{});
}

}  // namespace

void register_top_k_kernels(KernelRegistry& registry) {
  for_each_real_type([&]<class T>(TypeTag<T>) {
    registry.add("TopKV2", {{"T", dtype_of<T>}}, top_k<T>);
    registry.add("TopK", {{"T", dtype_of<T>}}, top_k<T>);
  });
}

}  // namespace tern
