#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "tern/core/tensor.h"

namespace tern {

/// Where the features of each row of a batch lie in a vector of values: int64
/// or strings.
struct CrossColumn {
  Tensor values;
  std::vector<std::int64_t> begins;  // one a row, and the end

  std::int64_t count(std::int64_t row) const {
    const auto at = static_cast<std::size_t>(row);
    return begins[at + 1] - begins[at];
  }
  /// A number for feature k of a row: itself, or FarmHash's of a string.
  std::uint64_t number(std::int64_t row, std::int64_t k) const;
  std::string text(std::int64_t row, std::int64_t k) const;

 private:
  std::int64_t place(std::int64_t row, std::int64_t k) const {
    return begins[static_cast<std::size_t>(row)] + k;
  }
};

/// A dense input [rows, width] as a column.
CrossColumn dense_column(const Tensor& dense);

/// All combinations of one feature from each column, row by row, the last
/// column running fastest: `visit(row, choice)`. Throws InvalidArgumentError
/// where their number overflows.
class Crosses {
 public:
  explicit Crosses(std::vector<CrossColumn> columns, std::int64_t rows);

  std::int64_t rows() const { return rows_; }
  std::int64_t count(std::int64_t row) const;
  std::int64_t total() const;

  template <class Visit>
  void visit(std::int64_t row, Visit visit) const {
    std::vector<std::int64_t> choice(columns_.size(), 0);
    for (std::int64_t left = count(row); left > 0; --left) {
      visit(choice);
      for (std::size_t k = columns_.size(); k-- > 0;) {
        if (++choice[k] < columns_[k].count(row)) break;
        choice[k] = 0;
      }
    }
  }

  std::string joined(std::int64_t row,
                     std::span<const std::int64_t> choice,
                     const std::string& separator) const;
  /// TensorFlow's hash of a combination, from the first feature's number on,
  /// or from a start. num_buckets 0: below the largest int64.
  std::int64_t hashed(std::int64_t row,
                      std::span<const std::int64_t> choice,
                      const std::uint64_t* start,
                      std::int64_t num_buckets) const;

 private:
  std::vector<CrossColumn> columns_;
  std::int64_t rows_;
};

}  // namespace tern
