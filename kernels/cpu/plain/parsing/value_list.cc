#include "kernels/cpu/plain/parsing/value_list.h"

#include <algorithm>

#include "tern/core/error.h"

namespace tern {

ValueList::ValueList(DType dtype) : dtype_(dtype) {
  if (dtype == float32)
    values_ = std::vector<float>();
  else if (dtype == int64)
    values_ = std::vector<std::int64_t>();
  else
    values_ = std::vector<std::string>();
}

std::int64_t ValueList::size() const {
  return std::visit(
      [](const auto& list) { return static_cast<std::int64_t>(list.size()); },
      values_);
}

bool ValueList::append(const io::FeatureBytes& feature) {
  return std::visit(
      [&](auto& list) { return io::append_values(feature.list, list); },
      values_);
}

void ValueList::append(const Tensor& tensor) {
  std::visit(
      [&]<class T>(std::vector<T>& list) {
        const T* from = tensor.data<T>();
        list.insert(list.end(), from, from + tensor.num_elements());
      },
      values_);
}

Tensor ValueList::tensor(const Shape& shape) const {
  Tensor result = Tensor::allocate(dtype_, shape);
  if (result.num_elements() != size())
    throw InternalError(size(), " values for ", shape.debug_string());
  std::visit(
      [&]<class T>(const std::vector<T>& list) {
        std::copy(list.begin(), list.end(), result.data<T>());
      },
      values_);
  return result;
}

Tensor ValueList::padded(const std::vector<std::int64_t>& ends,
                         std::int64_t width,
                         const Tensor& fill,
                         const Shape& shape) const {
  Tensor result = Tensor::allocate(dtype_, shape);
  std::visit(
      [&]<class T>(const std::vector<T>& list) {
        const T pad = fill.defined() ? *fill.data<T>() : T();
        T* to = result.data<T>();
        for (std::size_t row = 0; row + 1 < ends.size(); ++row, to += width) {
          T* end = std::copy(
              list.begin() + ends[row], list.begin() + ends[row + 1], to);
          std::fill(end, to + width, pad);
        }
      },
      values_);
  return result;
}

std::int64_t ValueRows::longest() const {
  std::int64_t longest = 0;
  for (std::size_t row = 0; row + 1 < ends.size(); ++row)
    longest = std::max(longest, ends[row + 1] - ends[row]);
  return longest;
}

Tensor splits_tensor(const std::vector<std::int64_t>& ends, DType dtype) {
  Tensor result = Tensor::allocate(dtype, {ends.size()});
  if (dtype == int32)
    std::transform(
        ends.begin(),
        ends.end(),
        result.data<std::int32_t>(),
        [](std::int64_t end) { return static_cast<std::int32_t>(end); });
  else
    std::copy(ends.begin(), ends.end(), result.data<std::int64_t>());
  return result;
}

SparseParts sparse_parts(const ValueRows& rows, bool batched) {
  const std::int64_t count = rows.values.size();
  SparseParts parts{Tensor::allocate(int64, {count, batched ? 2 : 1}),
                    rows.values.tensor({count}),
                    Tensor::allocate(int64, {batched ? 2 : 1})};
  auto* index = parts.indices.data<std::int64_t>();
  for (std::int64_t row = 0; row < rows.rows(); ++row) {
    const auto at = static_cast<std::size_t>(row);
    for (std::int64_t k = 0; k < rows.ends[at + 1] - rows.ends[at]; ++k) {
      if (batched) *index++ = row;
      *index++ = k;
    }
  }
  auto* dims = parts.shape.data<std::int64_t>();
  if (batched) *dims++ = rows.rows();
  *dims = rows.longest();
  return parts;
}

}  // namespace tern
