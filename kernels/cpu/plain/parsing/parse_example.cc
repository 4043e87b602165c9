// Examples to columns of features.

#include <unordered_map>

#include "kernels/cpu/plain/parsing/value_list.h"
#include "ops/kernel.h"
#include "tern/core/error.h"

namespace tern {
namespace {

/// What a call asks for, whatever op it is of. Column k of a kind is for key
/// `...keys[k]`.
struct Request {
  std::vector<std::string> sparse_keys, dense_keys, ragged_keys;
  std::vector<DType> sparse_types, ragged_types, split_types;
  std::vector<Shape> dense_shapes;
  std::vector<Tensor> defaults;
};

/// Element counts of one row of a dense column: of a whole row, or, where its
/// first dimension is open, of one entry along it.
struct DenseSize {
  bool open = false;
  std::int64_t elements = 1;
};

DenseSize dense_size(const Shape& shape) {
  DenseSize size;
  for (int d = 0; d < shape.rank(); ++d) {
    if (shape[d] >= 0)
      size.elements *= shape[d];
    else if (d == 0)
      size.open = true;
    else
      throw InvalidArgumentError(
          "dense_shapes may be unknown in the first dimension only, got ",
          shape.debug_string());
  }
  return size;
}

class Parser {
 public:
  Parser(Request request, std::span<const std::string> names, bool batched)
      : request_(std::move(request)), names_(names), batched_(batched) {
    for (std::size_t k = 0; k < request_.sparse_keys.size(); ++k)
      sparse_.emplace_back(request_.sparse_types[k]);
    for (std::size_t k = 0; k < request_.dense_keys.size(); ++k) {
      dense_.emplace_back(request_.defaults[k].dtype());
      sizes_.push_back(dense_size(request_.dense_shapes[k]));
      check_default(k);
    }
    for (std::size_t k = 0; k < request_.ragged_keys.size(); ++k)
      ragged_.emplace_back(request_.ragged_types[k]);
    for (auto* keys :
         {&request_.sparse_keys, &request_.dense_keys, &request_.ragged_keys})
      for (const std::string& key : *keys) found_[key] = {};
  }

  void parse(std::span<const std::string> examples) {
    for (row_ = 0; row_ < examples.size(); ++row_) {
      for (auto& [key, feature] : found_) feature = {};
      const bool ok = io::visit_features(
          examples[row_],
          [&](std::string_view key, const io::FeatureBytes& feature) {
            auto it = found_.find(key);
            if (it != found_.end()) it->second = feature;
          });
      if (!ok)
        throw InvalidArgumentError(
            "Could not parse example input, value: '", examples[row_], "'");
      for (std::size_t k = 0; k < sparse_.size(); ++k)
        append_any(request_.sparse_keys[k], sparse_[k]);
      for (std::size_t k = 0; k < dense_.size(); ++k) append_dense(k);
      for (std::size_t k = 0; k < ragged_.size(); ++k)
        append_any(request_.ragged_keys[k], ragged_[k]);
    }
  }

  void set_outputs(KernelContext& c) const {
    const int num_sparse = static_cast<int>(sparse_.size());
    const int num_dense = static_cast<int>(dense_.size());
    const int num_ragged = static_cast<int>(ragged_.size());
    for (int k = 0; k < num_sparse; ++k) {
      SparseParts parts =
          sparse_parts(sparse_[static_cast<std::size_t>(k)], batched_);
      c.set_output(k, std::move(parts.indices));
      c.set_output(num_sparse + k, std::move(parts.values));
      c.set_output(2 * num_sparse + k, std::move(parts.shape));
    }
    for (int k = 0; k < num_dense; ++k)
      c.set_output(3 * num_sparse + k,
                   dense_tensor(static_cast<std::size_t>(k)));
    const int first_ragged = 3 * num_sparse + num_dense;
    for (int k = 0; k < num_ragged; ++k) {
      const auto at = static_cast<std::size_t>(k);
      const ValueRows& rows = ragged_[at];
      c.set_output(first_ragged + k, rows.values.tensor({rows.values.size()}));
      // One example has no rows to tell apart.
      c.set_output(
          first_ragged + num_ragged + k,
          splits_tensor(batched_ ? rows.ends : std::vector<std::int64_t>(),
                        request_.split_types[at]));
    }
  }

