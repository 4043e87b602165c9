// lookup.cc: tables from keys to values. A table is a resource; the ops of
// TensorFlow 1, whose handles are references, are lowered to those of
// resources.

#include "tern/ops/lookup.h"

#include "ops/apply.h"
#include "ops/infer_context.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"
#include "tern/ops/strings.h"

namespace tern {
namespace {

/// The handle says what a value is.
void table_handle(InferContext& c) {
  c.set_output(0, Shape());
  Shape value;
  if (c.op().find_attr("value_shape") >= 0)
    value = c.attr<Shape>("value_shape");
  c.set_output_handle(0, {c.attr<DType>("value_dtype"), value});
}

void handle_is_scalar(InferContext& c) { c.with_rank(0, 0); }

/// Known only where keys are scalars, which the handle does not say.
void found_shape(InferContext& c) {
  handle_is_scalar(c);
  c.set_output(0, Shape::unknown());
}

void exported_shapes(InferContext& c) {
  handle_is_scalar(c);
  c.set_output(0, Shape::unknown());
  const Shape value = c.handle(0).shape;
  c.set_output(
      1, value.has_rank() ? Shape({-1}).concatenate(value) : Shape::unknown());
}

void remapping_shapes(InferContext& c) {
  c.with_rank(0, 0);
  c.with_rank(1, 0);
  c.set_output(0, {c.attr<std::int64_t>("num_new_vocab")});
  c.set_output(1, Shape());
}

/// Ops whose handles are references: they are in graphs, where they stand for
/// the ops of resources; none has a kernel.
void add_reference_ops(OpRegistry& registry) {
  auto reference = [](InferContext& c) { c.set_output(0, Shape{2}); };
  registry.add("HashTable")
      .output("table_handle: Ref(string)")
      .attr("container: string = ''")
      .attr("shared_name: string = ''")
      .attr("use_node_name_sharing: bool = false")
      .attr("key_dtype: type")
      .attr("value_dtype: type")
      .no_grad()
      .traits(kStateful | kHostOnly)
      .infer(reference);
  registry.add("MutableHashTable")
      .output("table_handle: Ref(string)")
      .attr("container: string = ''")
      .attr("shared_name: string = ''")
      .attr("use_node_name_sharing: bool = false")
      .attr("key_dtype: type")
      .attr("value_dtype: type")
      .no_grad()
      .traits(kStateful | kHostOnly)
      .infer(reference);
  registry.add("MutableHashTableOfTensors")
      .output("table_handle: Ref(string)")
      .attr("container: string = ''")
      .attr("shared_name: string = ''")
      .attr("use_node_name_sharing: bool = false")
      .attr("key_dtype: type")
      .attr("value_dtype: type")
      .attr("value_shape: shape = {}")
      .no_grad()
      .traits(kStateful | kHostOnly)
      .infer(reference);
  registry.add("MutableDenseHashTable")
      .input("empty_key: key_dtype")
      .output("table_handle: Ref(string)")
      .attr("container: string = ''")
      .attr("shared_name: string = ''")
      .attr("use_node_name_sharing: bool = false")
      .attr("key_dtype: type")
      .attr("value_dtype: type")
      .attr("value_shape: shape = {}")
      .attr("initial_num_buckets: int = 131072")
      .attr("max_load_factor: float = 0.800000012")
      .no_grad()
      .traits(kStateful | kHostOnly)
      .infer(reference);
  auto nothing = [](InferContext&) {};
  registry.add("InitializeTable")
      .input("table_handle: Ref(string)")
      .input("keys: Tkey")
      .input("values: Tval")
      .attr("Tkey: type")
      .attr("Tval: type")
      .no_grad()
      .traits(kHostOnly)
      .infer(nothing);
  registry.add("InitializeTableFromTextFile")
      .input("table_handle: Ref(string)")
      .input("filename: string")
      .attr("key_index: int >= -2")
      .attr("value_index: int >= -2")
      .attr("vocab_size: int >= -1 = -1")
      .attr("delimiter: string = '\t'")
      .attr("offset: int = 0")
      .no_grad()
      .traits(kHostOnly)
      .infer(nothing);
  registry.add("LookupTableInsert")
      .input("table_handle: Ref(string)")
      .input("keys: Tin")
      .input("values: Tout")
      .attr("Tin: type")
      .attr("Tout: type")
      .no_grad()
      .traits(kHostOnly)
      .infer(nothing);
  registry.add("LookupTableImport")
      .input("table_handle: Ref(string)")
      .input("keys: Tin")
      .input("values: Tout")
      .attr("Tin: type")
      .attr("Tout: type")
      .no_grad()
      .traits(kHostOnly)
      .infer(nothing);
  registry.add("LookupTableFind")
      .input("table_handle: Ref(string)")
      .input("keys: Tin")
      .input("default_value: Tout")
      .output("values: Tout")
      .attr("Tin: type")
      .attr("Tout: type")
      .no_grad()
      .traits(kHostOnly)
      .infer(unknown_outputs);
  registry.add("LookupTableExport")
      .input("table_handle: Ref(string)")
      .output("keys: Tkeys")
      .output("values: Tvalues")
      .attr("Tkeys: type")
      .attr("Tvalues: type")
      .no_grad()
      .traits(kHostOnly)
      .infer(unknown_outputs);
  registry.add("LookupTableSize")
      .input("table_handle: Ref(string)")
      .output("size: int64")
      .no_grad()
      .traits(kHostOnly)
      .infer(scalar_output);
}

}  // namespace

void register_lookup_ops(OpRegistry& registry) {
  registry.add("HashTableV2")
      .output("table_handle: resource")
      .attr("container: string = ''")
      .attr("shared_name: string = ''")
      .attr("use_node_name_sharing: bool = false")
      .attr("key_dtype: type")
      .attr("value_dtype: type")
      .no_grad()
      .traits(kStateful | kHostOnly)
      .infer(table_handle);
  registry.add("MutableHashTableV2")
      .output("table_handle: resource")
      .attr("container: string = ''")
      .attr("shared_name: string = ''")
      .attr("use_node_name_sharing: bool = false")
      .attr("key_dtype: type")
      .attr("value_dtype: type")
      .no_grad()
      .traits(kStateful | kHostOnly)
      .infer(table_handle);
  registry.add("MutableHashTableOfTensorsV2")
      .output("table_handle: resource")
      .attr("container: string = ''")
      .attr("shared_name: string = ''")
      .attr("use_node_name_sharing: bool = false")
      .attr("key_dtype: type")
      .attr("value_dtype: type")
      .attr("value_shape: shape = {}")
      .no_grad()
      .traits(kStateful | kHostOnly)
      .infer(table_handle);
  registry.add("MutableDenseHashTableV2")
      .input("empty_key: key_dtype")
      .input("deleted_key: key_dtype")
      .output("table_handle: resource")
      .attr("container: string = ''")
      .attr("shared_name: string = ''")
      .attr("use_node_name_sharing: bool = false")
      .attr("key_dtype: type")
      .attr("value_dtype: type")
      .attr("value_shape: shape = {}")
      .attr("initial_num_buckets: int = 131072")
      .attr("max_load_factor: float = 0.800000012")
      .no_grad()
      .traits(kStateful | kHostOnly)
      .infer(table_handle);
  registry.add("AnonymousHashTable")
      .output("table_handle: resource")
      .attr("key_dtype: type")
      .attr("value_dtype: type")
      .no_grad()
      .traits(kStateful | kHostOnly)
      .infer(table_handle);
  registry.add("AnonymousMutableHashTable")
      .output("table_handle: resource")
      .attr("key_dtype: type")
      .attr("value_dtype: type")
      .no_grad()
      .traits(kStateful | kHostOnly)
      .infer(table_handle);
  registry.add("AnonymousMutableHashTableOfTensors")
      .output("table_handle: resource")
      .attr("key_dtype: type")
      .attr("value_dtype: type")
      .attr("value_shape: shape = {}")
      .no_grad()
      .traits(kStateful | kHostOnly)
      .infer(table_handle);
  registry.add("AnonymousMutableDenseHashTable")
      .input("empty_key: key_dtype")
      .input("deleted_key: key_dtype")
      .output("table_handle: resource")
      .attr("key_dtype: type")
      .attr("value_dtype: type")
      .attr("value_shape: shape = {}")
      .attr("initial_num_buckets: int = 131072")
      .attr("max_load_factor: float = 0.800000012")
      .no_grad()
      .traits(kStateful | kHostOnly)
      .infer(table_handle);

  registry.add("InitializeTableV2")
      .input("table_handle: resource")
      .input("keys: Tkey")
      .input("values: Tval")
      .attr("Tkey: type")
      .attr("Tval: type")
      .no_grad()
      .traits(kStateful | kHostOnly)
      .infer(handle_is_scalar);
  registry.add("InitializeTableFromTextFileV2")
      .input("table_handle: resource")
      .input("filename: string")
      .attr("key_index: int >= -2")
      .attr("value_index: int >= -2")
      .attr("vocab_size: int >= -1 = -1")
      .attr("delimiter: string = '\t'")
      .attr("offset: int = 0")
      .no_grad()
      .traits(kStateful | kHostOnly)
      .infer(handle_is_scalar);
  registry.add("LookupTableFindV2")
      .input("table_handle: resource")
      .input("keys: Tin")
      .input("default_value: Tout")
      .output("values: Tout")
      .attr("Tin: type")
      .attr("Tout: type")
      .no_grad()
      .traits(kStateful | kHostOnly)
      .infer(found_shape)
      .set_by_kernel();
  registry.add("LookupTableInsertV2")
      .input("table_handle: resource")
      .input("keys: Tin")
      .input("values: Tout")
      .attr("Tin: type")
      .attr("Tout: type")
      .no_grad()
      .traits(kStateful | kHostOnly)
      .infer(handle_is_scalar);
  registry.add("LookupTableRemoveV2")
      .input("table_handle: resource")
      .input("keys: Tin")
      .attr("Tin: type")
      .no_grad()
      .traits(kStateful | kHostOnly)
      .infer(handle_is_scalar);
  registry.add("LookupTableImportV2")
      .input("table_handle: resource")
      .input("keys: Tin")
      .input("values: Tout")
      .attr("Tin: type")
      .attr("Tout: type")
      .no_grad()
      .traits(kStateful | kHostOnly)
      .infer(handle_is_scalar);
  registry.add("LookupTableExportV2")
      .input("table_handle: resource")
      .output("keys: Tkeys")
      .output("values: Tvalues")
      .attr("Tkeys: type")
      .attr("Tvalues: type")
      .no_grad()
      .traits(kStateful | kHostOnly)
      .infer(exported_shapes)
      .all_set_by_kernel();
  registry.add("LookupTableSizeV2")
      .input("table_handle: resource")
      .output("size: int64")
      .no_grad()
      .traits(kStateful | kHostOnly)
      .infer(scalar_output);
  registry.add("GenerateVocabRemapping")
      .input("new_vocab_file: string")
      .input("old_vocab_file: string")
      .output("remapping: int64")
      .output("num_present: int32")
      .attr("new_vocab_offset: int >= 0")
      .attr("num_new_vocab: int >= 0")
      .attr("old_vocab_size: int >= -1 = -1")
      .no_grad()
      .traits(kHostOnly)
      .infer(remapping_shapes);
  add_reference_ops(registry);
}

namespace lookup {

KeyValueTensorInitializer::KeyValueTensorInitializer(const Tensor& keys,
                                                     const Tensor& values)
    : TableInitializer{
          keys.dtype(),
          values.dtype(),
          [keys = keys.as_dtype(keys.dtype()),
           values = values.as_dtype(values.dtype())](const Tensor& table) {
            raw<"InitializeTableV2">(table, keys, values);
          }} {}

TextFileInitializer::TextFileInitializer(const std::string& filename,
                                         DType key_dtype_,
                                         std::int64_t key_index,
                                         DType value_dtype_,
                                         std::int64_t value_index,
                                         TextFileOptions options) {
  key_dtype = key_dtype_;
  value_dtype = value_dtype_;
  initialize = [=](const Tensor& table) {
    raw<"InitializeTableFromTextFileV2">(
        table,
        Tensor(filename),
        {{"key_index", key_index},
         {"value_index", value_index},
         {"vocab_size", options.vocab_size.value_or(-1)},
         {"delimiter", options.delimiter},
         {"offset", options.value_index_offset}});
  };
}

Tensor Table::find(const Tensor& keys) const {
  Tensor wanted = keys.as_dtype(key_dtype_);
  Tensor found = raw<"LookupTableFindV2">(handle_, wanted, default_value_);
  // A key of a table of scalars has one value: the shape is the keys'.
  if (scalar_keys_ && found.is_symbolic() && wanted.shape().has_rank() &&
      default_value_.shape().has_rank())
    found =
        ensure_shape(found, wanted.shape().concatenate(default_value_.shape()));
  return found;
}

Tensor Table::size() const { return raw<"LookupTableSizeV2">(handle_); }

TableEntries Table::entries() const {
  Tensors parts = raw<"LookupTableExportV2">.outputs(
      {handle_}, {{"Tkeys", key_dtype_}, {"Tvalues", value_dtype_}});
  // Dense tables hand out columns where keys or values are scalars.
  Shape value = Shape({-1}).concatenate(default_value_.shape());
  return {scalar_keys_ ? reshape(parts[0], {-1}) : parts[0],
          reshape(parts[1], value)};
}

StaticHashTable::StaticHashTable(const TableInitializer& initializer,
                                 const Tensor& default_value)
    : Table(raw<"HashTableV2">(Tensors{},
                               {{"key_dtype", initializer.key_dtype},
                                {"value_dtype", initializer.value_dtype}}),
            initializer.key_dtype,
            initializer.value_dtype,
            default_value.as_dtype(initializer.value_dtype)) {
  initializer.initialize(handle_);
}

StaticVocabularyTable::StaticVocabularyTable(
    const TableInitializer& initializer, std::int64_t num_oov_buckets)
    : table_(initializer, cast(Tensor(-1), int64)),
      num_oov_buckets_(num_oov_buckets) {
  if (num_oov_buckets < 1)
    throw InvalidArgumentError("num_oov_buckets must be >= 1, got ",
                               num_oov_buckets);
  if (!(table_.value_dtype() == int64))
    throw InvalidArgumentError("Values of a vocabulary are int64, got ",
                               table_.value_dtype().name());
}

Tensor StaticVocabularyTable::lookup(const Tensor& keys) const {
  Tensor wanted = keys.as_dtype(table_.key_dtype());
  Tensor text = wanted.dtype() == string ? wanted : strings::as_string(wanted);
  Tensor bucket = strings::to_hash_bucket_fast(text, num_oov_buckets_);
  Tensor id = table_.lookup(wanted);
  return raw<"SelectV2">(id < 0, raw<"AddV2">(bucket, table_.size()), id);
}

Tensor StaticVocabularyTable::size() const {
  return table_.size() + num_oov_buckets_;
}

namespace experimental {

MutableHashTable::MutableHashTable(DType key_dtype,
                                   DType value_dtype,
                                   const Tensor& default_value)
    : Table(raw<"MutableHashTableOfTensorsV2">(
                Tensors{},
                {{"key_dtype", key_dtype},
                 {"value_dtype", value_dtype},
                 {"value_shape", default_value.shape()}}),
            key_dtype,
            value_dtype,
            default_value.as_dtype(value_dtype)) {}

DenseHashTable::DenseHashTable(DType key_dtype,
                               DType value_dtype,
                               const Tensor& default_value,
                               const Tensor& empty_key,
                               const Tensor& deleted_key,
                               DenseHashTableOptions options)
    : MutableHashTable(raw<"MutableDenseHashTableV2">(
                           empty_key.as_dtype(key_dtype),
                           deleted_key.as_dtype(key_dtype),
                           {{"value_dtype", value_dtype},
                            {"value_shape", default_value.shape()},
                            {"initial_num_buckets",
                             options.initial_num_buckets.value_or(1 << 17)}}),
                       key_dtype,
                       value_dtype,
                       default_value.as_dtype(value_dtype)) {
  scalar_keys_ = empty_key.shape().rank() == 0;
}

void MutableHashTable::insert(const Tensor& keys, const Tensor& values) const {
  raw<"LookupTableInsertV2">(
      handle_, keys.as_dtype(key_dtype_), values.as_dtype(value_dtype_));
}

void MutableHashTable::remove(const Tensor& keys) const {
  raw<"LookupTableRemoveV2">(handle_, keys.as_dtype(key_dtype_));
}

}  // namespace experimental
}  // namespace lookup
}  // namespace tern
