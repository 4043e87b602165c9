// Rows of ragged tensors: ranges, gathered rows, rows that were empty.

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/cpu/plain/array/index_reader.h"
#include "kernels/cpu/plain/array/row_copy.h"
#include "kernels/cpu/plain/math/element_types.h"
#include "kernels/cpu/plain/ragged/row_splits.h"
#include "tern/core/error.h"

namespace tern {
namespace {

/// How many numbers there are from start on, by delta, before limit.
template <class T>
std::int64_t range_size(T start, T limit, T delta) {
  if (delta == T(0)) throw InvalidArgumentError("Requires delta != 0");
  if ((delta > T(0) && limit <= start) || (delta < T(0) && limit >= start))
    return 0;
  if constexpr (std::is_integral_v<T>) {
    // Unsigned, since the distance may not fit the signed type.
    using Wide = std::uint64_t;
    const Wide distance =
        delta > 0 ? Wide(limit) - Wide(start) : Wide(start) - Wide(limit);
    const Wide step = delta > 0 ? Wide(delta) : Wide(0) - Wide(delta);
    const Wide size = (distance - 1) / step + 1;
    return size > Wide(std::numeric_limits<std::int64_t>::max())
               ? std::numeric_limits<std::int64_t>::max()
               : static_cast<std::int64_t>(size);
  } else {
    const double size = std::ceil(
        std::abs((static_cast<double>(limit) - static_cast<double>(start)) /
                 static_cast<double>(delta)));
    if (!(size < 0x1p62))
      throw InvalidArgumentError(
          "Requires ((limit - start) / delta) <= 9223372036854775807");
    return static_cast<std::int64_t>(size);
  }
}

template <class T>
void ragged_range(KernelContext& c) {
  std::int64_t rows = 1;
  for (int i = 0; i < 3; ++i)
    if (c.input(i).shape().rank() == 1) rows = c.input(i).shape()[0];
  auto at = [&](int i, std::int64_t row) {
    return c.in<T>(
        i)[c.input(i).shape().rank() == 0 ? 0 : static_cast<std::size_t>(row)];
  };
  RowSplits splits{0};
  for (std::int64_t row = 0; row < rows; ++row) {
    std::int64_t end = 0;
    if (__builtin_add_overflow(splits.back(),
                               range_size(at(0, row), at(1, row), at(2, row)),
                               &end))
      throw InvalidArgumentError("The size of all ranges overflows");
    splits.push_back(end);
  }
  if (c.output_dtype(0) == int32 &&
      splits.back() > std::numeric_limits<std::int32_t>::max())
    throw InvalidArgumentError("The ranges have ",
                               splits.back(),
                               " elements, too many for row_splits of int32");
  T* to = c.allocate_output(1, {splits.back()}).template data<T>();
  for (std::int64_t row = 0; row < rows; ++row) {
    const auto r = static_cast<std::size_t>(row);
    T value = at(0, row);
    for (std::int64_t k = splits[r]; k < splits[r + 1]; ++k) {
      *to++ = value;
      if (k + 1 < splits[r + 1]) value = static_cast<T>(value + at(2, row));
    }
  }
  set_splits_output(c, 0, splits);
}

void gather(KernelContext& c) {
  const int ragged =
      static_cast<int>(c.attr<std::int64_t>("PARAMS_RAGGED_RANK"));
  const Tensor &values = c.input(ragged), &indices = c.input(ragged + 1);
  if (values.shape().rank() == 0)
    throw InvalidArgumentError("params.rank must be nonzero");
  const std::vector<RowSplits> nested = nested_splits(c, 0, ragged, values);
  const std::int64_t rows = static_cast<std::int64_t>(nested[0].size()) - 1;
  IndexReader reader(indices);
  std::vector<std::int64_t> chosen;
  for (std::int64_t k = 0; k < indices.num_elements(); ++k) {
    if (reader[k] < 0 || reader[k] >= rows)
      throw InvalidArgumentError("indices",
                                 index_text(k, indices.shape()),
                                 " = ",
                                 reader[k],
                                 " is not in [0, ",
                                 rows,
                                 ")");
    chosen.push_back(reader[k]);
  }
  int output = 0;
  // Dimensions of the indices but the last have rows of one length.
  for (int d = 1; d < indices.shape().rank(); ++d) {
    std::int64_t count = 1;
    for (std::int64_t dim : indices.shape().slice(0, d)) count *= dim;
    RowSplits splits{0};
    for (std::int64_t k = 0; k < count; ++k)
      splits.push_back(splits.back() + indices.shape()[d]);
    set_splits_output(c, output++, splits);
  }
  for (const RowSplits& level : nested) {
    RowSplits splits{0};
    std::vector<std::int64_t> inner;
    for (std::int64_t row : chosen) {
      const auto r = static_cast<std::size_t>(row);
      for (std::int64_t k = level[r]; k < level[r + 1]; ++k) inner.push_back(k);
      splits.push_back(static_cast<std::int64_t>(inner.size()));
    }
    set_splits_output(c, output++, splits);
    chosen = std::move(inner);
  }
  Shape shape = values.shape();
  shape.set_dim(0, static_cast<std::int64_t>(chosen.size()));
  Tensor& out = c.allocate_output(output, shape);
  RowCopier copy(values.dtype(), elements_in_row(values));
  for (std::size_t k = 0; k < chosen.size(); ++k)
    copy(values.raw_data(),
         chosen[k],
         out.mutable_data(),
         static_cast<std::int64_t>(k));
}

/// Rows without a value get the default; they are in order afterwards.
void fill_empty_rows(KernelContext& c) {
  auto rowids = c.in<std::int64_t>(0);
  const Tensor &values = c.input(1), &default_value = c.input(3);
  const std::int64_t rows = c.host_int(2);
  if (default_value.shape().rank() != 0)
    throw InvalidArgumentError("default_value must be a scalar, saw: ",
                               default_value.shape().debug_string());
  if (values.num_elements() != static_cast<std::int64_t>(rowids.size()))
    throw InvalidArgumentError("value_rowids and values must be as many: ",
                               rowids.size(),
                               " vs. ",
                               values.num_elements());
  if (rows < 0 || rows > (std::int64_t{1} << 40))
    throw InvalidArgumentError("A ragged tensor cannot have ", rows, " rows");
  std::vector<std::int64_t> counts(static_cast<std::size_t>(rows), 0);
  for (std::size_t k = 0; k < rowids.size(); ++k) {
    if (rowids[k] < 0 || rowids[k] >= rows)
      throw InvalidArgumentError(
          "value_rowids(", k, ") is invalid: ", rowids[k], " >= ", rows);
    ++counts[static_cast<std::size_t>(rowids[k])];
  }
  std::vector<std::int64_t> next;
  std::int64_t total = 0;
  Tensor& empty = c.allocate_output(2, {rows});
  for (std::size_t row = 0; row < counts.size(); ++row) {
    empty.data<bool>()[row] = counts[row] == 0;
    next.push_back(total);
    total += std::max<std::int64_t>(counts[row], 1);
  }
  auto* to_rows = c.allocate_output(0, {total}).data<std::int64_t>();
  Tensor& out = c.allocate_output(1, {total});
  auto* map =
      c.allocate_output(3, {values.num_elements()}).data<std::int64_t>();
  RowCopier copy(values.dtype(), 1);
  for (std::size_t row = 0; row < counts.size(); ++row)
    if (counts[row] == 0) {
      to_rows[next[row]] = static_cast<std::int64_t>(row);
      copy(default_value.raw_data(), 0, out.mutable_data(), next[row]);
    }
  for (std::size_t k = 0; k < rowids.size(); ++k) {
    const std::int64_t at = next[static_cast<std::size_t>(rowids[k])]++;
    to_rows[at] = rowids[k];
    copy(values.raw_data(),
         static_cast<std::int64_t>(k),
         out.mutable_data(),
         at);
    map[k] = at;
  }
}

}  // namespace

void register_ragged_rows_kernels(KernelRegistry& registry) {
  for_each_type<float, double, std::int32_t, std::int64_t>([&](auto tag) {
    using T = typename decltype(tag)::type;
    registry.add("RaggedRange", {{"T", dtype_of<T>}}, ragged_range<T>);
  });
  registry.add("RaggedGather", {}, gather);
  registry.add("RaggedFillEmptyRows", {}, fill_empty_rows);
}

}  // namespace tern
