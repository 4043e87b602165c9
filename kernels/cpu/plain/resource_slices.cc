// Slices of a variable by index: gather, scatter and their n-d forms. All ops
// first turn their indices into slice numbers, checking each, so that a bad
// index leaves the variable as it was.

#include <complex>
#include <cstring>
#include <functional>

#include "kernels/common/register_types.h"
#include "kernels/common/variable_access.h"
#include "tern/core/parallel.h"

namespace tern {
namespace {

constexpr std::int64_t kCopyGrainBytes = 1 << 18;

/// Which slices of a tensor an index tensor names; -1 for one to be skipped.
struct Slices {
  std::vector<std::int64_t> numbers;
  std::int64_t size = 1;  // elements in a slice
};

/// "[1,0]": where flat position `flat` is in a tensor of that shape.
std::string position_string(const Shape& shape, std::int64_t flat) {
  if (shape.rank() == 0) return "";
  std::vector<std::int64_t> position(static_cast<std::size_t>(shape.rank()));
  for (int d = shape.rank() - 1; d >= 0; --d) {
    position[static_cast<std::size_t>(d)] = flat % shape[d];
    flat /= shape[d];
  }
  std::string text;
  for (std::int64_t p : position) text += (text.empty() ? "[" : ",") +
                                          std::to_string(p);
  return text + "]";
}

std::int64_t index_at(const Tensor& indices, std::int64_t i) {
  return indices.dtype() == int32
             ? std::int64_t{indices.data<std::int32_t>()[i]}
             : indices.data<std::int64_t>()[i];
}

/// Rows of dimension `batch_dims`; the indices share the dimensions before it.
Slices row_slices(const Shape& params, const Tensor& indices, int batch_dims) {
  if (params.rank() <= batch_dims)
    throw InvalidArgumentError("params must be at least ", batch_dims + 1,
                               " dimensional");
  Slices slices;
  slices.size = params.slice(batch_dims + 1).num_elements();
  if (!(indices.shape().rank() >= batch_dims &&
        params.slice(0, batch_dims) == indices.shape().slice(0, batch_dims)))
    throw InvalidArgumentError(
        "params and indices must agree in their first ", batch_dims,
        " dimensions, got ", params.debug_string(), " and ",
        indices.shape().debug_string());
  std::int64_t rows = params[batch_dims];
  std::int64_t count = indices.num_elements();
  std::int64_t batches = params.slice(0, batch_dims).num_elements();
  std::int64_t per_batch = batches > 0 ? count / batches : 0;
  slices.numbers.resize(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) {
    std::int64_t row = index_at(indices, i);
    if (row < 0 || row >= rows)
      throw InvalidArgumentError("indices",
                                 position_string(indices.shape(), i), " = ",
                                 row, " is not in [0, ", rows, ")");
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
                    std::string_view target) {
  std::int64_t depth = indices.shape()[-1];
  if (depth > params.rank())
    throw InvalidArgumentError(
        "Inner dimension of indices, ", depth,
        ", is larger than the rank of ", params.debug_string());
  Slices slices;
  slices.size = params.slice(static_cast<int>(depth)).num_elements();
  std::int64_t count = indices.shape().slice(0, -1).num_elements();
  slices.numbers.resize(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) {
    std::int64_t number = 0;
    bool inside = true;
    for (std::int64_t d = 0; d < depth; ++d) {
      std::int64_t index = index_at(indices, i * depth + d);
      std::int64_t limit = params[static_cast<int>(d)];
      inside = inside && index >= 0 && index < limit;
      number = number * limit + index;
    }
    if (!inside && !skip_bad) {
      std::string tuple;
      for (std::int64_t d = 0; d < depth; ++d)
        tuple += (d > 0 ? ", " : "") +
                 std::to_string(index_at(indices, i * depth + d));
      throw InvalidArgumentError(
          "indices", position_string(indices.shape().slice(0, -1), i), " = [",
          tuple, "] does not index into ", target, " ", params.debug_string());
    }
    slices.numbers[static_cast<std::size_t>(i)] = inside ? number : -1;
  }
  return slices;
}

void copy_slice(DType dtype, void* to, std::int64_t to_slice, const void* from,
                std::int64_t from_slice, std::int64_t size) {
  std::size_t bytes = static_cast<std::size_t>(size) * dtype.size();
  char* target = static_cast<char*>(to) +
                 static_cast<std::size_t>(to_slice) * bytes;
  const char* source = static_cast<const char*>(from) +
                       static_cast<std::size_t>(from_slice) * bytes;
  if (dtype.is_object())
    copy_elements(dtype, target, source, size);
  else
    std::memcpy(target, source, bytes);
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
  DType dtype = output.dtype();
  auto count = static_cast<std::int64_t>(slices.numbers.size());
  auto bytes = static_cast<std::int64_t>(dtype.size()) * slices.size;
  parallel_for(count, kCopyGrainBytes / (bytes + 1) + 1,
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t i = begin; i < end; ++i)
                   copy_slice(dtype, output.mutable_data(), i,
                              params.raw_data(),
                              slices.numbers[static_cast<std::size_t>(i)],
                              slices.size);
               });
}

void resource_gather(KernelContext& context) {
  Tensor params = initialized_value(variable_cell(context));
  const Tensor& indices = context.input(1);
  auto batch_dims = static_cast<int>(context.attr<std::int64_t>("batch_dims"));
  if (batch_dims < 0) batch_dims += indices.shape().rank();
  Slices slices = row_slices(params.shape(), indices, batch_dims);
  gather_slices(context, params, slices,
                indices.shape().concatenate(
                    params.shape().slice(batch_dims + 1)));
}

void resource_gather_nd(KernelContext& context) {
  Tensor params = initialized_value(variable_cell(context));
  const Tensor& indices = context.input(1);
  Slices slices = tuple_slices(params.shape(), indices, /*skip_bad=*/false,
                               "param shape");
  gather_slices(context, params, slices,
                indices.shape().slice(0, -1).concatenate(params.shape().slice(
                    static_cast<int>(indices.shape()[-1]))));
}

struct Minimum {
  template <class T>
  T operator()(T a, T b) const {
    return b < a ? b : a;
  }
};
struct Maximum {
  template <class T>
  T operator()(T a, T b) const {
    return a < b ? b : a;
  }
};

/// Integers refuse zero, as a CPU would trap on it.
template <class T>
void check_divisors(const Tensor& updates) {
  if constexpr (std::is_integral_v<T>)
    for (T divisor : updates.values<T>())
      if (divisor == 0)
        throw InvalidArgumentError("Integer division by zero");
}

/// `updates` has one slice for each number, or is one scalar for all.
template <class T, class Op>
void update_slices(Tensor& value, const Slices& slices, const Tensor& updates) {
  bool scalar = updates.shape().rank() == 0;
  const T* update = updates.data<T>();
  for (std::int64_t number : slices.numbers) {
    if (number >= 0) {
      T* to = value.data<T>() + number * slices.size;
      for (std::int64_t i = 0; i < slices.size; ++i)
        to[i] = static_cast<T>(Op()(to[i], scalar ? *update : update[i]));
    }
    if (!scalar) update += slices.size;
  }
}

void assign_slices(Tensor& value, const Slices& slices, const Tensor& updates) {
  DType dtype = value.dtype();
  bool scalar = updates.shape().rank() == 0;
  for (std::size_t i = 0; i < slices.numbers.size(); ++i) {
    std::int64_t number = slices.numbers[i];
    if (number < 0) continue;
    if (!scalar) {
      copy_slice(dtype, value.mutable_data(), number, updates.raw_data(),
                 static_cast<std::int64_t>(i), slices.size);
      continue;
    }
    for (std::int64_t k = 0; k < slices.size; ++k)
      copy_slice(dtype, value.mutable_data(), number * slices.size + k,
                 updates.raw_data(), 0, 1);
  }
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
        updates.shape().debug_string(), ", indices.shape ",
        indices.shape().debug_string(), ", params.shape ",
        shape.debug_string());
  Update(writable_value(cell), slices, updates);
}