 private:
  const io::FeatureBytes& found(const std::string& key) const {
    return found_.find(key)->second;
  }

  /// "Name: n0, Key: a, Index: 0.  ", less for a single example.
  std::string place(const std::string& key) const {
    if (!batched_) return "Key: " + key + ".  ";
    return "Name: " + name() + ", Key: " + key +
           ", Index: " + std::to_string(row_) + ".  ";
  }
  std::string name() const {
    return names_.empty() ? "<unknown>" : names_[row_];
  }

  void check_default(std::size_t k) const {
    const Tensor& value = request_.defaults[k];
    const Shape& shape = request_.dense_shapes[k];
    if (value.num_elements() == 0) return;
    if (sizes_[k].open ? value.num_elements() != 1
                       : !value.shape().is_compatible_with(shape))
      throw InvalidArgumentError("def_value[",
                                 k,
                                 "].shape() == ",
                                 value.shape().debug_string(),
                                 " is not compatible with dense_shapes_[",
                                 k,
                                 "] == ",
                                 shape.debug_string());
  }

  void append_values(const std::string& key,
                     const io::FeatureBytes& feature,
                     ValueList& values) const {
    if (!values.append(feature))
      throw InvalidArgumentError(place(key), "Can't parse serialized Example.");
  }

  void append_any(const std::string& key, ValueRows& rows) const {
    const io::FeatureBytes& feature = found(key);
    if (feature.dtype.code != 0) {
      if (!(feature.dtype == rows.values.dtype()))
        throw InvalidArgumentError(place(key),
                                   "Data types don't match. Expected type: ",
                                   rows.values.dtype().name(),
                                   ", Actual type: ",
                                   feature.dtype.name());
      append_values(key, feature, rows.values);
    }
    rows.end_row();
  }

  void append_dense(std::size_t k) {
    const std::string& key = request_.dense_keys[k];
    const io::FeatureBytes& feature = found(key);
    const DenseSize& size = sizes_[k];
    ValueRows& rows = dense_[k];
    const std::int64_t before = rows.values.size();
    if (feature.dtype.code == 0) {
      const Tensor& value = request_.defaults[k];
      if (!size.open && value.num_elements() != size.elements)
        throw InvalidArgumentError(
            batched_ ? "Name: " + name() + ", " : std::string(),
            "Feature: ",
            key,
            " (data type: ",
            value.dtype().name(),
            ") is required but could not be found.");
      if (!size.open) rows.values.append(value);
      return rows.end_row();
    }
    if (!(feature.dtype == rows.values.dtype()))
      throw InvalidArgumentError(place(key),
                                 "Data types don't match. Data type: ",
                                 feature.dtype.name(),
                                 " but expected type: ",
                                 rows.values.dtype().name());
    append_values(key, feature, rows.values);
    const std::int64_t count = rows.values.size() - before;
    if (!size.open && count != size.elements)
      throw InvalidArgumentError(place(key),
                                 "Number of ",
                                 feature.dtype.name(),
                                 " values != expected.  Values size: ",
                                 count,
                                 " but output shape: ",
                                 request_.dense_shapes[k].debug_string());
    if (size.open && (size.elements == 0 ? count : count % size.elements) != 0)
      throw InvalidArgumentError(
          place(key),
          "Number of ",
          feature.dtype.name(),
          " values is not a multiple of stride length. Saw ",
          count,
          " values but output shape is: ",
          request_.dense_shapes[k].debug_string());
    rows.end_row();
  }

  Tensor dense_tensor(std::size_t k) const {
    const ValueRows& rows = dense_[k];
    Shape shape = request_.dense_shapes[k];
    const std::int64_t width = rows.longest();
    if (sizes_[k].open)
      shape.set_dim(0, sizes_[k].elements ? width / sizes_[k].elements : 0);
    if (batched_) shape.insert(0, rows.rows());
    if (!sizes_[k].open) return rows.values.tensor(shape);
    const Tensor& fill = request_.defaults[k];
    return rows.values.padded(
        rows.ends, width, fill.num_elements() ? fill : Tensor(), shape);
  }

