// Tables as ops see them: making, filling, asking.

#include <bit>

#include "kernels/cpu/plain/lookup/lookup_table.h"
#include "kernels/cpu/plain/lookup/vocabulary_file.h"
#include "tern/core/error.h"

namespace tern {
namespace {

using TablePointer = std::shared_ptr<LookupTable>;

TableSpec spec_of(const KernelContext& c) {
  TableSpec spec;
  spec.key_dtype = c.attr<DType>("key_dtype");
  spec.value_dtype = c.attr<DType>("value_dtype");
  if (c.op().find_attr("value_shape") >= 0)
    spec.value_shape = c.attr<Shape>("value_shape");
  return spec;
}

/// A node of a graph stands for one table over all runs, as do eager calls
/// with one shared name; other calls make a new one.
template <class Spec>
void make_table(KernelContext& c, Spec spec) {
  auto make = [&] { return std::make_shared<LookupTable>(spec(c)); };
  const int shared = c.op().find_attr("shared_name");
  const bool lasts =
      c.has_own_state() ||
      (shared >= 0 && !c.attr<std::string>("shared_name").empty());
  TablePointer table = lasts ? c.state<TablePointer>(make) : make();
  *c.out<ResourceHandle>().data() = ResourceHandle(
      table, table->spec().value_dtype, table->spec().value_shape);
}

TableSpec fixed_spec(const KernelContext& c) {
  TableSpec spec = spec_of(c);
  spec.fixed = true;
  return spec;
}

/// The empty and the deleted key stand for buckets without an entry; here
/// they only may not be used.
TableSpec dense_spec(const KernelContext& c) {
  TableSpec spec = spec_of(c);
  const Tensor& empty = c.input(0);
  const auto buckets = c.attr<std::int64_t>("initial_num_buckets");
  if (buckets < 4 || !std::has_single_bit(static_cast<std::uint64_t>(buckets)))
    throw InvalidArgumentError(
        "Number of buckets must be at least 4 and a power of 2, got: ",
        buckets);
  if (empty.shape().rank() > 1)
    throw InvalidArgumentError("Empty key must be a scalar or a vector, got ",
                               empty.shape().debug_string());
  spec.dense = true;
  spec.key_shape = empty.shape();
  const std::int64_t elements = spec.key_shape.num_elements();
  spec.reserved.emplace_back("empty_key",
                             LookupTable::key_bytes(empty, 0, elements));
  if (c.num_inputs() > 1) {
    const Tensor& deleted = c.input(1);
    if (!(deleted.shape() == empty.shape()))
      throw InvalidArgumentError(
          "Empty and deleted keys must have same shape, got shapes: ",
          empty.shape().debug_string(),
          " and ",
          deleted.shape().debug_string());
    spec.reserved.emplace_back("deleted_key",
                               LookupTable::key_bytes(deleted, 0, elements));
    if (spec.reserved[0].second == spec.reserved[1].second)
      throw InvalidArgumentError("Empty and deleted keys cannot be equal");
  }
  return spec;
}

template <TableSpec (*Spec)(const KernelContext&)>
void table_kernel(KernelContext& c) {
  make_table(c, Spec);
}

void find(KernelContext& c) {
  c.set_output(0, lookup_table(c).find(c.input(1), c.input(2)));
}

void export_values(KernelContext& c) {
  Tensor keys, values;
  lookup_table(c).export_values(keys, values);
  if (!(keys.dtype() == c.output_dtype(0)) ||
      !(values.dtype() == c.output_dtype(1)))
    throw InvalidArgumentError("The table maps ",
                               keys.dtype().name(),
                               " to ",
                               values.dtype().name(),
                               ", not ",
                               c.output_dtype(0).name(),
                               " to ",
                               c.output_dtype(1).name());
  c.set_output(0, std::move(keys));
  c.set_output(1, std::move(values));
}

void initialize_from_file(KernelContext& c) {
  LookupTable& table = lookup_table(c);
  VocabularyFormat format;
  format.key_index = c.attr<std::int64_t>("key_index");
  format.value_index = c.attr<std::int64_t>("value_index");
  format.size = c.attr<std::int64_t>("vocab_size");
  format.delimiter = c.attr<std::string>("delimiter");
  format.offset = c.attr<std::int64_t>("offset");
  VocabularyColumns columns = read_vocabulary(c.in<std::string>(1)[0],
                                              format,
                                              table.spec().key_dtype,
                                              table.spec().value_dtype);
  table.initialize(columns.keys, columns.values);
}

}  // namespace

void register_lookup_kernels(KernelRegistry& registry) {
  for (const char* op : {"HashTableV2", "AnonymousHashTable"})
    registry.add(op, {}, table_kernel<fixed_spec>);
  for (const char* op : {"MutableHashTableV2",
                         "MutableHashTableOfTensorsV2",
                         "AnonymousMutableHashTable",
                         "AnonymousMutableHashTableOfTensors"})
    registry.add(op, {}, table_kernel<spec_of>);
  for (const char* op :
       {"MutableDenseHashTableV2", "AnonymousMutableDenseHashTable"})
    registry.add(op, {}, table_kernel<dense_spec>);
  registry.add("LookupTableFindV2", {}, find);
  registry.add("LookupTableExportV2", {}, export_values);
  registry.add("LookupTableInsertV2", {}, [](KernelContext& c) {
    lookup_table(c).insert(c.input(1), c.input(2));
  });
  registry.add("LookupTableRemoveV2", {}, [](KernelContext& c) {
    lookup_table(c).remove(c.input(1));
  });
  registry.add("LookupTableImportV2", {}, [](KernelContext& c) {
    lookup_table(c).import_values(c.input(1), c.input(2));
  });
  registry.add("InitializeTableV2", {}, [](KernelContext& c) {
    lookup_table(c).initialize(c.input(1), c.input(2));
  });
  registry.add("LookupTableSizeV2", {}, [](KernelContext& c) {
    c.out<std::int64_t>()[0] = lookup_table(c).size();
  });
  registry.add("InitializeTableFromTextFileV2", {}, initialize_from_file);
}

}  // namespace tern
