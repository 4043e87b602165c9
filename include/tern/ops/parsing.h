#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "tern/core/nest.h"
#include "tern/core/tensor.h"
#include "tern/ops/options.h"
#include "tern/ops/ragged_tensor.h"
#include "tern/ops/sparse_tensor.h"

namespace tern::io {

// ---- Examples (tf.train.Example)

/// A feature with as many values in each example: a tensor of `shape`, or the
/// default where an example lacks it.
struct FixedLenFeature {
  Shape shape = {};
  DType dtype = float32;
  std::optional<Tensor> default_value = {};
};

/// Rows of `shape`, as many as an example has; in a batch filled up with
/// default_value (0, "") to the longest. allow_missing must be true but in
/// feature lists of SequenceExamples.
struct FixedLenSequenceFeature {
  Shape shape = {};
  DType dtype = float32;
  bool allow_missing = false;
  std::optional<Tensor> default_value = {};
};

/// Any number of values: a SparseTensor.
struct VarLenFeature {
  DType dtype = float32;
};

/// Any number of values: a RaggedTensor, for a single example a vector.
/// value_key: the name in the example if it is another.
struct RaggedFeature {
  DType dtype = float32;
  std::string value_key = {};
  DType row_splits_dtype = int32;
};

using FeatureSpec = std::variant<FixedLenFeature,
                                 VarLenFeature,
                                 FixedLenSequenceFeature,
                                 RaggedFeature>;
using FeatureSpecs = std::map<std::string, FeatureSpec>;

/// Features by name: tensors, sparse or ragged tensors as their spec says.
class ParsedFeatures {
 public:
  using Value = std::variant<Tensor, SparseTensor, RaggedTensor>;

  /// Throws NotFoundError for other names, InvalidArgumentError for a feature
  /// of another kind.
  const Tensor& operator[](std::string_view name) const;
  const SparseTensor& sparse(std::string_view name) const;
  const RaggedTensor& ragged(std::string_view name) const;
  const std::vector<std::pair<std::string, Value>>& items() const {
    return items_;
  }
  void add(std::string name, Value value) {
    items_.emplace_back(std::move(name), std::move(value));
  }

  /// Throws InvalidArgumentError where a feature is sparse or ragged.
  operator Dict() const;
  /// Sparse tensors become {"indices", "values", "dense_shape"}, ragged ones
  /// {"flat_values", "row_splits"}.
  operator Nest() const;

 private:
  const Value& find(std::string_view name) const;
  std::vector<std::pair<std::string, Value>> items_;
};

/// The features of serialized Examples, a vector of strings (or one):
///   Dict example = io::parse_example(batch, {{"x", FixedLenFeature{{2}}}});
/// Throws InvalidArgumentError for bytes that are no Example, a feature that is
/// missing and one of another dtype or size, naming the example and the key.
ParsedFeatures parse_example(const Tensor& serialized,
                             const FeatureSpecs& features,
                             const Tensor& example_names = {});
ParsedFeatures parse_single_example(const Tensor& serialized,
                                    const FeatureSpecs& features);

struct ParsedSequence {
  ParsedFeatures context;
  ParsedFeatures sequence;
  /// Steps of each dense feature list (int64), by name; none for a single
  /// SequenceExample.
  Dict lengths;
};

/// SequenceExamples: features of the whole, and lists of one feature a step
/// (FixedLenSequenceFeature, VarLenFeature or RaggedFeature).
ParsedSequence parse_sequence_example(const Tensor& serialized,
                                      const FeatureSpecs& context_features,
                                      const FeatureSpecs& sequence_features,
                                      const Tensor& example_names = {});
ParsedSequence parse_single_sequence_example(
    const Tensor& serialized,
    const FeatureSpecs& context_features,
    const FeatureSpecs& sequence_features);

/// An Example to be written: strings, integers (as int64) or floats (as
/// float32) by the dtype of each tensor.
///   writer.write(io::Example({{"label", 3}, {"image", bytes}}).serialize());
class Example {
 public:
  Example(Dict features) : features_(std::move(features)) {}
  /// The bytes of the message, features in order of their names. Throws
  /// InvalidArgumentError for other dtypes.
  std::string serialize() const;

 private:
  Dict features_;
};

// ---- Strings that hold something else

struct DecodeRawOptions {
  bool little_endian = true;
  /// Cuts strings to that many bytes, or fills them up with zeros.
  std::optional<std::int64_t> fixed_length = {};
};

/// Bytes as numbers of `dtype`, along a new last dimension. Throws
/// InvalidArgumentError for strings of different or unsuitable sizes.
Tensor decode_raw(const Tensor& bytes,
                  DType dtype,
                  DecodeRawOptions options = {});

/// select_cols: the columns that are wanted, rising; all unless given.
struct DecodeCsvOptions {
  std::string field_delim = ",";
  bool use_quote_delim = true;
  std::string na_value = "";
  Ints select_cols = {};
};

/// One tensor a field of CSV records, in the dtype of its default, a vector of
/// one value, or of none where the field must be there.
Tensors decode_csv(const Tensor& records,
                   const Tensors& record_defaults,
                   DecodeCsvOptions options = {});

/// compression_type: "ZLIB", "GZIP" or "" for none. Throws DataLossError for
/// bytes that are no such stream.
Tensor decode_compressed(const Tensor& bytes,
                         std::string compression_type = "");
/// Examples in protobuf's JSON form as serialized ones.
Tensor decode_json_example(const Tensor& json_examples);

/// A tensor as the bytes of a TensorProto, and back.
Tensor serialize_tensor(const Tensor& tensor);
Tensor parse_tensor(const Tensor& serialized, DType dtype);

// ---- Files

/// All bytes of a file, a string. Throws NotFoundError.
Tensor read_file(const Tensor& filename);
/// Writes a file, and its folders where they are missing.
void write_file(const Tensor& filename, const Tensor& contents);
/// Paths that match a pattern, or one of several, sorted.
Tensor matching_files(const Tensor& pattern);

}  // namespace tern::io

namespace tern {

// TensorFlow 1's names.
using io::decode_csv;
using io::decode_raw;
using io::FixedLenFeature;
using io::FixedLenSequenceFeature;
using io::parse_example;
using io::parse_single_example;
using io::read_file;
using io::VarLenFeature;

}  // namespace tern
