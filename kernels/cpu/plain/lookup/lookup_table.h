#pragma once

#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "ops/kernel.h"
#include "tern/core/resource.h"

namespace tern {

/// What a table takes and how it behaves.
struct TableSpec {
  DType key_dtype, value_dtype;
  Shape key_shape;     // of one key: a scalar but for dense tables
  Shape value_shape;   // of one value
  bool fixed = false;  // filled once by an initializer, then read only
  bool dense = false;  // entries are imported and exported as matrices
  /// Keys that may not be used, where the op was given some: keys as bytes.
  std::vector<std::pair<std::string, std::string>> reserved;
};

/// A map from keys to values, of any dtype: rows of a tensor, found by the
/// bytes of the key. Rows of removed entries are used again.
class LookupTable : public Resource {
 public:
  explicit LookupTable(TableSpec spec);
  std::string_view kind() const override { return "lookup table"; }
  const TableSpec& spec() const { return spec_; }

  // Each checks dtypes and shapes first, in TensorFlow's words, and changes
  // nothing where it throws.

  /// Values of keys [batch..., key...]; of those that are missing the default:
  /// one value, or one for each key.
  Tensor find(const Tensor& keys, const Tensor& default_value);
  void insert(const Tensor& keys, const Tensor& values);
  void remove(const Tensor& keys);
  /// Forgets what there was.
  void import_values(const Tensor& keys, const Tensor& values);
  /// Fills a fixed table. A second time only the same entries are accepted.
  void initialize(const Tensor& keys, const Tensor& values);
  std::int64_t size();
  /// All entries, in the order they came.
  void export_values(Tensor& keys, Tensor& values);

  /// The bytes that stand for key i of a tensor of keys of `elements` each.
  static std::string key_bytes(const Tensor& keys,
                               std::int64_t i,
                               std::int64_t elements);

 private:
  std::int64_t key_elements() const { return spec_.key_shape.num_elements(); }
  Shape batch_shape(const Tensor& keys) const;
  void check_keys(const Tensor& keys) const;
  void check_values(const Tensor& keys, const Tensor& values) const;
  void check_not_reserved(const Tensor& keys, std::int64_t count) const;
  void check_mutable(const char* what) const;
  void put(std::int64_t count, const Tensor& keys, const Tensor& values);
  void import_rows(const Tensor& keys, const Tensor& values);
  void reserve_rows(std::int64_t rows);

  const TableSpec spec_;
  std::mutex mutex_;
  bool initialized_ = false;
  std::unordered_map<std::string, std::int64_t> rows_;
  std::vector<std::int64_t> free_rows_;
  std::int64_t used_rows_ = 0;
  Tensor keys_;    // [rows, key...]
  Tensor values_;  // [rows, value...]
};

/// The table behind input 0. Throws InvalidArgumentError for other resources.
LookupTable& lookup_table(const KernelContext& context);

}  // namespace tern
