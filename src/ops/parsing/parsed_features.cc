// parsed_features.cc: Examples by specs of their features.

#include <algorithm>
#include <cstring>

#include "io/example_wire.h"
#include "ops/apply.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"
#include "tern/ops/parsing.h"

namespace tern::io {
namespace {

Tensor string_vector(const std::vector<std::string>& strings) {
  return Tensor(strings);
}

/// Keys, types and defaults of the features of each kind, in the order of
/// their names.
struct Columns {
  std::vector<std::string> sparse, dense, ragged, ragged_keys;
  std::vector<DType> sparse_types, dense_types, ragged_types, split_types;
  std::vector<Shape> shapes;
  Tensors defaults;

  void add(const std::string& name, const FixedLenFeature& feature) {
    if (!feature.shape.is_fully_known())
      throw InvalidArgumentError(
          "First dimension of shape for feature ",
          name,
          " unknown. Consider using FixedLenSequenceFeature.");
    add_dense(name, feature.shape, feature.dtype, feature.default_value);
    Tensor& value = defaults.back();
    if (value.num_elements() > 0) value = reshape(value, feature.shape);
  }
  void add(const std::string& name, const VarLenFeature& feature) {
    sparse.push_back(name);
    sparse_types.push_back(feature.dtype);
  }
  void add(const std::string& name, const FixedLenSequenceFeature& feature) {
    if (!feature.allow_missing)
      throw InvalidArgumentError(
          "Unsupported: FixedLenSequenceFeature requires allow_missing to be "
          "True (feature ",
          name,
          ").");
    add_dense(name,
              Shape({-1}).concatenate(feature.shape),
              feature.dtype,
              feature.default_value);
    Tensor& value = defaults.back();
    if (value.num_elements() > 0) value = reshape(value, {});
  }
  void add(const std::string& name, const RaggedFeature& feature) {
    ragged.push_back(name);
    ragged_keys.push_back(feature.value_key.empty() ? name : feature.value_key);
    ragged_types.push_back(feature.dtype);
    split_types.push_back(feature.row_splits_dtype);
  }

  void add_dense(const std::string& name,
                 const Shape& shape,
                 DType dtype,
                 const std::optional<Tensor>& value) {
    dense.push_back(name);
    dense_types.push_back(dtype);
    shapes.push_back(shape);
    defaults.push_back(value ? cast_default(*value, dtype) : zeros({0}, dtype));
  }
  static Tensor cast_default(const Tensor& value, DType dtype) {
    return value.is_weak() ? value.as_dtype(dtype) : value;
  }
};

Columns columns_of(const FeatureSpecs& features) {
  Columns columns;
  for (const auto& [name, spec] : features)
    std::visit([&, &key = name](const auto& f) { columns.add(key, f); }, spec);
  return columns;
}

/// Takes outputs from the front of a list.
class Outputs {
 public:
  explicit Outputs(Tensors all) : all_(std::move(all)) {}
  Tensors take(std::size_t count) {
    Tensors part(all_.begin() + next_,
                 all_.begin() + next_ + static_cast<std::ptrdiff_t>(count));
    next_ += static_cast<std::ptrdiff_t>(count);
    return part;
  }

