// Ragged tensors as variants, so that lists and datasets can hold them.

#include "kernels/cpu/plain/array/index_reader.h"
#include "kernels/cpu/plain/array/row_copy.h"
#include "kernels/cpu/plain/ragged/row_splits.h"
#include "tern/core/error.h"
#include "tern/core/resource.h"

namespace tern {
namespace {

/// A ragged tensor, or with no splits an ordinary one, in a variant.
class RaggedValue : public VariantValue {
 public:
  RaggedValue(std::vector<RowSplits> splits, Tensor values)
      : splits(std::move(splits)), values(std::move(values)) {}
  std::string_view kind() const override { return "RaggedTensorVariant"; }

  const std::vector<RowSplits> splits;
  const Tensor values;

  std::int64_t rows() const {
    if (!splits.empty()) return static_cast<std::int64_t>(splits[0].size()) - 1;
    return values.shape().rank() == 0 ? 1 : values.shape()[0];
  }
};

const RaggedValue& ragged_value(const Variant& variant) {
  auto* value = dynamic_cast<RaggedValue*>(variant.value().get());
  if (!value)
    throw InvalidArgumentError(
        "Input Variant element doesn't hold a "
        "RaggedTensorVariant");
  return *value;
}

Variant variant_of(std::vector<RowSplits> splits, Tensor values) {
  return Variant(
      std::make_shared<RaggedValue>(std::move(splits), std::move(values)));
}

/// Splits [begin, end] of a level, from 0 on.
RowSplits part(const RowSplits& splits, std::int64_t begin, std::int64_t end) {
  RowSplits result;
  for (std::int64_t k = begin; k <= end; ++k)
    result.push_back(splits[static_cast<std::size_t>(k)] -
                     splits[static_cast<std::size_t>(begin)]);
  return result;
}

void to_variant(KernelContext& c) {
  const int ragged = static_cast<int>(c.attr<std::int64_t>("RAGGED_RANK"));
  const Tensor& values = c.input(ragged);
  if (values.shape().rank() == 0 &&
      (ragged > 0 || c.attr<bool>("batched_input")))
    throw InvalidArgumentError("rt_dense_values must have rows");
  std::vector<RowSplits> nested =
      ragged ? nested_splits(c, 0, ragged, values) : std::vector<RowSplits>();
  if (!c.attr<bool>("batched_input")) {
    *c.allocate_output(0, {}).data<Variant>() =
        variant_of(std::move(nested), values.with_shape(values.shape()));
    return;
  }
  const std::int64_t rows =
      ragged ? static_cast<std::int64_t>(nested[0].size()) - 1
             : values.shape()[0];
  auto* out = c.allocate_output(0, {rows}).data<Variant>();
  for (std::int64_t row = 0; row < rows; ++row) {
    if (!ragged) {
      Tensor only = values.rows(row, row + 1);
      out[row] = variant_of({}, only.with_shape(only.shape().slice(1)));
      continue;
    }
    const auto r = static_cast<std::size_t>(row);
    std::int64_t begin = nested[0][r], end = nested[0][r + 1];
    std::vector<RowSplits> inner;
    for (std::size_t level = 1; level < nested.size(); ++level) {
      inner.push_back(part(nested[level], begin, end));
      begin = nested[level][static_cast<std::size_t>(begin)];
      end = nested[level][static_cast<std::size_t>(end)];
    }
    out[row] = variant_of(std::move(inner), values.rows(begin, end));
  }
}

void from_variant(KernelContext& c) {
  const Tensor& encoded = c.input(0);
  const auto output_rank =
      static_cast<int>(c.attr<std::int64_t>("output_ragged_rank"));
  auto input_rank = static_cast<int>(c.attr<std::int64_t>("input_ragged_rank"));
  const int batch = encoded.shape().rank();
  if (input_rank == -1) input_rank = output_rank - batch;
  if (input_rank < 0 || output_rank != batch + input_rank)
    throw InvalidArgumentError(
        "output_ragged_rank must be equal to input_ragged_rank + "
        "encoded_ragged.dims(). Found: output_ragged_rank: ",
        output_rank,
        ", encoded_ragged.dims(): ",
        batch,
        ", input_ragged_rank: ",
        input_rank);
  const DType dtype = c.output_dtype(output_rank);
  std::vector<const RaggedValue*> parts;
  for (std::int64_t i = 0; i < encoded.num_elements(); ++i) {
    const RaggedValue& value = ragged_value(encoded.data<Variant>()[i]);
    if (static_cast<int>(value.splits.size()) != input_rank)
      throw InvalidArgumentError("Encoded input Variant has ragged_rank=",
                                 value.splits.size(),
                                 ".  Expected input_ragged_rank=",
                                 input_rank);
    if (!(value.values.dtype() == dtype))
      throw InvalidArgumentError("Expected values Tensor dtype: ",
                                 dtype.name(),
                                 ", found: ",
                                 value.values.dtype().name());
    parts.push_back(&value);
  }
  if (batch == 0) {
    for (int i = 0; i < output_rank; ++i)
      set_splits_output(c, i, parts[0]->splits[static_cast<std::size_t>(i)]);
    c.set_output(output_rank,
                 parts[0]->values.with_shape(parts[0]->values.shape()));
    return;
  }
  int output = 0;
  for (int d = 1; d < batch; ++d) {
    std::int64_t count = 1;
    for (std::int64_t dim : encoded.shape().slice(0, d)) count *= dim;
    RowSplits splits{0};
    for (std::int64_t k = 0; k < count; ++k)
      splits.push_back(splits.back() + encoded.shape()[d]);
    set_splits_output(c, output++, splits);
  }
  RowSplits rows{0};
  for (const RaggedValue* value : parts)
    rows.push_back(rows.back() + value->rows());
  set_splits_output(c, output++, rows);
  for (int level = 0; level < input_rank; ++level) {
    RowSplits splits{0};
    for (const RaggedValue* value : parts) {
      const RowSplits& own = value->splits[static_cast<std::size_t>(level)];
      const std::int64_t before = splits.back();
      for (std::size_t k = 1; k < own.size(); ++k)
        splits.push_back(before + own[k]);
    }
    set_splits_output(c, output++, splits);
  }
  Shape shape = parts.empty() ? Shape{0} : parts[0]->values.shape();
  if (shape.rank() == 0)
    throw InvalidArgumentError("Ragged components must have rows");
  shape.set_dim(0, 0);
  std::int64_t total = 0;
  for (const RaggedValue* value : parts) {
    if (value->values.shape().rank() != shape.rank() ||
        !(value->values.shape().slice(1) == shape.slice(1)))
      throw InvalidArgumentError(
          "All flat_values must have compatible "
          "shapes.  Shape at index 0: ",
          shape.debug_string(),
          ", another: ",
          value->values.shape().debug_string());
    total += value->values.shape()[0];
  }
  shape.set_dim(0, total);
  Tensor& out = c.allocate_output(output, shape);
  RowCopier copy(dtype, elements_in_row(out));
  std::int64_t next = 0;
  for (const RaggedValue* value : parts)
    for (std::int64_t k = 0; k < value->values.shape()[0]; ++k)
      copy(value->values.raw_data(), k, out.mutable_data(), next++);
}

/// The values of all gradients, one after the other, in the values' shape.
void to_variant_gradient(KernelContext& c) {
  const Tensor& encoded = c.input(0);
  IndexReader dims(c.input(2));
  Shape shape;
  for (std::int64_t d = 0; d < c.input(2).num_elements(); ++d)
    shape.append(dims[d]);
  Tensor& out = c.allocate_output(0, shape);
  const DType dtype = out.dtype();
  RowCopier copy(dtype, 1);
  for (std::int64_t i = 0; i < out.num_elements(); ++i)
    copy.clear(out.mutable_data(), i);
  std::int64_t next = 0;
  for (std::int64_t i = 0; i < encoded.num_elements(); ++i) {
    const RaggedValue& value = ragged_value(encoded.data<Variant>()[i]);
    const std::int64_t count = value.values.num_elements();
    if (!(value.values.dtype() == dtype) || next + count > out.num_elements())
      throw InvalidArgumentError("Gradients of ",
                                 next + count,
                                 " elements of ",
                                 value.values.dtype().name(),
                                 " do not fit values of shape ",
                                 shape.debug_string());
    for (std::int64_t k = 0; k < count; ++k)
      copy(value.values.raw_data(), k, out.mutable_data(), next++);
  }
}

}  // namespace

void register_ragged_variants_kernels(KernelRegistry& registry) {
  registry.add("RaggedTensorToVariant", {}, to_variant);
  registry.add("RaggedTensorFromVariant", {}, from_variant);
  registry.add("RaggedTensorToVariantGradient", {}, to_variant_gradient);
}

}  // namespace tern
