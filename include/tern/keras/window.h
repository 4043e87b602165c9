#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <vector>

#include "tern/core/error.h"
#include "tern/core/shape.h"

namespace tern::keras {

/// A size along each of N axes; one number stands for all.
template <int N>
class Window {
 public:
  template <std::integral T>
  Window(T size) {
    sizes_.fill(static_cast<std::int64_t>(size));
  }
  /// Throws InvalidArgumentError unless there are 1 or N sizes.
  Window(std::initializer_list<Dim> sizes) {
    if (sizes.size() != 1 && sizes.size() != static_cast<std::size_t>(N))
      throw InvalidArgumentError("The argument must be a tuple of ",
                                 N,
                                 " integers. Received ",
                                 sizes.size());
    std::size_t i = 0;
    for (std::int64_t& size : sizes_) {
      size = (sizes.begin() + i)->value;
      if (sizes.size() > 1) ++i;
    }
  }

  std::vector<std::int64_t> list() const {
    return {sizes_.begin(), sizes_.end()};
  }

 private:
  std::array<std::int64_t, static_cast<std::size_t>(N)> sizes_;
};

/// What is added or cut off before and after each of N axes: one number for
/// all, one for both sides of each axis, or {before, after} for each.
template <int N>
class Margins {
 public:
  template <std::integral T>
  Margins(T size) {
    pairs_.assign(static_cast<std::size_t>(2 * N),
                  static_cast<std::int64_t>(size));
  }
  /// {before, after} of one axis; of more axes, the same on both sides.
  Margins(std::initializer_list<Dim> sizes) {
    check(sizes.size(), N == 1 ? 2 : N);
    for (Dim size : sizes)
      pairs_.insert(pairs_.end(), N == 1 ? 1 : 2, size.value);
  }
  Margins(std::initializer_list<std::initializer_list<Dim>> pairs) {
    check(pairs.size(), N);
    for (const auto& pair : pairs) {
      check(pair.size(), 2);
      for (Dim size : pair) pairs_.push_back(size.value);
    }
  }

  /// before and after, for each axis.
  const std::vector<std::int64_t>& pairs() const { return pairs_; }

 private:
  static void check(std::size_t got, std::size_t wanted) {
    if (got != wanted)
      throw InvalidArgumentError(
          "The argument must have ", wanted, " entries. Received ", got);
  }
  std::vector<std::int64_t> pairs_;
};

}  // namespace tern::keras