  Request request_;
  std::span<const std::string> names_;
  bool batched_;
  std::size_t row_ = 0;
  std::vector<ValueRows> sparse_, dense_, ragged_;
  std::vector<DenseSize> sizes_;
  std::unordered_map<std::string_view, io::FeatureBytes> found_;
};

std::vector<std::string> strings_of(const Tensor& tensor) {
  auto values = tensor.values<std::string>();
  return {values.begin(), values.end()};
}

std::span<const std::string> checked_names(KernelContext& c) {
  auto names = c.in<std::string>(1);
  if (!names.empty() && !(c.input(1).shape() == c.input(0).shape()))
    throw InvalidArgumentError(
        "Expected names have the same shape as serialized: name.shape=",
        c.input(1).shape().debug_string(),
        ", serialized.shape=",
        c.input(0).shape().debug_string());
  return names;
}

void check_count(std::size_t keys, std::size_t types, const char* what) {
  if (keys != types)
    throw InvalidArgumentError("Expected len(",
                               what,
                               "_keys) == num_",
                               what,
                               " but got: ",
                               keys,
                               " vs. ",
                               types);
}

void run(KernelContext& c,
         Request request,
         std::span<const std::string> names) {
  check_count(
      request.sparse_keys.size(), request.sparse_types.size(), "sparse");
  check_count(request.dense_keys.size(), request.defaults.size(), "dense");
  check_count(request.dense_keys.size(), request.dense_shapes.size(), "dense");
  check_count(
      request.ragged_keys.size(), request.ragged_types.size(), "ragged");
  const int rank = c.input(0).shape().rank();
  if (rank > 1)
    throw InvalidArgumentError(
        "Expected serialized to be a scalar or vector, got shape: ",
        c.input(0).shape().debug_string());
  Parser parser(std::move(request), names, rank == 1);
  parser.parse(c.in<std::string>(0));
  parser.set_outputs(c);
}

void parse_example(KernelContext& c) {
  Request request;
  request.sparse_types = c.attr<std::vector<DType>>("sparse_types");
  request.dense_shapes = c.attr<std::vector<Shape>>("dense_shapes");
  const auto num_sparse = static_cast<int>(c.attr<std::int64_t>("Nsparse"));
  const auto num_dense = static_cast<int>(c.attr<std::int64_t>("Ndense"));
  int next = 2;
  auto scalar_key = [&] {
    const Tensor& key = c.input(next++);
    if (key.num_elements() != 1)
      throw InvalidArgumentError("Expected a key to be a scalar, got shape: ",
                                 key.shape().debug_string());
    return key.values<std::string>()[0];
  };
  for (int k = 0; k < num_sparse; ++k)
    request.sparse_keys.push_back(scalar_key());
  for (int k = 0; k < num_dense; ++k)
    request.dense_keys.push_back(scalar_key());
  while (next < c.num_inputs()) request.defaults.push_back(c.input(next++));
  run(c, std::move(request), checked_names(c));
}

void parse_example_v2(KernelContext& c) {
  Request request;
  request.sparse_keys = strings_of(c.input(2));
  request.dense_keys = strings_of(c.input(3));
  request.ragged_keys = strings_of(c.input(4));
  request.sparse_types = c.attr<std::vector<DType>>("sparse_types");
  request.ragged_types = c.attr<std::vector<DType>>("ragged_value_types");
  request.split_types = c.attr<std::vector<DType>>("ragged_split_types");
  request.dense_shapes = c.attr<std::vector<Shape>>("dense_shapes");
  for (int i = 5; i < c.num_inputs(); ++i)
    request.defaults.push_back(c.input(i));
  run(c, std::move(request), checked_names(c));
}

void parse_single_example(KernelContext& c) {
  Request request;
  request.sparse_keys = c.attr<std::vector<std::string>>("sparse_keys");
  request.dense_keys = c.attr<std::vector<std::string>>("dense_keys");
  request.sparse_types = c.attr<std::vector<DType>>("sparse_types");
  request.dense_shapes = c.attr<std::vector<Shape>>("dense_shapes");
  for (int i = 1; i < c.num_inputs(); ++i)
    request.defaults.push_back(c.input(i));
  run(c, std::move(request), {});
}

}  // namespace

void register_parse_example_kernels(KernelRegistry& registry) {
  registry.add("ParseExample", {}, parse_example);
  registry.add("ParseExampleV2", {}, parse_example_v2);
  registry.add("ParseSingleExample", {}, parse_single_example);
}

}  // namespace tern
