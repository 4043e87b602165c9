// Sparse tensors as strings or variants, and kept aside in a map.

#include <algorithm>
#include <mutex>
#include <unordered_map>

#include "io/tensor_proto.h"
#include "kernels/cpu/plain/array/row_copy.h"
#include "kernels/cpu/plain/sparse/sparse_input.h"
#include "tern/core/error.h"
#include "tern/core/resource.h"

namespace tern {
namespace {

using Indices = std::vector<std::int64_t>;

/// A tensor as the value of a variant.
class TensorValue : public VariantValue {
 public:
  explicit TensorValue(Tensor tensor) : tensor(std::move(tensor)) {}
  std::string_view kind() const override { return "Tensor"; }
  const Tensor tensor;
};

/// Indices, values and shape of one sparse tensor.
struct Parts {
  Tensor indices, values, shape;
};

Parts parts_of(const SparseInput& sparse) {
  SparseBuilder built(sparse.rank());
  for (std::int64_t k = 0; k < sparse.count(); ++k) built.add(sparse.index(k));
  return {built.indices(), sparse.values(), int64_vector(sparse.shape())};
}

/// A sparse tensor for each row of the first dimension.
std::vector<Parts> rows_of(const SparseInput& sparse) {
  if (sparse.rank() < 2)
    throw InvalidArgumentError(
        "Rank of input SparseTensor should be > 1, but "
        "saw rank: ",
        sparse.rank());
  if (sparse.shape()[0] > (std::int64_t{1} << 32))
    throw InvalidArgumentError(
        "A minibatch of ", sparse.shape()[0], " rows is too large");
  const auto rows = static_cast<std::size_t>(sparse.shape()[0]);
  std::vector<Indices> entries(rows);
  for (std::int64_t k = 0; k < sparse.count(); ++k)
    entries[static_cast<std::size_t>(sparse.index(k)[0])].push_back(k);
  std::vector<Parts> result;
  const auto shape = std::span(sparse.shape()).subspan(1);
  for (const Indices& row : entries) {
    SparseBuilder built(sparse.rank() - 1);
    for (std::int64_t k : row) built.add(sparse.index(k).subspan(1));
    result.push_back({built.indices(),
                      gather_values(sparse.values(), row),
                      int64_vector(shape)});
  }
  return result;
}

std::string serialized(const Tensor& tensor) {
  proto::TensorProto message;
  if (tensor.dtype().is_object()) {
    io::to_proto(tensor, &message);
  } else {
    message.set_dtype(io::to_proto(tensor.dtype()));
    io::to_proto(tensor.shape(), message.mutable_tensor_shape());
    if (tensor.num_elements() > 0)
      message.set_tensor_content(tensor.raw_data(), tensor.num_bytes());
  }
  return message.SerializeAsString();
}

/// Three elements from `at` on.
void put_parts(const Parts& parts, std::int64_t at, Tensor& out) {
  for (const Tensor* part : {&parts.indices, &parts.values, &parts.shape}) {
    if (out.dtype() == string)
      out.data<std::string>()[at++] = serialized(*part);
    else
      out.data<Variant>()[at++] = Variant(std::make_shared<TensorValue>(*part));
  }
}

Tensor part_at(const Tensor& in, std::int64_t at) {
  if (in.dtype() == string) {
    proto::TensorProto message;
    if (!message.ParseFromString(in.data<std::string>()[at]))
      throw InvalidArgumentError(
          "Could not parse serialized_sparse[", at / 3, ", ", at % 3, "]");
    return io::tensor_from_proto(message);
  }
  auto* value =
      dynamic_cast<TensorValue*>(in.data<Variant>()[at].value().get());
  if (!value)
    throw InvalidArgumentError(
        "serialized_sparse[", at / 3, ", ", at % 3, "] does not hold a tensor");
  return value->tensor;
}

Parts parts_at(const Tensor& in, std::int64_t at) {
  return {part_at(in, at), part_at(in, at + 1), part_at(in, at + 2)};
}

/// Sparse tensors of one rank stacked along new leading dimensions `batch`.
void set_stack(KernelContext& c,
               const std::vector<Parts>& all,
               const Shape& batch,
               DType dtype) {
  std::vector<SparseInput> tensors;
  for (const Parts& parts : all) {
    if (!(parts.values.dtype() == dtype) || !(parts.indices.dtype() == int64) ||
        !(parts.shape.dtype() == int64))
      throw InvalidArgumentError("Requested SparseTensor of type ",
                                 dtype.name(),
                                 " but the serialized one has values of ",
                                 parts.values.dtype().name());
    tensors.emplace_back(parts.indices, parts.values, parts.shape);
    if (tensors.back().rank() != tensors.front().rank())
      throw InvalidArgumentError(
          "Inconsistent shape across SparseTensors: rank prior to "
          "SparseTensor[",
          tensors.size() - 1,
          "] was: ",
          tensors.front().rank(),
          " but rank of this one is: ",
          tensors.back().rank());
  }
  const int rank = tensors.empty() ? 0 : tensors.front().rank();
  Indices shape = batch.to_vector();
  shape.resize(shape.size() + static_cast<std::size_t>(rank), 0);
  const auto lead = static_cast<std::size_t>(batch.rank());
  SparseBuilder built(batch.rank() + rank);
  std::int64_t count = 0;
  for (const SparseInput& tensor : tensors) count += tensor.count();
  Tensor& values = c.allocate_output(1, {count});
  RowCopier copy(dtype, 1);
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const SparseInput& tensor = tensors[i];
    for (int d = 0; d < rank; ++d) {
      auto at = static_cast<std::size_t>(d);
      shape[lead + at] = std::max(shape[lead + at], tensor.shape()[at]);
    }
    Indices index(shape.size());
    auto rest = static_cast<std::int64_t>(i);
    for (std::size_t d = lead; d-- > 0;) {
      index[d] = rest % shape[d];
      rest /= shape[d];
    }
    for (std::int64_t k = 0; k < tensor.count(); ++k) {
      auto own = tensor.index(k);
      std::copy(own.begin(), own.end(), index.begin() + batch.rank());
      copy(tensor.values().raw_data(), k, values.mutable_data(), built.count());
      built.add(index);
    }
  }
  c.set_output(0, built.indices());
  c.set_output(2, int64_vector(shape));
}

void serialize(KernelContext& c) {
  SparseInput sparse(c, 0, /*check_bounds=*/false);
  put_parts(parts_of(sparse), 0, c.output());
}

void serialize_many(KernelContext& c) {
  std::vector<Parts> rows = rows_of(SparseInput(c, 0));
  Tensor& out =
      c.allocate_output(0, {static_cast<std::int64_t>(rows.size()), 3});
  for (std::size_t i = 0; i < rows.size(); ++i)
    put_parts(rows[i], static_cast<std::int64_t>(3 * i), out);
}

void deserialize(KernelContext& c) {
  const Tensor& in = c.input(0);
  if (in.shape().rank() == 0 || in.shape()[-1] != 3)
    throw InvalidArgumentError(
        "Serialized sparse should have 3 as the last dimension ",
        in.shape().debug_string());
  std::vector<Parts> all;
  for (std::int64_t at = 0; at < in.num_elements(); at += 3)
    all.push_back(parts_at(in, at));
  if (all.empty())
    throw InvalidArgumentError(
        "Must have at least 1 serialized SparseTensor, but input matrix has 0 "
        "rows");
  set_stack(c,
            all,
            in.shape().slice(0, in.shape().rank() - 1),
            c.attr<DType>("dtype"));
}

/// Sparse tensors under numbers.
struct SparseMap {
  std::mutex mutex;
  std::int64_t next = 0;
  std::unordered_map<std::int64_t, Parts> tensors;
};

/// One map a process and name, as TensorFlow's resource manager keeps them:
/// the ops that add and those that take are different nodes.
SparseMap& map_of(const KernelContext& c) {
  static std::mutex mutex;
  static auto& maps =
      *new std::unordered_map<std::string, std::unique_ptr<SparseMap>>();
  std::scoped_lock lock(mutex);
  auto& map = maps[c.attr<std::string>("container") + "/" +
                   c.attr<std::string>("shared_name")];
  if (!map) map = std::make_unique<SparseMap>();
  return *map;
}

std::int64_t add_to_map(SparseMap& map, Parts parts) {
  std::scoped_lock lock(map.mutex);
  map.tensors[map.next] = std::move(parts);
  return map.next++;
}

void add_to_tensors_map(KernelContext& c) {
  c.out<std::int64_t>()[0] = add_to_map(map_of(c), parts_of(SparseInput(c, 0)));
}

void add_many_to_tensors_map(KernelContext& c) {
  std::vector<Parts> rows = rows_of(SparseInput(c, 0));
  auto* out = c.allocate_output(0, {static_cast<std::int64_t>(rows.size())})
                  .data<std::int64_t>();
  for (Parts& row : rows) *out++ = add_to_map(map_of(c), std::move(row));
}

void take_from_tensors_map(KernelContext& c) {
  SparseMap& map = map_of(c);
  std::vector<Parts> all;
  {
    std::scoped_lock lock(map.mutex);
    for (std::int64_t handle : c.in<std::int64_t>(0)) {
      auto it = map.tensors.find(handle);
      if (it == map.tensors.end())
        throw InvalidArgumentError(
            "Unable to find SparseTensor: ", handle, " in map");
      all.push_back(it->second);
    }
    for (std::int64_t handle : c.in<std::int64_t>(0)) map.tensors.erase(handle);
  }
  set_stack(c, all, c.input(0).shape(), c.attr<DType>("dtype"));
}

}  // namespace

void register_sparse_serialize_kernels(KernelRegistry& registry) {
  registry.add("SerializeSparse", {}, serialize);
  registry.add("SerializeManySparse", {}, serialize_many);
  registry.add("DeserializeSparse", {}, deserialize);
  registry.add("DeserializeManySparse", {}, deserialize);
  registry.add("AddSparseToTensorsMap", {}, add_to_tensors_map);
  registry.add("AddManySparseToTensorsMap", {}, add_many_to_tensors_map);
  registry.add("TakeManySparseFromTensorsMap", {}, take_from_tensors_map);
}

}  // namespace tern
