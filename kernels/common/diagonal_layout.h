#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace tern {

/// How the diagonals `lower` to `upper` of [rows, columns] matrices are packed
/// (MatrixDiagV3): the uppermost first, one a row of `max_length` entries. A
/// shorter one stands at the left or the right end of its row.
struct DiagonalLayout {
  std::int64_t rows = 0, columns = 0;
  std::int64_t lower = 0, upper = 0;
  std::int64_t max_length = 0;
  bool upper_at_right = false;  // diagonals d >= 0
  bool lower_at_right = false;  // diagonals d < 0

  std::int64_t count() const { return upper - lower + 1; }
  std::int64_t packed_size() const { return count() * max_length; }
  std::int64_t matrix_size() const { return rows * columns; }
  std::int64_t length(std::int64_t d) const {
    return std::min(rows + std::min<std::int64_t>(d, 0),
                    columns - std::max<std::int64_t>(d, 0));
  }

  /// `align` is "LEFT_RIGHT" and so on: where the diagonals above, then those
  /// below the main one stand.
  void set_alignment(std::string_view align) {
    upper_at_right = align.substr(0, 5) == "RIGHT";
    lower_at_right = align.substr(align.find('_') + 1) == "RIGHT";
  }

  /// Calls visit(matrix element, packed element) for all that are in both.
  template <class Visit>
  void for_each(Visit visit) const {
    for (std::int64_t d = upper; d >= lower; --d) {
      const std::int64_t n = length(d);
      const bool at_right = d < 0 ? lower_at_right : upper_at_right;
      const std::int64_t packed =
          (upper - d) * max_length + (at_right ? max_length - n : 0);
      const std::int64_t start = d < 0 ? -d * columns : d;
      for (std::int64_t i = 0; i < n; ++i)
        visit(start + i * (columns + 1), packed + i);
    }
  }
};

}  // namespace tern
