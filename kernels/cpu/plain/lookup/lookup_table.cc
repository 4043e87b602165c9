#include "kernels/cpu/plain/lookup/lookup_table.h"

#include <algorithm>
#include <cstring>

#include "kernels/cpu/plain/array/row_copy.h"
#include "tern/core/error.h"

namespace tern {
namespace {

constexpr std::int64_t kFirstRows = 64;

Shape rows_of(std::int64_t rows, const Shape& row) {
  return Shape({rows}).concatenate(row);
}

/// What a dense table makes of scalars when it hands out all entries.
Shape column_shape(const Shape& shape) {
  return shape.rank() == 0 ? Shape{1} : shape;
}

bool same_row(const Tensor& a,
              std::int64_t i,
              const Tensor& b,
              std::int64_t j,
              std::int64_t elements) {
  if (a.dtype() == string)
    return std::equal(a.data<std::string>() + i * elements,
                      a.data<std::string>() + (i + 1) * elements,
                      b.data<std::string>() + j * elements);
  if (a.dtype().is_object()) return false;
  const std::size_t bytes =
      static_cast<std::size_t>(elements) * a.dtype().size();
  return std::memcmp(static_cast<const char*>(a.raw_data()) +
                         static_cast<std::size_t>(i) * bytes,
                     static_cast<const char*>(b.raw_data()) +
                         static_cast<std::size_t>(j) * bytes,
                     bytes) == 0;
}

std::string element_text(const Tensor& tensor, std::int64_t i) {
  if (tensor.dtype() == string) return tensor.data<std::string>()[i];
  if (tensor.dtype() == int64)
    return std::to_string(tensor.data<std::int64_t>()[i]);
  if (tensor.dtype() == int32)
    return std::to_string(tensor.data<std::int32_t>()[i]);
  if (tensor.dtype() == float32) return std::to_string(tensor.data<float>()[i]);
  return "another " + std::string(tensor.dtype().name());
}

}  // namespace

LookupTable::LookupTable(TableSpec spec) : spec_(std::move(spec)) {
  const DType dtype = spec_.key_dtype;
  if (!(dtype == int32) && !(dtype == int64) && !(dtype == string))
    throw InvalidArgumentError("No table has keys of dtype ", dtype.name());
  if (!spec_.key_shape.is_fully_known() || !spec_.value_shape.is_fully_known())
    throw InvalidArgumentError("Keys and values of a table need a known shape");
}

std::string LookupTable::key_bytes(const Tensor& keys,
                                   std::int64_t i,
                                   std::int64_t elements) {
  if (keys.dtype() == string) {
    const std::string* key = keys.data<std::string>() + i * elements;
    if (elements == 1) return *key;
    std::string bytes;  // lengths keep ("a", "bc") and ("ab", "c") apart
    for (std::int64_t k = 0; k < elements; ++k)
      bytes += std::to_string(key[k].size()) + ":" + key[k];
    return bytes;
  }
  const std::size_t size =
      static_cast<std::size_t>(elements) * keys.dtype().size();
  return std::string(static_cast<const char*>(keys.raw_data()) +
                         static_cast<std::size_t>(i) * size,
                     size);
}

Shape LookupTable::batch_shape(const Tensor& keys) const {
  const int batch = keys.shape().rank() - spec_.key_shape.rank();
  if (batch < 0 || !(keys.shape().slice(batch) == spec_.key_shape))
    throw InvalidArgumentError("Expected key shape ",
                               spec_.key_shape.debug_string(),
                               " at the end of ",
                               keys.shape().debug_string());
  return keys.shape().slice(0, batch);
}

void LookupTable::check_keys(const Tensor& keys) const {
  if (!(keys.dtype() == spec_.key_dtype))
    throw InvalidArgumentError("Key must be type ",
                               spec_.key_dtype.name(),
                               " but got ",
                               keys.dtype().name());
  batch_shape(keys);
}

void LookupTable::check_values(const Tensor& keys, const Tensor& values) const {
  check_keys(keys);
  if (!(values.dtype() == spec_.value_dtype))
    throw InvalidArgumentError("Value must be type ",
                               spec_.value_dtype.name(),
                               " but got ",
                               values.dtype().name());
  const Shape expected = batch_shape(keys).concatenate(spec_.value_shape);
  if (!(values.shape() == expected))
    throw InvalidArgumentError("Expected shape ",
                               expected.debug_string(),
                               " for value, got ",
                               values.shape().debug_string());
}

void LookupTable::check_not_reserved(const Tensor& keys,
                                     std::int64_t count) const {
  for (const auto& [name, reserved] : spec_.reserved)
    for (std::int64_t i = 0; i < count; ++i)
      if (key_bytes(keys, i, key_elements()) == reserved)
        throw InvalidArgumentError(
            "Using the ", name, " as a table key is not allowed");
}

void LookupTable::check_mutable(const char* what) const {
  if (spec_.fixed)
    throw UnimplementedError(
        what, " not supported by InitializableLookupTable implementations");
}

Tensor LookupTable::find(const Tensor& keys, const Tensor& default_value) {
  check_keys(keys);
  if (!(default_value.dtype() == spec_.value_dtype))
    throw InvalidArgumentError("Default value must be type ",
                               spec_.value_dtype.name(),
                               " but got ",
                               default_value.dtype().name());
  const Shape batch = batch_shape(keys);
  const Shape all = batch.concatenate(spec_.value_shape);
  const bool one_each = default_value.shape() == all;
  if (!one_each && !(default_value.shape() == spec_.value_shape))
    throw InvalidArgumentError("Expected shape ",
                               spec_.value_shape.debug_string(),
                               " or ",
                               all.debug_string(),
                               " for default value, got ",
                               default_value.shape().debug_string());
  const std::int64_t count = batch.num_elements();
  check_not_reserved(keys, count);
  Tensor result = Tensor::allocate(spec_.value_dtype, all);
  RowCopier copy(spec_.value_dtype, spec_.value_shape.num_elements());
  std::scoped_lock lock(mutex_);
  if (spec_.fixed && !initialized_)
    throw FailedPreconditionError("Table not initialized.");
  for (std::int64_t i = 0; i < count; ++i) {
    auto it = rows_.find(key_bytes(keys, i, key_elements()));
    if (it != rows_.end())
      copy(values_.raw_data(), it->second, result.mutable_data(), i);
    else
      copy(
          default_value.raw_data(), one_each ? i : 0, result.mutable_data(), i);
  }
  return result;
}

void LookupTable::reserve_rows(std::int64_t rows) {
  const std::int64_t have = keys_.defined() ? keys_.shape()[0] : 0;
  if (rows <= have) return;
  const std::int64_t wanted = std::max({rows, 2 * have, kFirstRows});
  auto grow = [&](Tensor& old, DType dtype, const Shape& row) {
    Tensor fresh = Tensor::allocate(dtype, rows_of(wanted, row));
    RowCopier copy(dtype, row.num_elements());
    for (std::int64_t i = 0; i < used_rows_; ++i)
      copy(old.raw_data(), i, fresh.mutable_data(), i);
    return fresh;
  };
  Tensor keys = grow(keys_, spec_.key_dtype, spec_.key_shape);
  values_ = grow(values_, spec_.value_dtype, spec_.value_shape);
  keys_ = std::move(keys);
}

void LookupTable::put(std::int64_t count,
                      const Tensor& keys,
                      const Tensor& values) {
  RowCopier copy_key(spec_.key_dtype, key_elements());
  RowCopier copy_value(spec_.value_dtype, spec_.value_shape.num_elements());
  reserve_rows(used_rows_ + count);
  for (std::int64_t i = 0; i < count; ++i) {
    auto [it, is_new] =
        rows_.try_emplace(key_bytes(keys, i, key_elements()), used_rows_);
    if (is_new && !free_rows_.empty()) {
      it->second = free_rows_.back();
      free_rows_.pop_back();
    } else if (is_new) {
      ++used_rows_;
    }
    if (is_new) copy_key(keys.raw_data(), i, keys_.mutable_data(), it->second);
    copy_value(values.raw_data(), i, values_.mutable_data(), it->second);
  }
}

void LookupTable::insert(const Tensor& keys, const Tensor& values) {
  check_mutable("Insert");
  check_values(keys, values);
  const std::int64_t count = batch_shape(keys).num_elements();
  check_not_reserved(keys, count);
  std::scoped_lock lock(mutex_);
  put(count, keys, values);
}

void LookupTable::remove(const Tensor& keys) {
  check_mutable("Remove");
  check_keys(keys);
  const std::int64_t count = batch_shape(keys).num_elements();
  check_not_reserved(keys, count);
  std::scoped_lock lock(mutex_);
  for (std::int64_t i = 0; i < count; ++i) {
    auto it = rows_.find(key_bytes(keys, i, key_elements()));
    if (it == rows_.end()) continue;
    free_rows_.push_back(it->second);
    rows_.erase(it);
  }
}

void LookupTable::import_values(const Tensor& keys, const Tensor& values) {
  if (spec_.fixed) return initialize(keys, values);
  if (spec_.dense) {
    const std::int64_t rows = keys.shape().rank() ? keys.shape()[0] : 0;
    const Shape key = rows_of(rows, column_shape(spec_.key_shape));
    const Shape value = rows_of(rows, column_shape(spec_.value_shape));
    if (!(keys.shape() == key) || !(values.shape() == value))
      throw InvalidArgumentError("Expected shapes ",
                                 key.debug_string(),
                                 " and ",
                                 value.debug_string(),
                                 " for keys and values, got ",
                                 keys.shape().debug_string(),
                                 " and ",
                                 values.shape().debug_string());
    return import_rows(keys.with_shape(rows_of(rows, spec_.key_shape)),
                       values.with_shape(rows_of(rows, spec_.value_shape)));
  }
  import_rows(keys, values);
}

void LookupTable::import_rows(const Tensor& keys, const Tensor& values) {
  check_values(keys, values);
  std::int64_t count = batch_shape(keys).num_elements();
  std::scoped_lock lock(mutex_);
  rows_.clear();
  free_rows_.clear();
  used_rows_ = 0;
  put(count, keys, values);
}

void LookupTable::initialize(const Tensor& keys, const Tensor& values) {
  if (!spec_.fixed)
    throw InvalidArgumentError(
        "Only tables that are filled once have initializers");
  if (!(keys.dtype() == spec_.key_dtype) ||
      !(values.dtype() == spec_.value_dtype))
    throw InvalidArgumentError("Signature mismatch, have: resource, ",
                               keys.dtype().name(),
                               ", ",
                               values.dtype().name(),
                               "-> expected: resource, ",
                               spec_.key_dtype.name(),
                               ", ",
                               spec_.value_dtype.name(),
                               "->");
  if (keys.shape().rank() != 1)
    throw InvalidArgumentError("Keys must be a vector, but received shape",
                               keys.shape().debug_string());
  if (values.shape().rank() != 1)
    throw InvalidArgumentError("Values must be a vector, but received shape",
                               values.shape().debug_string());
  const std::int64_t count = keys.num_elements();
  if (values.num_elements() != count)
    throw InvalidArgumentError("Keys and values must have the same size ",
                               count,
                               " vs ",
                               values.num_elements());
  std::unordered_map<std::string, std::int64_t> first;
  for (std::int64_t i = 0; i < count; ++i) {
    auto [it, is_new] = first.try_emplace(key_bytes(keys, i, 1), i);
    if (!is_new && !same_row(values, it->second, values, i, 1))
      throw FailedPreconditionError(
          "HashTable has different value for same key. Key ",
          element_text(keys, i),
          " has ",
          element_text(values, it->second),
          " and trying to add value ",
          element_text(values, i));
  }
  std::scoped_lock lock(mutex_);
  // As TensorFlow: who comes second and brings something else is not heard.
  if (initialized_) return;
  put(count, keys, values);
  initialized_ = true;
}

std::int64_t LookupTable::size() {
  std::scoped_lock lock(mutex_);
  return static_cast<std::int64_t>(rows_.size());
}

void LookupTable::export_values(Tensor& keys, Tensor& values) {
  std::scoped_lock lock(mutex_);
  std::vector<std::int64_t> order;
  for (const auto& [key, row] : rows_) order.push_back(row);
  std::sort(order.begin(), order.end());
  const auto count = static_cast<std::int64_t>(order.size());
  keys = Tensor::allocate(spec_.key_dtype, rows_of(count, spec_.key_shape));
  values =
      Tensor::allocate(spec_.value_dtype, rows_of(count, spec_.value_shape));
  RowCopier copy_key(spec_.key_dtype, key_elements());
  RowCopier copy_value(spec_.value_dtype, spec_.value_shape.num_elements());
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t row = order[static_cast<std::size_t>(i)];
    copy_key(keys_.raw_data(), row, keys.mutable_data(), i);
    copy_value(values_.raw_data(), row, values.mutable_data(), i);
  }
  if (!spec_.dense) return;
  keys = keys.with_shape(rows_of(count, column_shape(spec_.key_shape)));
  values = values.with_shape(rows_of(count, column_shape(spec_.value_shape)));
}

LookupTable& lookup_table(const KernelContext& context) {
  const auto& object = context.input(0).data<ResourceHandle>()->object();
  auto* table = dynamic_cast<LookupTable*>(object.get());
  if (!table)
    throw InvalidArgumentError(
        "The handle is of ",
        object ? "a " + std::string(object->kind()) : std::string("nothing"),
        ", not of a lookup table");
  return *table;
}

}  // namespace tern
