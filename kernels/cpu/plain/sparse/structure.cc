// Sparse tensors reordered, reshaped, joined, cut, filled and made dense:
// values are only moved.

#include <algorithm>
#include <numeric>

#include "kernels/cpu/plain/array/row_copy.h"
#include "kernels/cpu/plain/math/element_types.h"
#include "kernels/cpu/plain/sparse/sparse_input.h"
#include "kernels/cpu/plain/sparse/wide_values.h"
#include "tern/core/error.h"

namespace tern {
namespace {

using Indices = std::vector<std::int64_t>;

void reorder(KernelContext& c) {
  SparseInput sparse(c, 0);
  Indices order = row_major_order(sparse);
  SparseBuilder built(sparse.rank());
  for (std::int64_t k : order) built.add(sparse.index(k));
  c.set_output(0, built.indices());
  c.set_output(1, gather_values(sparse.values(), order));
}

/// The new shape with its one -1 replaced.
Indices resolved_shape(const Indices& old_shape, Indices shape) {
  auto product = [](const Indices& dims) {
    std::int64_t size = 1;
    for (std::int64_t dim : dims)
      if (__builtin_mul_overflow(size, dim, &size))
        throw InvalidArgumentError("The number of elements overflows");
    return size;
  };
  const std::int64_t size = product(old_shape);
  auto open = std::find(shape.begin(), shape.end(), -1);
  if (open != shape.end()) {
    if (std::find(open + 1, shape.end(), -1) != shape.end())
      throw InvalidArgumentError(
          "only one output dimension may be -1, not both ",
          open - shape.begin(),
          " and ",
          std::find(open + 1, shape.end(), -1) - shape.begin());
    *open = 1;
    const std::int64_t rest = product(shape);
    if (rest <= 0)
      throw InvalidArgumentError(
          "reshape cannot infer the missing input size for an empty tensor "
          "unless all specified input sizes are non-zero");
    if (size % rest != 0)
      throw InvalidArgumentError("Input to reshape is a SparseTensor with ",
                                 size,
                                 " dense values, but the requested shape "
                                 "requires a multiple of ",
                                 rest);
    *open = size / rest;
  }
  for (std::int64_t dim : shape)
    if (dim < 0)
      throw InvalidArgumentError("size must be non-negative, not ", dim);
  if (product(shape) != size)
    throw InvalidArgumentError("Input to reshape is a tensor with ",
                               size,
                               " dense values, but the requested shape has ",
                               product(shape));
  return shape;
}

void reshape(KernelContext& c) {
  const Tensor& indices = c.input(0);
  Tensor no_values = Tensor::allocate(bool_, {indices.shape()[0]});
  SparseInput sparse(indices, no_values, c.input(1));
  Indices shape = resolved_shape(sparse.shape(), integers_of(c.input(2)));
  SparseBuilder built(static_cast<int>(shape.size()));
  Indices at(shape.size());
  for (std::int64_t k = 0; k < sparse.count(); ++k) {
    std::int64_t flat = 0;
    auto index = sparse.index(k);
    for (std::size_t d = 0; d < index.size(); ++d)
      flat = flat * sparse.shape()[d] + index[d];
    for (std::size_t d = shape.size(); d-- > 0;) {
      at[d] = flat % shape[d];
      flat /= shape[d];
    }
    built.add(at);
  }
  c.set_output(0, built.indices());
  c.set_output(1, int64_vector(shape));
}

void concat(KernelContext& c) {
  const auto count = static_cast<int>(c.attr<std::int64_t>("N"));
  std::vector<SparseInput> parts;
  for (int i = 0; i < count; ++i)
    parts.emplace_back(c.input(i), c.input(count + i), c.input(2 * count + i));
  const int rank = parts[0].rank();
  auto dim = c.attr<std::int64_t>("concat_dim");
  if (dim < -rank || dim >= rank)
    throw InvalidArgumentError("Concat dimension must be in range [",
                               -rank,
                               ", ",
                               rank,
                               "), got ",
                               dim);
  const auto axis = static_cast<std::size_t>(dim < 0 ? dim + rank : dim);
  Indices shape = parts[0].shape();
  shape[axis] = 0;
  struct Place {
    std::size_t part;
    std::int64_t entry;
  };
  std::vector<Place> places;
  Indices offsets;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const Indices& other = parts[i].shape();
    for (std::size_t d = 0; d < shape.size(); ++d)
      if (other.size() != shape.size() || (d != axis && other[d] != shape[d]))
        throw InvalidArgumentError("Input shapes must match: expected ",
                                   Shape(parts[0].shape()).debug_string(),
                                   " but got ",
                                   Shape(other).debug_string(),
                                   " at position ",
                                   i,
                                   " (the concatenated dimension may differ)");
    offsets.push_back(shape[axis]);
    shape[axis] += other[axis];
    for (std::int64_t k = 0; k < parts[i].count(); ++k)
      places.push_back({i, k});
  }
  auto moved = [&](const Place& place) {
    auto index = parts[place.part].index(place.entry);
    Indices at(index.begin(), index.end());
    at[axis] += offsets[place.part];
    return at;
  };
  std::vector<std::pair<Indices, Place>> entries;
  for (const Place& place : places) entries.emplace_back(moved(place), place);
  std::stable_sort(
      entries.begin(), entries.end(), [](const auto& a, const auto& b) {
        return compare_indices(a.first, b.first) < 0;
      });
  SparseBuilder built(rank);
  Tensor& values =
      c.allocate_output(1, {static_cast<std::int64_t>(entries.size())});
  RowCopier copy(values.dtype(), 1);
  for (const auto& [at, place] : entries) {
    copy(parts[place.part].values().raw_data(),
         place.entry,
         values.mutable_data(),
         built.count());
    built.add(at);
  }
  c.set_output(0, built.indices());
  c.set_output(2, int64_vector(shape));
}

/// The entries within [start, start + size), moved to the origin.
struct Cut {
  Indices entries, shape;
  Tensor indices;
};

Cut cut(const SparseInput& sparse, const Indices& start, const Indices& size) {
  Cut result;
  for (std::size_t d = 0; d < start.size(); ++d) {
    if (start[d] < 0 || size[d] < 0)
      throw InvalidArgumentError(
          "start and size must not be negative, got ", start[d], ", ", size[d]);
    result.shape.push_back(std::max<std::int64_t>(
        0, std::min(size[d], sparse.shape()[d] - start[d])));
  }
  SparseBuilder built(sparse.rank());
  Indices at(start.size());
  for (std::int64_t k = 0; k < sparse.count(); ++k) {
    auto index = sparse.index(k);
    bool inside = true;
    for (std::size_t d = 0; d < at.size(); ++d) {
      at[d] = index[d] - start[d];
      inside = inside && at[d] >= 0 && at[d] < result.shape[d];
    }
    if (!inside) continue;
    built.add(at);
    result.entries.push_back(k);
  }
  result.indices = built.indices();
  return result;
}

void slice(KernelContext& c) {
  SparseInput sparse(c, 0);
  Indices start = integers_of(c.input(3)), size = integers_of(c.input(4));
  const auto rank = static_cast<std::size_t>(sparse.rank());
  if (start.size() != rank || size.size() != rank)
    throw InvalidArgumentError("Expected start and size to be vectors of size ",
                               rank,
                               " but got ",
                               start.size(),
                               " and ",
                               size.size());
  Cut part = cut(sparse, start, size);
  c.set_output(0, part.indices);
  c.set_output(1, gather_values(sparse.values(), part.entries));
  c.set_output(2, int64_vector(part.shape));
}

void split(KernelContext& c) {
  const auto count = c.attr<std::int64_t>("num_split");
  SparseInput sparse(c, 1);
  const std::int64_t dim = c.host_int(0);
  const int rank = sparse.rank();
  if (dim < -rank || dim >= rank)
    throw InvalidArgumentError("Input split_dim should be between [",
                               -rank,
                               ", ",
                               rank,
                               "), got ",
                               dim);
  const auto axis = static_cast<std::size_t>(dim < 0 ? dim + rank : dim);
  const std::int64_t length = sparse.shape()[axis];
  if (count < 1 || count > length)
    throw InvalidArgumentError(
        "Input num_split should be between 1 and the "
        "splitting dimension size (",
        length,
        "), got ",
        count);
  // The first parts are one longer where the length is no multiple.
  const std::int64_t least = length / count, longer = length % count;
  Indices start(sparse.shape().size(), 0), size = sparse.shape();
  for (std::int64_t i = 0; i < count; ++i) {
    size[axis] = least + (i < longer);
    Cut part = cut(sparse, start, size);
    start[axis] += size[axis];
    const int output = static_cast<int>(i), outputs = static_cast<int>(count);
    c.set_output(output, part.indices);
    c.set_output(outputs + output,
                 gather_values(sparse.values(), part.entries));
    c.set_output(2 * outputs + output, int64_vector(part.shape));
  }
}

/// Each gradient goes to the input entry at its place; all others get 0.
void slice_grad(KernelContext& c) {
  const Tensor& gradient = c.input(0);
  const Indices input = integers_of(c.input(1));
  const Indices start = integers_of(c.input(2));
  const Indices output = integers_of(c.input(3));
  const std::size_t rank = start.size();
  if (c.input(1).shape().rank() != 2 || c.input(3).shape().rank() != 2 ||
      c.input(1).shape()[1] != c.input(3).shape()[1] ||
      c.input(1).shape()[1] != static_cast<std::int64_t>(rank) ||
      gradient.shape().rank() != 1 ||
      gradient.num_elements() != c.input(3).shape()[0])
    throw InvalidArgumentError(
        "Gradient, indices and start do not go together: ",
        gradient.shape().debug_string(),
        ", ",
        c.input(1).shape().debug_string(),
        ", ",
        c.input(2).shape().debug_string(),
        ", ",
        c.input(3).shape().debug_string());
  const std::int64_t count = c.input(1).shape()[0];
  Tensor& result = c.allocate_output(0, {count});
  RowCopier copy(result.dtype(), 1);
  std::int64_t next = 0;
  for (std::int64_t k = 0; k < count; ++k) {
    bool here = next < gradient.num_elements();
    for (std::size_t d = 0; here && d < rank; ++d)
      here = input[static_cast<std::size_t>(k) * rank + d] ==
             output[static_cast<std::size_t>(next) * rank + d] + start[d];
    if (here)
      copy(gradient.raw_data(), next++, result.mutable_data(), k);
    else
      copy.clear(result.mutable_data(), k);
  }
}

void fill_empty_rows(KernelContext& c) {
  SparseInput sparse(c, 0, /*check_bounds=*/false);
  const Tensor& default_value = c.input(3);
  if (default_value.shape().rank() != 0)
    throw InvalidArgumentError("default_value must be a scalar, saw: ",
                               default_value.shape().debug_string());
  if (sparse.rank() == 0)
    throw InvalidArgumentError("Dense shape cannot be empty.");
  const std::int64_t rows = sparse.shape()[0];
  if (rows == 0 && sparse.count() != 0)
    throw InvalidArgumentError(
        "Received SparseTensor with dense_shape[0] = 0 but indices.shape[0] = ",
        sparse.count());
  if (rows > (std::int64_t{1} << 40))
    throw InvalidArgumentError("A dense_shape of ", rows, " rows is too large");
  Indices counts(static_cast<std::size_t>(rows), 0);
  for (std::int64_t k = 0; k < sparse.count(); ++k) {
    const std::int64_t row = sparse.index(k)[0];
    if (row < 0 || row >= rows)
      throw InvalidArgumentError(
          "indices(", k, ", 0) is invalid: ", row, " >= ", rows);
    ++counts[static_cast<std::size_t>(row)];
  }
  Tensor& empty = c.allocate_output(2, {rows});
  Indices next;
  std::int64_t total = 0;
  for (std::int64_t row = 0; row < rows; ++row) {
    const std::int64_t count = counts[static_cast<std::size_t>(row)];
    empty.data<bool>()[row] = count == 0;
    next.push_back(total);
    total += std::max<std::int64_t>(count, 1);
  }
  const auto rank = static_cast<std::size_t>(sparse.rank());
  Tensor& indices = c.allocate_output(0, {total, sparse.rank()});
  Tensor& values = c.allocate_output(1, {total});
  Tensor& map = c.allocate_output(3, {sparse.count()});
  RowCopier copy(values.dtype(), 1);
  auto* index = indices.data<std::int64_t>();
  std::fill(index, index + indices.num_elements(), 0);
  for (std::int64_t row = 0; row < rows; ++row)
    if (counts[static_cast<std::size_t>(row)] == 0) {
      const std::int64_t at = next[static_cast<std::size_t>(row)];
      index[static_cast<std::size_t>(at) * rank] = row;
      copy(default_value.raw_data(), 0, values.mutable_data(), at);
    }
  for (std::int64_t k = 0; k < sparse.count(); ++k) {
    auto from = sparse.index(k);
    const std::int64_t at = next[static_cast<std::size_t>(from[0])]++;
    std::copy(
        from.begin(), from.end(), index + static_cast<std::size_t>(at) * rank);
    copy(sparse.values().raw_data(), k, values.mutable_data(), at);
    map.data<std::int64_t>()[k] = at;
  }
}

/// The default's gradient is that of all rows it filled.
void fill_empty_rows_grad(KernelContext& c) {
  const Indices map = integers_of(c.input(0));
  const Tensor& gradient = c.input(1);
  const std::int64_t count = gradient.num_elements();
  std::vector<bool> taken(static_cast<std::size_t>(count));
  for (std::size_t k = 0; k < map.size(); ++k) {
    if (map[k] < 0 || map[k] >= count)
      throw InvalidArgumentError("Elements in reverse index must be in [0, ",
                                 count,
                                 ") but got ",
                                 map[k]);
    taken[static_cast<std::size_t>(map[k])] = true;
  }
  c.set_output(0, gather_values(gradient, map));
  visit_wide(gradient.dtype(), [&]<class W>(W) {
    std::vector<W> all = wide_values<W>(gradient);
    W sum = W();
    for (std::size_t i = 0; i < all.size(); ++i)
      if (!taken[i]) sum += all[i];
    c.set_output(1,
                 tensor_of_values(gradient.dtype(), Shape(), std::vector{sum}));
  });
}

void to_dense(KernelContext& c) {
  const Tensor &indices = c.input(0), &values = c.input(2);
  Tensor& dense = c.output();
  const Shape& shape = dense.shape();
  const int index_rank = indices.shape().rank();
  const std::int64_t count = index_rank == 0 ? 1 : indices.shape()[0];
  const std::int64_t width = index_rank == 2 ? indices.shape()[1] : 1;
  if (width != shape.rank())
    throw InvalidArgumentError(
        "output_shape has incorrect number of elements: ",
        shape.rank(),
        " should be: ",
        width);
  if (values.shape().rank() != 0 && values.num_elements() != count)
    throw InvalidArgumentError("sparse_values has incorrect shape ",
                               values.shape().debug_string(),
                               ", should be [] or [",
                               count,
                               "]");
  const Indices at = integers_of(indices);
  const bool validate = c.attr<bool>("validate_indices");
  RowCopier copy(dense.dtype(), 1);
  for (std::int64_t i = 0; i < dense.num_elements(); ++i)
    copy(c.input(3).raw_data(), 0, dense.mutable_data(), i);
  std::int64_t last = -1;
  for (std::int64_t k = 0; k < count; ++k) {
    std::int64_t place = 0;
    for (int d = 0; d < shape.rank(); ++d) {
      const std::int64_t index = at[static_cast<std::size_t>(k * width + d)];
      if (index < 0 || index >= shape[d])
        throw InvalidArgumentError("indices[",
                                   k,
                                   "] is out of bounds: index ",
                                   index,
                                   " of dimension ",
                                   d,
                                   " is not in [0, ",
                                   shape[d],
                                   ")");
      place = place * shape[d] + index;
    }
    if (validate && place <= last)
      throw InvalidArgumentError(
          "indices[", k, place == last ? "] is repeated" : "] is out of order");
    last = place;
    copy(values.raw_data(),
         values.shape().rank() == 0 ? 0 : k,
         dense.mutable_data(),
         place);
  }
}

}  // namespace

void register_sparse_structure_kernels(KernelRegistry& registry) {
  registry.add("SparseReorder", {}, reorder);
  registry.add("SparseReshape", {}, reshape);
  registry.add("SparseConcat", {}, concat);
  registry.add("SparseSlice", {}, slice);
  registry.add("SparseSliceGrad", {}, slice_grad);
  registry.add("SparseSplit", {}, split);
  registry.add("SparseFillEmptyRows", {}, fill_empty_rows);
  registry.add("SparseFillEmptyRowsGrad", {}, fill_empty_rows_grad);
  registry.add("RaggedFillEmptyRowsGrad", {}, fill_empty_rows_grad);
  registry.add("SparseToDense", {}, to_dense);
}

}  // namespace tern
