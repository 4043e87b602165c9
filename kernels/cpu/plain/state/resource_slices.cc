// Slices of a variable by index: gather, scatter and their n-d forms. All ops
// first turn their indices into slice numbers, checking each, so that a bad
// index leaves the variable as it was.

#include <algorithm>

#include "kernels/common/variable_access.h"
#include "kernels/cpu/plain/array/index_reader.h"
#include "kernels/cpu/plain/array/row_copy.h"
#include "kernels/cpu/plain/array/strided_copy.h"
#include "kernels/cpu/plain/math/element_types.h"
#include "kernels/cpu/plain/math/row_arithmetic.h"
#include "tern/core/parallel.h"

namespace tern {
namespace {

constexpr std::int64_t kCopyGrainBytes = 1 << 18;

/// Which slices of a tensor an index tensor names; -1 for one to be skipped.
struct Slices {
  std::vector<std::int64_t> numbers;
  std::int64_t size = 1;  // elements in a slice
};

/// Rows of dimension `batch_dims`; the indices share the dimensions before it.
Slices row_slices(const Shape& params, const Tensor& indices, int batch_dims) {
  if (params.rank() <= batch_dims)
    throw InvalidArgumentError(
        "params must be at least ", batch_dims + 1, " dimensional");
  if (!(indices.shape().rank() >= batch_dims &&
        params.slice(0, batch_dims) == indices.shape().slice(0, batch_dims)))
    throw InvalidArgumentError("params and indices must agree in their first ",
                               batch_dims,
                               " dimensions, got ",
                               params.debug_string(),
                               " and ",
                               indices.shape().debug_string());
  Slices slices;
  slices.size = params.slice(batch_dims + 1).num_elements();
  std::int64_t rows = params[batch_dims];
  std::int64_t count = indices.num_elements();
  std::int64_t batches = params.slice(0, batch_dims).num_elements();
  std::int64_t per_batch = batches > 0 ? count / batches : 0;
  slices.numbers.resize(static_cast<std::size_t>(count));
  IndexReader reader(indices);
  for (std::int64_t i = 0; i < count; ++i) {
    std::int64_t row = reader[i];
    if (row < 0 || row >= rows)
      throw InvalidArgumentError(
          "indices",
          indices.shape().rank() > 0 ? index_text(i, indices.shape()) : "",
          " = ",
          row,
          " is not in [0, ",
          rows,
          ")");
    std::int64_t batch = batch_dims > 0 ? i / per_batch : 0;
    slices.numbers[static_cast<std::size_t>(i)] = batch * rows + row;
  }
  return slices;
}

/// Each row of indices' last dimension is one position in the leading
/// dimensions of params.
Slices tuple_slices(const Shape& params,
                    const Tensor& indices,
                    bool skip_bad,
                    const char* target) {
  auto depth = static_cast<int>(indices.shape()[-1]);
  if (depth > params.rank())
    throw InvalidArgumentError("Inner dimension of indices, ",
                               depth,
                               ", is larger than the rank of ",
                               params.debug_string());
  Slices slices;
  slices.size = params.slice(depth).num_elements();
  slices.numbers.resize(
      static_cast<std::size_t>(indices.shape().slice(0, -1).num_elements()));
  NdIndex index(indices, params);
  for (std::size_t i = 0; i < slices.numbers.size(); ++i) {
    auto entry = static_cast<std::int64_t>(i);
    slices.numbers[i] = index.row(entry);
    if (slices.numbers[i] < 0 && !skip_bad) index.throw_bad(entry, target);
  }
  return slices;
}

Tensor initialized_value(VariableCell& cell) {
  std::scoped_lock lock(cell.mutex);
  check_initialized(cell);
  return cell.value;
}

void gather_slices(KernelContext& context,
                   const Tensor& params,
                   const Slices& slices,
                   const Shape& shape) {
  Tensor& output = context.allocate_output(0, shape);
  RowCopier copy(output.dtype(), slices.size);
  auto bytes = static_cast<std::int64_t>(copy.bytes());
  parallel_for(static_cast<std::int64_t>(slices.numbers.size()),
               kCopyGrainBytes / (bytes + 1) + 1,
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t i = begin; i < end; ++i)
                   copy(params.raw_data(),
                        slices.numbers[static_cast<std::size_t>(i)],
                        output.mutable_data(),
                        i);
               });
}

void resource_gather(KernelContext& context) {
  Tensor params = initialized_value(variable_cell(context));
  const Tensor& indices = context.input(1);
  auto batch_dims = static_cast<int>(context.attr<std::int64_t>("batch_dims"));
  if (batch_dims < 0) batch_dims += indices.shape().rank();
  Slices slices = row_slices(params.shape(), indices, batch_dims);
  gather_slices(
      context,
      params,
      slices,
      indices.shape().concatenate(params.shape().slice(batch_dims + 1)));
}

void resource_gather_nd(KernelContext& context) {
  Tensor params = initialized_value(variable_cell(context));
  const Tensor& indices = context.input(1);
  Slices slices =
      tuple_slices(params.shape(), indices, /*skip_bad=*/false, "param shape");
  gather_slices(context,
                params,
                slices,
                indices.shape().slice(0, -1).concatenate(params.shape().slice(
                    static_cast<int>(indices.shape()[-1]))));
}

