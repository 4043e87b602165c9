// Feature crosses: every combination of the features of some columns.

#include "kernels/cpu/plain/sparse/cross.h"

#include <algorithm>
#include <limits>

#include "kernels/cpu/plain/sparse/sparse_input.h"
#include "kernels/cpu/plain/string/hash_functions.h"
#include "ops/kernel.h"
#include "tern/core/error.h"

namespace tern {
namespace {

std::uint64_t shift_mix(std::uint64_t value) { return value ^ value >> 47; }

/// TensorFlow's FingerprintCat64: a number for two numbers in order.
std::uint64_t combine(std::uint64_t a, std::uint64_t b) {
  constexpr std::uint64_t kMultiplier = 0xc6a4a7935bd1e995;
  std::uint64_t result = a ^ kMultiplier;
  result ^= shift_mix(b * kMultiplier) * kMultiplier;
  result *= kMultiplier;
  return shift_mix(shift_mix(result) * kMultiplier);
}

CrossColumn sparse_column(const Tensor& indices,
                          const Tensor& values,
                          const Tensor& shape) {
  SparseInput sparse(indices, values, shape);
  if (sparse.rank() != 2)
    throw InvalidArgumentError("Expected a sparse matrix, got rank ",
                               sparse.rank());
  CrossColumn column{values, {0}};
  std::int64_t k = 0;
  if (sparse.shape()[0] > (std::int64_t{1} << 40))
    throw InvalidArgumentError(
        "A batch of ", sparse.shape()[0], " rows is too large");
  for (std::int64_t row = 0; row < sparse.shape()[0]; ++row) {
    while (k < sparse.count() && sparse.index(k)[0] == row) ++k;
    column.begins.push_back(k);
  }
  if (k != sparse.count())
    throw InvalidArgumentError("indices of a sparse input are not in order");
  return column;
}

/// The columns of a SparseCross op: N sparse ones, then the dense ones.
std::vector<CrossColumn> columns_of(const KernelContext& c, int num_dense) {
  const auto count = static_cast<int>(c.attr<std::int64_t>("N"));
  std::vector<CrossColumn> columns;
  for (int i = 0; i < count; ++i)
    columns.push_back(
        sparse_column(c.input(i), c.input(count + i), c.input(2 * count + i)));
  for (int i = 0; i < num_dense; ++i)
    columns.push_back(dense_column(c.input(3 * count + i)));
  return columns;
}

std::int64_t rows_of(const std::vector<CrossColumn>& columns) {
  if (columns.empty()) return 0;
  for (const CrossColumn& column : columns)
    if (column.begins.size() != columns[0].begins.size())
      throw InvalidArgumentError("Expected batch size ",
                                 columns[0].begins.size() - 1,
                                 ", but got ",
                                 column.begins.size() - 1);
  return static_cast<std::int64_t>(columns[0].begins.size()) - 1;
}

int num_dense(const KernelContext& c) {
  return static_cast<int>(c.attr<std::vector<DType>>("dense_types").size());
}

/// Sets the outputs of a sparse cross whose values `value` makes.
template <class T, class Value>
void set_crosses(KernelContext& c, const Crosses& crosses, Value value) {
  const std::int64_t total = crosses.total();
  auto* index = c.allocate_output(0, {total, 2}).data<std::int64_t>();
  T* out = c.allocate_output(1, {total}).template data<T>();
  std::int64_t widest = 0;
  for (std::int64_t row = 0; row < crosses.rows(); ++row) {
    std::int64_t k = 0;
    crosses.visit(row, [&](std::span<const std::int64_t> choice) {
      *index++ = row;
      *index++ = k++;
      *out++ = value(row, choice);
    });
    widest = std::max(widest, k);
  }
  const std::int64_t shape[] = {crosses.rows(), widest};
  c.set_output(2, int64_vector(shape));
}

Crosses crosses_of(KernelContext& c) {
  auto columns = columns_of(c, num_dense(c));
  const std::int64_t rows = rows_of(columns);
  return Crosses(std::move(columns), rows);
}

void sparse_cross(KernelContext& c) {
  const Crosses crosses = crosses_of(c);
  const auto start =
      static_cast<std::uint64_t>(c.attr<std::int64_t>("hash_key"));
  const auto buckets = c.attr<std::int64_t>("num_buckets");
  if (c.attr<bool>("hashed_output"))
    set_crosses<std::int64_t>(c, crosses, [&](std::int64_t row, auto choice) {
      return crosses.hashed(row, choice, &start, buckets);
    });
  else
    set_crosses<std::string>(c, crosses, [&](std::int64_t row, auto choice) {
      return crosses.joined(row, choice, "_X_");
    });
}

void sparse_cross_v2(KernelContext& c) {
  const Crosses crosses = crosses_of(c);
  const std::string& separator = c.in<std::string>(c.num_inputs() - 1)[0];
  set_crosses<std::string>(c, crosses, [&](std::int64_t row, auto choice) {
    return crosses.joined(row, choice, separator);
  });
}

void sparse_cross_hashed(KernelContext& c) {
  const Crosses crosses = crosses_of(c);
  const int last = c.num_inputs();
  const std::int64_t buckets = c.in<std::int64_t>(last - 3)[0];
  if (c.in<bool>(last - 2)[0])
    throw InvalidArgumentError("SparseCrossHashed: strong_hash is not there");
  if (buckets < 0)
    throw InvalidArgumentError("num_buckets must not be negative, got ",
                               buckets);
  set_crosses<std::int64_t>(c, crosses, [&](std::int64_t row, auto choice) {
    return crosses.hashed(row, choice, nullptr, buckets);
  });
}

CrossColumn ragged_column(const Tensor& values, const Tensor& splits) {
  CrossColumn column{values, integers_of(splits)};
  const auto& begins = column.begins;
  if (begins.empty() || begins[0] != 0 ||
      begins.back() != values.num_elements() ||
      !std::is_sorted(begins.begin(), begins.end()))
    throw InvalidArgumentError("Invalid ragged input: row_splits of ",
                               values.num_elements(),
                               " values");
  return column;
}

/// Columns in the order that the letters of input_order say: ragged, sparse,
/// dense.
void ragged_cross(KernelContext& c) {
  using Types = std::vector<DType>;
  const auto num_ragged =
      static_cast<int>(c.attr<Types>("ragged_values_types").size());
  const auto num_sparse = static_cast<int>(c.attr<std::int64_t>("Nsparse"));
  const int first_sparse = 2 * num_ragged;
  const int first_dense = first_sparse + 3 * num_sparse;
  int ragged = 0, sparse = 0, dense = 0;
  std::vector<CrossColumn> columns;
  for (char kind : c.attr<std::string>("input_order")) {
    if (kind == 'R' && ragged < num_ragged) {
      columns.push_back(
          ragged_column(c.input(ragged), c.input(num_ragged + ragged)));
      ++ragged;
    } else if (kind == 'S' && sparse < num_sparse) {
      const int at = first_sparse + sparse++;
      columns.push_back(sparse_column(
          c.input(at), c.input(at + num_sparse), c.input(at + 2 * num_sparse)));
    } else if (kind == 'D' && first_dense + dense < c.num_inputs()) {
      columns.push_back(dense_column(c.input(first_dense + dense++)));
    } else {
      throw InvalidArgumentError(
          "input_order \"",
          c.attr<std::string>("input_order"),
          "\" does not fit the inputs: one R, S or D for each");
    }
  }
  const std::int64_t rows = rows_of(columns);
  const Crosses crosses(std::move(columns), rows);
  const auto start =
      static_cast<std::uint64_t>(c.attr<std::int64_t>("hash_key"));
  const auto buckets = c.attr<std::int64_t>("num_buckets");
  Tensor& values = c.allocate_output(0, {crosses.total()});
  Tensor& splits = c.allocate_output(1, {rows + 1});
  auto put_split = [&](std::int64_t row, std::int64_t end) {
    if (splits.dtype() == int32)
      splits.data<std::int32_t>()[row] = static_cast<std::int32_t>(end);
    else
      splits.data<std::int64_t>()[row] = end;
  };
  std::int64_t next = 0;
  put_split(0, 0);
  for (std::int64_t row = 0; row < rows; ++row) {
    crosses.visit(row, [&](std::span<const std::int64_t> choice) {
      if (values.dtype() == string)
        values.data<std::string>()[next++] = crosses.joined(row, choice, "_X_");
      else
        values.data<std::int64_t>()[next++] =
            crosses.hashed(row, choice, &start, buckets);
    });
    put_split(row + 1, next);
  }
}

}  // namespace

std::uint64_t CrossColumn::number(std::int64_t row, std::int64_t k) const {
  const std::int64_t at = place(row, k);
  if (values.dtype() == string)
    return farm_fingerprint(values.data<std::string>()[at]);
  return static_cast<std::uint64_t>(values.data<std::int64_t>()[at]);
}

std::string CrossColumn::text(std::int64_t row, std::int64_t k) const {
  const std::int64_t at = place(row, k);
  if (values.dtype() == string) return values.data<std::string>()[at];
  return std::to_string(values.data<std::int64_t>()[at]);
}

CrossColumn dense_column(const Tensor& dense) {
  if (dense.shape().rank() != 2)
    throw InvalidArgumentError("Dense inputs should be a matrix, got shape ",
                               dense.shape().debug_string());
  CrossColumn column{dense, {}};
  for (std::int64_t row = 0; row <= dense.shape()[0]; ++row)
    column.begins.push_back(row * dense.shape()[1]);
  return column;
}

Crosses::Crosses(std::vector<CrossColumn> columns, std::int64_t rows)
    : columns_(std::move(columns)), rows_(rows) {}

std::int64_t Crosses::count(std::int64_t row) const {
  std::int64_t count = columns_.empty() ? 0 : 1;
  for (const CrossColumn& column : columns_)
    if (__builtin_mul_overflow(count, column.count(row), &count))
      throw InvalidArgumentError(
          "The number of crosses of row ", row, " overflows");
  return count;
}

std::int64_t Crosses::total() const {
  std::int64_t total = 0;
  for (std::int64_t row = 0; row < rows_; ++row)
    if (__builtin_add_overflow(total, count(row), &total))
      throw InvalidArgumentError("The number of crosses overflows");
  return total;
}

std::string Crosses::joined(std::int64_t row,
                            std::span<const std::int64_t> choice,
                            const std::string& separator) const {
  std::string text;
  for (std::size_t k = 0; k < columns_.size(); ++k)
    text += (k ? separator : "") + columns_[k].text(row, choice[k]);
  return text;
}

std::int64_t Crosses::hashed(std::int64_t row,
                             std::span<const std::int64_t> choice,
                             const std::uint64_t* start,
                             std::int64_t num_buckets) const {
  std::uint64_t hash = start ? *start : columns_[0].number(row, choice[0]);
  for (std::size_t k = start ? 0 : 1; k < columns_.size(); ++k)
    hash = combine(hash, columns_[k].number(row, choice[k]));
  const std::uint64_t limit =
      num_buckets > 0 ? static_cast<std::uint64_t>(num_buckets)
                      : static_cast<std::uint64_t>(
                            std::numeric_limits<std::int64_t>::max());
  return static_cast<std::int64_t>(hash % limit);
}

void register_feature_cross_kernels(KernelRegistry& registry) {
  registry.add("SparseCross", {}, sparse_cross);
  registry.add("SparseCrossV2", {}, sparse_cross_v2);
  registry.add("SparseCrossHashed", {}, sparse_cross_hashed);
  registry.add("RaggedCross", {}, ragged_cross);
}

}  // namespace tern
