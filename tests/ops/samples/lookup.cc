#include "tern/ops/lookup.h"

#include <fstream>

#include "ops/harness/samples.h"

namespace tern {

using namespace harness;

namespace {

Tensor integers(std::vector<std::int64_t> values) { return Tensor(values); }

/// A handle to a table of the entries 1 -> 10, 2 -> 20.
Input filled_table() {
  return made([] {
    lookup::experimental::MutableHashTable table(
        int64, int64, integers({-1})[0]);
    table.insert(integers({1, 2}), integers({10, 20}));
    return table.handle();
  });
}

Input empty_table() {
  return made([] {
    return raw<"HashTableV2">(Tensors{},
                              {{"key_dtype", string}, {"value_dtype", int64}});
  });
}

Input long_integers(std::vector<std::int64_t> values) {
  return made([values] { return integers(values); });
}

Input vocabulary() {
  return made([] {
    const std::string path = std::string(P_tmpdir) + "/tern_vocabulary_sample";
    std::ofstream(path) << "a\nb\n";
    return Tensor(path);
  });
}

}  // namespace

void add_lookup_samples(Samples& samples) {
  const Sample::NamedAttrs types = {{"key_dtype", int64},
                                    {"value_dtype", float32}};
  for (const char* op : {"HashTableV2",
                         "MutableHashTableV2",
                         "MutableHashTableOfTensorsV2",
                         "AnonymousHashTable",
                         "AnonymousMutableHashTable",
                         "AnonymousMutableHashTableOfTensors"})
    samples.of(op).add(std::vector<Input>{}, types, kRandomResult);
  for (const char* op :
       {"MutableDenseHashTableV2", "AnonymousMutableDenseHashTable"})
    samples.of(op).add({long_integers({0}), long_integers({-1})},
                       {{"key_dtype", int64}, {"value_dtype", float32}},
                       kRandomResult | kFixedTypes);

  samples.of("InitializeTableV2")
      .add({empty_table(), strings({"a"}), long_integers({1})},
           {{"Tkey", string}, {"Tval", int64}},
           kFixedTypes);
  samples.of("InitializeTableFromTextFileV2")
      .add({empty_table(), vocabulary()},
           {{"key_index", -2}, {"value_index", -1}});
  samples.of("GenerateVocabRemapping")
      .add({vocabulary(), vocabulary()},
           {{"new_vocab_offset", 1}, {"num_new_vocab", 1}});
  const Input one = made([] { return integers({-1})[0]; });
  const Sample::NamedAttrs longs = {{"Tin", int64}, {"Tout", int64}};
  samples.of("LookupTableFindV2")
      .add({filled_table(), long_integers({2, 3}), one}, longs, kFixedTypes)
      .add({filled_table(), long_integers({}), one}, longs, kFixedTypes);
  for (const char* op : {"LookupTableInsertV2", "LookupTableImportV2"})
    samples.of(op).add(
        {filled_table(), long_integers({3}), long_integers({30})},
        longs,
        kFixedTypes);
  samples.of("LookupTableRemoveV2")
      .add({filled_table(), long_integers({2})}, {{"Tin", int64}}, kFixedTypes);
  samples.of("LookupTableExportV2")
      .add(filled_table(), {{"Tkeys", int64}, {"Tvalues", int64}}, kFixedTypes);
  samples.of("LookupTableSizeV2").add(filled_table());

  // Only graphs have references; there these are lowered to the ops above.
  for (const char* op :
       {"HashTable", "MutableHashTable", "MutableHashTableOfTensors"})
    samples.of(op).add(std::vector<Input>{}, types, kNotRunnable);
  const Input reference = strings({"", "table"});
  samples.of("MutableDenseHashTable").add(ints({0}), types, kNotRunnable);
  for (const char* op :
       {"InitializeTable", "LookupTableInsert", "LookupTableImport"})
    samples.of(op).add({reference, ints({1}), ints({1})}, kNotRunnable);
  samples.of("InitializeTableFromTextFile")
      .add({reference, strings({"a"})},
           {{"key_index", -2}, {"value_index", -1}},
           kNotRunnable);
  samples.of("LookupTableFind")
      .add({reference, ints({1}), ints({1})}, kNotRunnable);
  samples.of("LookupTableExport")
      .add(reference, {{"Tkeys", int64}, {"Tvalues", int64}}, kNotRunnable);
  samples.of("LookupTableSize").add(reference, kNotRunnable);
}

}  // namespace tern
