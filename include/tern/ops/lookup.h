#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "tern/core/tensor.h"

namespace tern::lookup {

/// How a table gets its entries: one of the initializers below.
struct TableInitializer {
  DType key_dtype, value_dtype;
  std::function<void(const Tensor& table)> initialize;
};

/// Entries keys[k] -> values[k], vectors of one length. A key may come twice
/// if its value does.
class KeyValueTensorInitializer : public TableInitializer {
 public:
  KeyValueTensorInitializer(const Tensor& keys, const Tensor& values);
};

/// What of a line is a key or a value: a column from 0 on, or one of these.
struct TextFileIndex {
  static constexpr std::int64_t WHOLE_LINE = -2;
  static constexpr std::int64_t LINE_NUMBER = -1;
};

/// vocab_size: lines to read. value_index_offset is added to line numbers.
struct TextFileOptions {
  std::optional<std::int64_t> vocab_size = {};
  std::string delimiter = "\t";
  std::int64_t value_index_offset = 0;
};

/// Entries of a text file, one a line.
class TextFileInitializer : public TableInitializer {
 public:
  TextFileInitializer(const std::string& filename,
                      DType key_dtype,
                      std::int64_t key_index,
                      DType value_dtype,
                      std::int64_t value_index,
                      TextFileOptions options = {});
};

struct TableEntries {
  Tensor keys;
  Tensor values;
};

/// What all tables have in common: a handle, shared by copies.
class Table {
 public:
  const Tensor& handle() const { return handle_; }
  DType key_dtype() const { return key_dtype_; }
  DType value_dtype() const { return value_dtype_; }
  /// The value of each key, the default for those that are missing. Throws
  /// InvalidArgumentError for keys of another dtype or shape.
  Tensor lookup(const Tensor& keys) const { return find(keys); }
  Tensor operator[](const Tensor& keys) const { return find(keys); }
  /// int64: how many entries there are.
  Tensor size() const;
  /// All of them.
  TableEntries entries() const;

 protected:
  Table(Tensor handle, DType key_dtype, DType value_dtype, Tensor default_value)
      : handle_(std::move(handle)),
        default_value_(std::move(default_value)),
        key_dtype_(key_dtype),
        value_dtype_(value_dtype) {}
  Tensor find(const Tensor& keys) const;

  Tensor handle_;
  Tensor default_value_;
  DType key_dtype_, value_dtype_;
  bool scalar_keys_ = true;
};

/// A table that never changes:
///   StaticHashTable table(KeyValueTensorInitializer({"a", "b"}, {1, 2}), -1);
///   table.lookup({"b", "c"});  // [2, -1]
class StaticHashTable : public Table {
 public:
  StaticHashTable(const TableInitializer& initializer,
                  const Tensor& default_value);
};

/// A vocabulary (values int64, 0 to size - 1); other keys get the numbers from
/// there on, num_oov_buckets of them, by a hash.
class StaticVocabularyTable {
 public:
  StaticVocabularyTable(const TableInitializer& initializer,
                        std::int64_t num_oov_buckets);
  Tensor lookup(const Tensor& keys) const;
  Tensor operator[](const Tensor& keys) const { return lookup(keys); }
  /// Entries and buckets together.
  Tensor size() const;

 private:
  StaticHashTable table_;
  std::int64_t num_oov_buckets_;
};

namespace experimental {

/// A table that can change; values of default_value's shape.
class MutableHashTable : public Table {
 public:
  MutableHashTable(DType key_dtype,
                   DType value_dtype,
                   const Tensor& default_value);
  /// Adds entries, or changes those that are there.
  void insert(const Tensor& keys, const Tensor& values) const;
  void remove(const Tensor& keys) const;

 protected:
  using Table::Table;
};

struct DenseHashTableOptions {
  std::optional<std::int64_t> initial_num_buckets = {};
};

/// As MutableHashTable; keys may be vectors, of empty_key's shape. empty_key
/// and deleted_key can never be entries.
class DenseHashTable : public MutableHashTable {
 public:
  DenseHashTable(DType key_dtype,
                 DType value_dtype,
                 const Tensor& default_value,
                 const Tensor& empty_key,
                 const Tensor& deleted_key,
                 DenseHashTableOptions options = {});
};

}  // namespace experimental
}  // namespace tern::lookup