template <UpdateSlices Update>
void resource_scatter_nd(KernelContext& context) {
  VariableCell& cell = variable_cell(context);
  const Tensor& updates = context.input(2);
  bool skip_bad =
      context.attr<std::string>("bad_indices_policy") == "IGNORE";
  std::scoped_lock lock(cell.mutex);
  check_initialized(cell);
  Slices slices =
      tuple_slices(cell.value.shape(), context.input(1), skip_bad, "shape");
  auto count = static_cast<std::int64_t>(slices.numbers.size());
  if (updates.num_elements() != count * slices.size)
    throw InvalidArgumentError(
        "The indices name ", count, " slices of ", slices.size,
        " elements, but updates have shape ", updates.shape().debug_string());
  Update(writable_value(cell), slices, updates);
}

template <class T, class Op>
void add_scatter(KernelRegistry& registry, const std::string& name) {
  registry.add("ResourceScatter" + name, {{"dtype", dtype_of<T>}},
               resource_scatter<update_slices<T, Op>>);
}

template <class T, class Op>
void add_scatter_nd(KernelRegistry& registry, const std::string& name) {
  registry.add("ResourceScatterNd" + name, {{"T", dtype_of<T>}},
               resource_scatter_nd<update_slices<T, Op>>);
}

template <class T>
void divide_slices(Tensor& value, const Slices& slices, const Tensor& updates) {
  check_divisors<T>(updates);
  update_slices<T, std::divides<>>(value, slices, updates);
}

}  // namespace

void register_resource_slices_kernels(KernelRegistry& registry) {
  registry.add("ResourceGather", {}, resource_gather);
  registry.add("ResourceGatherNd", {}, resource_gather_nd);
  registry.add("ResourceScatterUpdate", {}, resource_scatter<assign_slices>);
  registry.add("ResourceScatterNdUpdate", {},
               resource_scatter_nd<assign_slices>);

  auto arithmetic = [&]<class T>(T) {
    add_scatter<T, std::plus<>>(registry, "Add");
    add_scatter<T, std::minus<>>(registry, "Sub");
    add_scatter<T, std::multiplies<>>(registry, "Mul");
    registry.add("ResourceScatterDiv", {{"dtype", dtype_of<T>}},
                 resource_scatter<divide_slices<T>>);
    add_scatter_nd<T, std::plus<>>(registry, "Add");
    add_scatter_nd<T, std::minus<>>(registry, "Sub");
  };
  auto ordering = [&]<class T>(T) {
    add_scatter<T, Minimum>(registry, "Min");
    add_scatter<T, Maximum>(registry, "Max");
    add_scatter_nd<T, Minimum>(registry, "Min");
    add_scatter_nd<T, Maximum>(registry, "Max");
  };
  for_each_type<Half, BFloat16, float, double, std::int8_t, std::int16_t,
                std::int32_t, std::int64_t, std::uint8_t, std::uint16_t,
                std::uint32_t, std::uint64_t>([&]<class T>(T type) {
    arithmetic(type);
    ordering(type);
  });
  for_each_type<std::complex<float>, std::complex<double>>(arithmetic);
  add_scatter_nd<bool, std::plus<>>(registry, "Add");
  add_scatter_nd<bool, std::minus<>>(registry, "Sub");
}

}  // namespace tern
