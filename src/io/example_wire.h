#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "tern/core/dtype.h"

namespace tern::io {

/// Reads the fields of a message from its bytes, without a copy and without
/// trust in them (protobuf's encoding).
class WireReader {
 public:
  enum Kind { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

  explicit WireReader(std::string_view bytes) : rest_(bytes) {}

  /// Moves on to the next field; false at the end and where the bytes are no
  /// message.
  bool next();
  /// Whether no field was malformed so far.
  bool ok() const { return ok_; }

  std::uint64_t field() const { return field_; }
  Kind kind() const { return kind_; }
  bool is(std::uint64_t field, Kind kind) const {
    return field_ == field && kind_ == kind;
  }
  std::uint64_t varint() const { return varint_; }
  /// The payload of kBytes, kFixed32 (4 bytes) and kFixed64 (8).
  std::string_view bytes() const { return bytes_; }

 private:
  bool fail();
  bool take(std::uint64_t size);

  std::string_view rest_;
  std::string_view bytes_;
  std::uint64_t varint_ = 0, field_ = 0;
  Kind kind_ = kVarint;
  bool ok_ = true;
};

/// Takes a varint from the front of `bytes`; false where there is none.
bool take_varint(std::string_view& bytes, std::uint64_t& value);

/// A Feature of an Example: string, int64 or float32 values, not decoded yet.
/// dtype code 0: a feature of no kind, which stands for none.
struct FeatureBytes {
  DType dtype;
  std::string_view list;
};

/// False for bytes that are no Feature.
bool read_feature(std::string_view bytes, FeatureBytes& feature);
// Appends the values of a list; false for bytes that are no such list.
bool append_values(std::string_view list, std::vector<float>& values);
bool append_values(std::string_view list, std::vector<std::int64_t>& values);
bool append_values(std::string_view list, std::vector<std::string>& values);

using VisitFeature =
    std::function<void(std::string_view name, const FeatureBytes&)>;
using VisitBytes = std::function<void(std::string_view)>;
using VisitNamedBytes =
    std::function<void(std::string_view name, std::string_view bytes)>;

// Each returns false where the bytes are malformed, maybe after visits.

/// The features of a serialized Example; of a SequenceExample its context.
bool visit_features(std::string_view example, const VisitFeature& visit);
/// The feature lists of a serialized SequenceExample.
bool visit_feature_lists(std::string_view example,
                         const VisitNamedBytes& visit);
/// The features of one feature list, in order.
bool visit_steps(std::string_view list,
                 const std::function<void(const FeatureBytes&)>& visit);

// ---- Writing

void append_varint(std::uint64_t value, std::string& bytes);
/// A field of kind kBytes: a message, a string.
void append_field(std::uint64_t field,
                  std::string_view payload,
                  std::string& bytes);
void append_tag(std::uint64_t field, WireReader::Kind kind, std::string& bytes);

}  // namespace tern::io
