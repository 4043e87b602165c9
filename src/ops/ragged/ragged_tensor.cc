// ragged_tensor.cc: rows of different lengths, written with public ops, so
// that they trace and differentiate.

#include "tern/ops/ragged_tensor.h"

#include <numeric>
#include <ostream>

#include "core/text/array_words.h"
#include "ops/apply.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"

namespace tern {
namespace {

bool is_readable(const Tensor& tensor) {
  return tensor.defined() && !tensor.is_symbolic() && !tensor.is_meta();
}

Tensor as_splits(const Tensor& partition, const char* what) {
  Tensor result = partition.is_weak() ? partition.as_dtype(int64) : partition;
  if (!(result.dtype() == int32) && !(result.dtype() == int64))
    throw InvalidArgumentError(
        what, " must be int32 or int64, got ", result.dtype().name());
  if (result.shape().has_rank() && result.shape().rank() != 1)
    throw InvalidArgumentError(
        what, " must be a vector, got shape ", result.shape().debug_string());
  return result;
}

std::vector<std::int64_t> integers(const Tensor& tensor) {
  Tensor wide = cast(tensor, int64);
  auto values = wide.values<std::int64_t>();
  return {values.begin(), values.end()};
}

/// The number of outermost values where it can be known.
std::optional<std::int64_t> count_of(const RaggedTensor& values) {
  if (values.ragged_rank() > 0) {
    const Shape& shape = values.row_splits().shape();
    if (shape.has_rank() && shape[0] >= 0) return shape[0] - 1;
    return {};
  }
  const Shape& shape = values.flat_values().shape();
  if (!shape.has_rank()) return {};
  if (shape.rank() == 0)
    throw InvalidArgumentError("values of a ragged tensor must have rows");
  if (shape[0] < 0) return {};
  return shape[0];
}

void check_splits(const Tensor& splits, const RaggedTensor& values) {
  if (!is_readable(splits)) return;
  std::vector<std::int64_t> at = integers(splits);
  if (at.empty())
    throw InvalidArgumentError("row_splits must have at least one entry");
  if (at[0] != 0)
    throw InvalidArgumentError(
        "Arguments to from_row_splits do not form a "
        "valid RaggedTensor: row_splits begin with ",
        at[0]);
  for (std::size_t i = 1; i < at.size(); ++i)
    if (at[i] < at[i - 1])
      throw InvalidArgumentError(
          "Arguments to from_row_splits do not form a valid RaggedTensor: "
          "row_splits decrease from ",
          at[i - 1],
          " to ",
          at[i]);
  if (auto count = count_of(values); count && at.back() != *count)
    throw InvalidArgumentError(
        "Arguments to from_row_splits do not form a valid RaggedTensor: "
        "row_splits end with ",
        at.back(),
        ", but there are ",
        *count,
        " values");
}

/// [0, lengths summed up].
Tensor splits_of_lengths(const Tensor& lengths) {
  return concat({zeros({1}, lengths.dtype()), cumsum(lengths)}, 0);
}

Tensor without_last(const Tensor& x) { return x[Slice{.stop = -1}]; }
Tensor without_first(const Tensor& x) { return x[Slice{.start = 1}]; }

Tensor scalar_like(std::int64_t value, DType dtype) {
  return cast(Tensor(value), dtype);
}

/// How many values there are, in the splits' dtype.
Tensor value_count(const RaggedTensor& values, DType dtype) {
  if (values.ragged_rank() > 0) return cast(values.nrows(), dtype);
  return cast(shape(values.flat_values(), int64)[0], dtype);
}

/// "[1, 2]", rows of rows within one another.
std::string list_text(const Tensor& tensor) {
  if (tensor.shape().rank() == 0) return scalar_word(tensor);
  std::vector<std::string> parts;
  const std::int64_t rows = tensor.shape()[0];
  if (tensor.shape().rank() == 1) {
    std::vector<std::int64_t> all(static_cast<std::size_t>(rows));
    std::iota(all.begin(), all.end(), 0);
    parts = array_words(tensor, all);
  } else {
    for (std::int64_t i = 0; i < rows; ++i)
      parts.push_back(list_text(tensor[i]));
  }
  std::string text = "[";
  for (std::size_t i = 0; i < parts.size(); ++i)
    text += (i ? ", " : "") + parts[i];
  return text + "]";
}

}  // namespace

RaggedTensor RaggedTensor::from_row_splits(const RaggedTensor& values,
                                           const Tensor& row_splits,
                                           RaggedOptions options) {
  Tensor splits = as_splits(row_splits, "row_splits");
  if (options.validate) check_splits(splits, values);
  Tensors nested{splits};
  for (const Tensor& inner : values.splits_) nested.push_back(inner);
  return RaggedTensor(values.flat_values_, std::move(nested));
}

RaggedTensor RaggedTensor::from_row_lengths(const RaggedTensor& values,
                                            const Tensor& row_lengths,
                                            RaggedOptions options) {
  Tensor lengths = as_splits(row_lengths, "row_lengths");
  return from_row_splits(values, splits_of_lengths(lengths), options);
}

RaggedTensor RaggedTensor::from_value_rowids(const RaggedTensor& values,
                                             const Tensor& value_rowids,
                                             const Tensor& nrows,
                                             RaggedOptions options) {
  Tensor rows = as_splits(value_rowids, "value_rowids");
  if (options.validate && is_readable(rows)) {
    std::vector<std::int64_t> ids = integers(rows);
    for (std::size_t i = 1; i < ids.size(); ++i)
      if (ids[i] < ids[i - 1])
        throw InvalidArgumentError(
            "Arguments to from_value_rowids do not form a valid RaggedTensor: "
            "value_rowids decrease from ",
            ids[i - 1],
            " to ",
            ids[i]);
    if (!ids.empty() && ids[0] < 0)
      throw InvalidArgumentError("value_rowids must not be negative, got ",
                                 ids[0]);
  }
  Tensor count;
  if (nrows.defined()) {
    count = cast(nrows, rows.dtype());
  } else {
    // One more than the last row, 0 without values.
    Tensor last = concat({scalar_like(-1, rows.dtype())[newaxis], rows}, 0);
    count = last[-1] + scalar_like(1, rows.dtype());
  }
  Tensor lengths = raw<"UnsortedSegmentSum">(ones_like(rows), rows, count);
  return from_row_splits(values, splits_of_lengths(lengths), options);
}

RaggedTensor RaggedTensor::from_row_starts(const RaggedTensor& values,
                                           const Tensor& row_starts,
                                           RaggedOptions options) {
  Tensor starts = as_splits(row_starts, "row_starts");
  Tensor end = value_count(values, starts.dtype())[newaxis];
  return from_row_splits(values, concat({starts, end}, 0), options);
}

RaggedTensor RaggedTensor::from_row_limits(const RaggedTensor& values,
                                           const Tensor& row_limits,
                                           RaggedOptions options) {
  Tensor limits = as_splits(row_limits, "row_limits");
  return from_row_splits(
      values, concat({zeros({1}, limits.dtype()), limits}, 0), options);
}

RaggedTensor RaggedTensor::from_uniform_row_length(
    const RaggedTensor& values,
    std::int64_t uniform_row_length,
    std::optional<std::int64_t> nrows) {
  if (uniform_row_length < 0)
    throw InvalidArgumentError("uniform_row_length must not be negative, got ",
                               uniform_row_length);
  Tensor rows;
  if (nrows) {
    rows = Tensor(std::vector<std::int64_t>{*nrows})[0];
  } else if (uniform_row_length > 0) {
    Tensor count = value_count(values, int64);
    if (is_readable(count) && count.item<std::int64_t>() % uniform_row_length)
      throw InvalidArgumentError(count.item<std::int64_t>(),
                                 " values do not fill rows of length ",
                                 uniform_row_length);
    rows = raw<"FloorDiv">(count, scalar_like(uniform_row_length, int64));
  } else {
    throw InvalidArgumentError(
        "nrows must be given where uniform_row_length is 0");
  }
  Tensor splits = range(scalar_like(0, int64), rows + scalar_like(1, int64)) *
                  scalar_like(uniform_row_length, int64);
  return from_row_splits(values, splits, {.validate = nrows.has_value()});
}

RaggedTensor RaggedTensor::from_nested_row_splits(
    const Tensor& flat_values,
    const Tensors& nested_row_splits,
    RaggedOptions options) {
  RaggedTensor result(flat_values);
  for (auto splits = nested_row_splits.rbegin();
       splits != nested_row_splits.rend();
       ++splits)
    result = from_row_splits(result, *splits, options);
  return result;
}

RaggedTensor RaggedTensor::from_tensor(const Tensor& tensor, int ragged_rank) {
  const Shape& dims = tensor.shape();
  if (!dims.is_fully_known() || ragged_rank < 1 || ragged_rank >= dims.rank())
    throw InvalidArgumentError("ragged_rank ",
                               ragged_rank,
                               " does not fit a tensor of shape ",
                               dims.debug_string());
  Shape flat = dims.slice(ragged_rank);
  for (int d = 0; d < ragged_rank; ++d) flat.set_dim(0, flat[0] * dims[d]);
  RaggedTensor result(reshape(tensor, flat));
  for (int d = ragged_rank; d > 0; --d) {
    std::int64_t outer = 1;
    for (int k = 0; k < d; ++k) outer *= dims[k];
    result = from_uniform_row_length(result, dims[d], outer);
  }
  return result;
}

const Tensor& RaggedTensor::row_splits() const {
  if (splits_.empty())
    throw InvalidArgumentError(
        "A tensor without ragged dimensions has no row_splits");
  return splits_[0];
}

RaggedTensor RaggedTensor::values() const {
  row_splits();
  return RaggedTensor(flat_values_,
                      Tensors(splits_.begin() + 1, splits_.end()));
}

Shape RaggedTensor::shape() const {
  if (splits_.empty()) return flat_values_.shape();
  const Shape& rows = splits_[0].shape();
  Shape result{rows.has_rank() && rows[0] >= 0 ? rows[0] - 1 : -1};
  for (std::size_t i = 0; i < splits_.size(); ++i) result.append(-1);
  const Shape& inner = flat_values_.shape();
  if (!inner.has_rank()) return Shape::unknown();
  return result.concatenate(inner.slice(1));
}

Tensor RaggedTensor::nrows() const {
  return tern::shape(row_splits(), int64)[0] - scalar_like(1, int64);
}
Tensor RaggedTensor::row_starts() const { return without_last(row_splits()); }
Tensor RaggedTensor::row_limits() const { return without_first(row_splits()); }
Tensor RaggedTensor::row_lengths() const { return row_limits() - row_starts(); }

Tensor RaggedTensor::value_rowids() const {
  // Each row but the first adds 1 from its start on.
  const DType dtype = row_splits().dtype();
  Tensor starts = row_splits()[Slice{.start = 1, .stop = -1}];
  Tensor count = row_splits()[-1];
  Tensor size = expand_dims(count + scalar_like(1, dtype), 0);
  Tensor steps =
      raw<"ScatterNd">(expand_dims(starts, 1), ones_like(starts), size);
  return without_last(cumsum(steps));
}

Tensor RaggedTensor::bounding_shape() const {
  Tensors dims{nrows()[newaxis]};
  for (const Tensor& splits : splits_) {
    Tensor lengths = cast(without_first(splits) - without_last(splits), int64);
    dims.push_back(raw<"Max">(concat({zeros({1}, int64), lengths}, 0),
                              Tensor(0))[newaxis]);
  }
  dims.push_back(without_first(tern::shape(flat_values_, int64)));
  return concat(dims, 0);
}

RaggedTensor RaggedTensor::operator[](std::int64_t i) const {
  if (splits_.empty()) return RaggedTensor(flat_values_[i]);
  std::vector<std::int64_t> at = integers(row_splits());
  const auto rows = static_cast<std::int64_t>(at.size()) - 1;
  const std::int64_t row = i < 0 ? i + rows : i;
  if (row < 0 || row >= rows)
    throw InvalidArgumentError(
        "slice index ", i, " of dimension 0 out of bounds.");
  std::int64_t begin = at[static_cast<std::size_t>(row)];
  std::int64_t end = at[static_cast<std::size_t>(row) + 1];
  Tensors inner;
  for (std::size_t k = 1; k < splits_.size(); ++k) {
    Tensor cut = splits_[k][Slice{begin, end + 1}];
    std::vector<std::int64_t> bounds = integers(cut);
    begin = bounds.front();
    end = bounds.back();
    inner.push_back(cut - cut[0]);
  }
  return RaggedTensor(flat_values_[Slice{begin, end}], std::move(inner));
}

RaggedTensor RaggedTensor::with_flat_values(const Tensor& values) const {
  return RaggedTensor(values, splits_);
}

Tensor RaggedTensor::to_tensor(const Tensor& default_value,
                               const Shape& shape) const {
  if (splits_.empty()) return flat_values_;
  Tensor fill = default_value.defined() ? default_value.as_dtype(dtype())
                                        : zeros({}, dtype());
  Tensor limit = shape.has_rank() ? Tensor(shape.to_vector())
                                  : Tensor(std::vector<std::int64_t>{-1})[0];
  Tensors inputs{limit, flat_values_, fill};
  for (const Tensor& splits : splits_) inputs.push_back(splits);
  std::vector<std::string> types(splits_.size(), "ROW_SPLITS");
  return raw<"RaggedTensorToTensor">(inputs, {{"row_partition_types", types}});
}

std::string RaggedTensor::to_list() const {
  if (splits_.empty()) return list_text(flat_values_);
  std::string text = "[";
  const auto rows = static_cast<std::int64_t>(row_splits().num_elements()) - 1;
  for (std::int64_t i = 0; i < rows; ++i)
    text += (i ? ", " : "") + (*this)[i].to_list();
  return text + "]";
}

RaggedTensor::operator Tensor() const {
  if (!splits_.empty())
    throw InvalidArgumentError(
        "A RaggedTensor with ",
        splits_.size(),
        " ragged dimension(s) is no Tensor: to_tensor() fills its rows up");
  return flat_values_;
}

std::ostream& operator<<(std::ostream& stream, const RaggedTensor& tensor) {
  return stream << "<tf.RaggedTensor " << tensor.to_list() << ">";
}

}  // namespace tern