 private:
  Tensors all_;
  std::ptrdiff_t next_ = 0;
};

void add_sparse(const std::vector<std::string>& names,
                Outputs& outputs,
                ParsedFeatures& features) {
  Tensors indices = outputs.take(names.size());
  Tensors values = outputs.take(names.size());
  Tensors shapes = outputs.take(names.size());
  for (std::size_t k = 0; k < names.size(); ++k)
    features.add(names[k], SparseTensor{indices[k], values[k], shapes[k]});
}

void add_dense(const std::vector<std::string>& names,
               Outputs& outputs,
               ParsedFeatures& features) {
  Tensors values = outputs.take(names.size());
  for (std::size_t k = 0; k < names.size(); ++k)
    features.add(names[k], values[k]);
}

void add_ragged(const std::vector<std::string>& names,
                bool batched,
                Outputs& outputs,
                ParsedFeatures& features) {
  Tensors values = outputs.take(names.size());
  Tensors splits = outputs.take(names.size());
  for (std::size_t k = 0; k < names.size(); ++k)
    features.add(names[k],
                 batched ? RaggedTensor::from_row_splits(
                               values[k], splits[k], {.validate = false})
                         : RaggedTensor(values[k]));
}

Tensor names_input(const Tensor& names) {
  return names.defined() ? names : string_vector({});
}

bool is_batched(const Tensor& serialized) {
  if (!serialized.shape().has_rank())
    throw InvalidArgumentError(
        "The rank of the serialized examples must be known");
  return serialized.shape().rank() > 0;
}

std::string feature_bytes(const std::string& name, const Tensor& tensor) {
  std::string list, feature;
  if (tensor.dtype() == string) {
    for (const std::string& text : tensor.values<std::string>())
      append_field(1, text, list);
    append_field(1, list, feature);
  } else if (tensor.dtype().is_floating()) {
    Tensor floats = cast(tensor, float32);
    append_field(1,
                 {static_cast<const char*>(floats.host_data(float32)),
                  floats.num_bytes()},
                 list);
    append_field(2, list, feature);
  } else if (tensor.dtype().is_integer() || tensor.dtype() == bool_) {
    std::string packed;
    Tensor integers = cast(tensor, int64);
    for (std::int64_t value : integers.values<std::int64_t>())
      append_varint(static_cast<std::uint64_t>(value), packed);
    append_field(1, packed, list);
    append_field(3, list, feature);
  } else {
    throw InvalidArgumentError("Example: feature ",
                               name,
                               " is ",
                               tensor.dtype().name(),
                               ", not strings, integers or floats");
  }
  return feature;
}

}  // namespace

const ParsedFeatures::Value& ParsedFeatures::find(std::string_view name) const {
  std::string known;
  for (const auto& [key, value] : items_) {
    if (key == name) return value;
    known += (known.empty() ? "" : ", ") + key;
  }
  throw NotFoundError("no feature ", name, " among ", known);
}

const Tensor& ParsedFeatures::operator[](std::string_view name) const {
  if (const Tensor* tensor = std::get_if<Tensor>(&find(name))) return *tensor;
  throw InvalidArgumentError("feature ", name, " is sparse or ragged");
}

const SparseTensor& ParsedFeatures::sparse(std::string_view name) const {
  if (const auto* tensor = std::get_if<SparseTensor>(&find(name)))
    return *tensor;
  throw InvalidArgumentError("feature ", name, " is not sparse");
}

const RaggedTensor& ParsedFeatures::ragged(std::string_view name) const {
  if (const auto* tensor = std::get_if<RaggedTensor>(&find(name)))
    return *tensor;
  throw InvalidArgumentError("feature ", name, " is not ragged");
}

ParsedFeatures::operator Dict() const {
  Dict dict;
  for (const auto& [name, value] : items_) dict[name] = (*this)[name];
  return dict;
}

ParsedFeatures::operator Nest() const {
  std::vector<std::string> names;
  std::vector<Nest> parts;
  for (const auto& [name, value] : items_) {
    names.push_back(name);
    if (const auto* sparse = std::get_if<SparseTensor>(&value)) {
      parts.push_back(Nest::named({"indices", "values", "dense_shape"},
                                  {Nest(sparse->indices),
                                   Nest(sparse->values),
                                   Nest(sparse->dense_shape)}));
    } else if (const auto* ragged = std::get_if<RaggedTensor>(&value)) {
      if (ragged->ragged_rank() == 0)
        parts.push_back(Nest(ragged->flat_values()));
      else
        parts.push_back(Nest::named(
            {"flat_values", "row_splits"},
            {Nest(ragged->flat_values()), Nest(ragged->nested_row_splits())}));
    } else {
      parts.push_back(Nest(std::get<Tensor>(value)));
    }
  }
  return Nest::named(std::move(names), std::move(parts));
}

ParsedFeatures parse_example(const Tensor& serialized,
                             const FeatureSpecs& features,
                             const Tensor& example_names) {
  const Columns columns = columns_of(features);
  Tensors inputs{serialized,
                 names_input(example_names),
                 string_vector(columns.sparse),
                 string_vector(columns.dense),
                 string_vector(columns.ragged_keys)};
  inputs.insert(inputs.end(), columns.defaults.begin(), columns.defaults.end());
  Outputs outputs(raw<"ParseExampleV2">.outputs(
      inputs,
      {{"Tdense", columns.dense_types},
       {"num_sparse", columns.sparse.size()},
       {"sparse_types", columns.sparse_types},
       {"ragged_value_types", columns.ragged_types},
       {"ragged_split_types", columns.split_types},
       {"dense_shapes", columns.shapes}}));
  ParsedFeatures result;
  add_sparse(columns.sparse, outputs, result);
  add_dense(columns.dense, outputs, result);
  add_ragged(columns.ragged, is_batched(serialized), outputs, result);
  return result;
}

ParsedFeatures parse_single_example(const Tensor& serialized,
                                    const FeatureSpecs& features) {
  if (serialized.shape().has_rank() && serialized.shape().rank() != 0)
    throw InvalidArgumentError("Input serialized must be a scalar, got shape ",
                               serialized.shape().debug_string());
  return parse_example(ensure_shape(serialized, {}), features);
}

ParsedSequence parse_sequence_example(const Tensor& serialized,
                                      const FeatureSpecs& context_features,
                                      const FeatureSpecs& sequence_features,
                                      const Tensor& example_names) {
  const Columns context = columns_of(context_features);
  // Whether a list may be missing is said apart from its other properties.
  FeatureSpecs lists = sequence_features;
  std::vector<bool> may_lack;
  for (auto& [name, spec] : lists)
    if (auto* list = std::get_if<FixedLenSequenceFeature>(&spec)) {
      may_lack.push_back(list->allow_missing);
      list->allow_missing = true;
      list->default_value.reset();
    } else if (std::holds_alternative<FixedLenFeature>(spec)) {
      throw InvalidArgumentError(
          "Unsupported feature list ", name, ": FixedLenFeature");
    }
  Columns columns = columns_of(lists);
  for (Shape& shape : columns.shapes) shape = shape.slice(1);

  Tensors inputs{serialized, names_input(example_names)};
  for (const Columns* part : {&context, static_cast<const Columns*>(&columns)})
    for (const auto* keys : {&part->sparse, &part->dense, &part->ragged_keys})
      inputs.push_back(string_vector(*keys));
  inputs.push_back(Tensor(may_lack));
  inputs.insert(inputs.end(), context.defaults.begin(), context.defaults.end());
  Outputs outputs(raw<"ParseSequenceExampleV2">.outputs(
      inputs,
      {{"Ncontext_sparse", context.sparse.size()},
       {"Tcontext_dense", context.dense_types},
       {"context_sparse_types", context.sparse_types},
       {"context_ragged_value_types", context.ragged_types},
       {"context_ragged_split_types", context.split_types},
       {"context_dense_shapes", context.shapes},
       {"Nfeature_list_sparse", columns.sparse.size()},
       {"Nfeature_list_dense", columns.dense.size()},
       {"feature_list_dense_types", columns.dense_types},
       {"feature_list_sparse_types", columns.sparse_types},
       {"feature_list_ragged_value_types", columns.ragged_types},
       {"feature_list_ragged_split_types", columns.split_types},
       {"feature_list_dense_shapes", columns.shapes}}));
  const bool batched = is_batched(serialized);
  ParsedSequence result;
  add_sparse(context.sparse, outputs, result.context);
  add_dense(context.dense, outputs, result.context);
  add_ragged(context.ragged, batched, outputs, result.context);
  add_sparse(columns.sparse, outputs, result.sequence);
  add_dense(columns.dense, outputs, result.sequence);
  Tensors lengths = outputs.take(columns.dense.size());
  for (std::size_t k = 0; batched && k < lengths.size(); ++k)
    result.lengths[columns.dense[k]] = lengths[k];
  const std::size_t count = columns.ragged.size();
  Tensors values = outputs.take(count);
  Tensors outer = outputs.take(count), inner = outputs.take(count);
  for (std::size_t k = 0; k < count; ++k) {
    RaggedTensor steps =
        RaggedTensor::from_row_splits(values[k], inner[k], {.validate = false});
    result.sequence.add(columns.ragged[k],
                        batched ? RaggedTensor::from_row_splits(
                                      steps, outer[k], {.validate = false})
                                : steps);
  }
  return result;
}

ParsedSequence parse_single_sequence_example(
    const Tensor& serialized,
    const FeatureSpecs& context_features,
    const FeatureSpecs& sequence_features) {
  return parse_sequence_example(
      ensure_shape(serialized, {}), context_features, sequence_features);
}

std::string Example::serialize() const {
  // The order of a map is not fixed by the format; sorted, equal examples
  // have equal bytes.
  std::map<std::string, std::string> sorted;
  for (const auto& [name, tensor] : features_)
    sorted[name] = feature_bytes(name, tensor);
  std::string map, example;
  for (const auto& [name, feature] : sorted) {
    std::string entry;
    append_field(1, name, entry);
    append_field(2, feature, entry);
    append_field(1, entry, map);
  }
  append_field(1, map, example);
  return example;
}

}  // namespace tern::io