/// One slice of updates for each number; a scalar is repeated over its slice.
class Updates {
 public:
  Updates(const Tensor& updates, std::int64_t slice_size)
      : updates_(updates), copy_(updates.dtype(), slice_size) {
    if (updates.shape().rank() != 0) return;
    repeated_ = Tensor::allocate(updates.dtype(), {slice_size});
    fill_elements(updates.dtype(),
                  repeated_.mutable_data(),
                  updates.raw_data(),
                  slice_size);
  }
  const void* slice(std::size_t i) const {
    if (repeated_.defined()) return repeated_.raw_data();
    return static_cast<const char*>(updates_.raw_data()) + i * copy_.bytes();
  }
  const RowCopier& copier() const { return copy_; }

 private:
  const Tensor& updates_;
  Tensor repeated_;
  RowCopier copy_;
};

void assign_slices(Tensor& value, const Slices& slices, const Tensor& updates) {
  Updates parts(updates, slices.size);
  for (std::size_t i = 0; i < slices.numbers.size(); ++i)
    if (slices.numbers[i] >= 0)
      parts.copier()(
          parts.slice(i), 0, value.mutable_data(), slices.numbers[i]);
}

/// Integers refuse zero, as a CPU would trap on it.
void check_divisors(const Tensor& updates) {
  if (!updates.dtype().is_integer()) return;
  visit_storage(updates.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    if constexpr (std::is_integral_v<T>) {
      const T* values = updates.data<T>();
      if (std::find(values, values + updates.num_elements(), T(0)) !=
          values + updates.num_elements())
        throw InvalidArgumentError("Integer division by zero");
    }
  });
}

template <RowOperation Operation>
void update_slices(Tensor& value, const Slices& slices, const Tensor& updates) {
  if (Operation == RowOperation::kDiv) check_divisors(updates);
  RowFunction update = row_function(Operation, value.dtype());
  Updates parts(updates, slices.size);
  for (std::size_t i = 0; i < slices.numbers.size(); ++i)
    if (slices.numbers[i] >= 0)
      update(at(value.dtype(),
                value.mutable_data(),
                slices.numbers[i] * slices.size),
             parts.slice(i),
             slices.size);
}

using UpdateSlices = void (*)(Tensor&, const Slices&, const Tensor&);

template <UpdateSlices Update>
void resource_scatter(KernelContext& context) {
  VariableCell& cell = variable_cell(context);
  const Tensor& indices = context.input(1);
  const Tensor& updates = context.input(2);
  std::scoped_lock lock(cell.mutex);
  check_initialized(cell);
  const Shape& shape = cell.value.shape();
  Slices slices = row_slices(shape, indices, 0);
  if (updates.shape().rank() != 0 &&
      !(updates.shape() == indices.shape().concatenate(shape.slice(1))))
    throw InvalidArgumentError(
        "Must have updates.shape = indices.shape + params.shape[1:] or "
        "updates.shape = [], got updates.shape ",
        updates.shape().debug_string(),
        ", indices.shape ",
        indices.shape().debug_string(),
        ", params.shape ",
        shape.debug_string());
  Update(writable_value(cell), slices, updates);
}

template <UpdateSlices Update>
void resource_scatter_nd(KernelContext& context) {
  VariableCell& cell = variable_cell(context);
  const Tensor& updates = context.input(2);
  bool skip_bad = context.attr<std::string>("bad_indices_policy") == "IGNORE";
  std::scoped_lock lock(cell.mutex);
  check_initialized(cell);
  Slices slices =
      tuple_slices(cell.value.shape(), context.input(1), skip_bad, "shape");
  auto count = static_cast<std::int64_t>(slices.numbers.size());
  if (updates.num_elements() != count * slices.size)
    throw InvalidArgumentError("The indices name ",
                               count,
                               " slices of ",
                               slices.size,
                               " elements, but updates have shape ",
                               updates.shape().debug_string());
  Update(writable_value(cell), slices, updates);
}

/// Both forms, for each dtype that the operation makes sense for.
template <RowOperation Operation>
void add_scatters(KernelRegistry& registry, const std::string& name) {
  auto add = [&](DType dtype) {
    if (!row_function(Operation, dtype)) return;
    if (dtype.is_numeric())
      registry.add("ResourceScatter" + name,
                   {{"dtype", dtype}},
                   resource_scatter<update_slices<Operation>>);
    if (Operation != RowOperation::kMul && Operation != RowOperation::kDiv)
      registry.add("ResourceScatterNd" + name,
                   {{"T", dtype}},
                   resource_scatter_nd<update_slices<Operation>>);
  };
  for_each_number_type(
      [&](auto tag) { add(dtype_of<typename decltype(tag)::type>); });
  add(bool_);
}

}  // namespace

void register_resource_slices_kernels(KernelRegistry& registry) {
  registry.add("ResourceGather", {}, resource_gather);
  registry.add("ResourceGatherNd", {}, resource_gather_nd);
  registry.add("ResourceScatterUpdate", {}, resource_scatter<assign_slices>);
  registry.add(
      "ResourceScatterNdUpdate", {}, resource_scatter_nd<assign_slices>);
  add_scatters<RowOperation::kAdd>(registry, "Add");
  add_scatters<RowOperation::kSub>(registry, "Sub");
  add_scatters<RowOperation::kMul>(registry, "Mul");
  add_scatters<RowOperation::kDiv>(registry, "Div");
  add_scatters<RowOperation::kMin>(registry, "Min");
  add_scatters<RowOperation::kMax>(registry, "Max");
}

}  // namespace tern
