#include "io/example_wire.h"

#include <cstring>

namespace tern::io {
namespace {

// Field numbers of TensorFlow's example.proto and feature.proto.
constexpr std::uint64_t kFeaturesOfExample = 1;
constexpr std::uint64_t kListsOfExample = 2;
constexpr std::uint64_t kMapEntry = 1, kMapKey = 1, kMapValue = 2;
constexpr std::uint64_t kBytesList = 1, kFloatList = 2, kInt64List = 3;
constexpr std::uint64_t kValue = 1, kStep = 1;

/// Entries of a map from strings to messages.
bool visit_map(std::string_view map, const VisitNamedBytes& visit) {
  WireReader entries(map);
  while (entries.next()) {
    if (!entries.is(kMapEntry, WireReader::kBytes)) continue;
    std::string_view key, value;
    WireReader entry(entries.bytes());
    while (entry.next()) {
      if (entry.is(kMapKey, WireReader::kBytes)) key = entry.bytes();
      if (entry.is(kMapValue, WireReader::kBytes)) value = entry.bytes();
    }
    if (!entry.ok()) return false;
    visit(key, value);
  }
  return entries.ok();
}

float float_of(std::string_view bytes) {
  float value;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

}  // namespace

bool take_varint(std::string_view& bytes, std::uint64_t& value) {
  value = 0;
  for (unsigned shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

bool WireReader::fail() {
  rest_ = {};
  return ok_ = false;
}

bool WireReader::take(std::uint64_t size) {
  if (size > rest_.size()) return fail();
  bytes_ = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return true;
}

bool WireReader::next() {
  if (rest_.empty()) return false;
  std::uint64_t tag = 0;
  if (!take_varint(rest_, tag)) return fail();
  field_ = tag >> 3;
  kind_ = static_cast<Kind>(tag & 7);
  if (field_ == 0) return fail();
  std::uint64_t size = 0;
  switch (tag & 7) {
    case kVarint:
      return take_varint(rest_, varint_) || fail();
    case kFixed64:
      return take(8);
    case kBytes:
      return take_varint(rest_, size) ? take(size) : fail();
    case kFixed32:
      return take(4);
    default:  // groups, which no message of ours has
      return fail();
  }
}

bool read_feature(std::string_view bytes, FeatureBytes& feature) {
  feature = {};
  WireReader reader(bytes);
  while (reader.next()) {
    if (reader.kind() != WireReader::kBytes) continue;
    if (reader.field() == kBytesList)
      feature = {string, reader.bytes()};
    else if (reader.field() == kFloatList)
      feature = {float32, reader.bytes()};
    else if (reader.field() == kInt64List)
      feature = {int64, reader.bytes()};
  }
  return reader.ok();
}

bool append_values(std::string_view list, std::vector<float>& values) {
  WireReader reader(list);
  while (reader.next()) {
    if (reader.is(kValue, WireReader::kFixed32)) {
      values.push_back(float_of(reader.bytes()));
    } else if (reader.is(kValue, WireReader::kBytes)) {
      std::string_view packed = reader.bytes();
      if (packed.size() % sizeof(float) != 0) return false;
      const std::size_t begin = values.size();
      values.resize(begin + packed.size() / sizeof(float));
      if (!packed.empty())
        std::memcpy(values.data() + begin, packed.data(), packed.size());
    }
  }
  return reader.ok();
}

bool append_values(std::string_view list, std::vector<std::int64_t>& values) {
  WireReader reader(list);
  while (reader.next()) {
    if (reader.is(kValue, WireReader::kVarint)) {
      values.push_back(static_cast<std::int64_t>(reader.varint()));
    } else if (reader.is(kValue, WireReader::kBytes)) {
      std::string_view packed = reader.bytes();
      for (std::uint64_t value = 0; !packed.empty();) {
        if (!take_varint(packed, value)) return false;
        values.push_back(static_cast<std::int64_t>(value));
      }
    }
  }
  return reader.ok();
}

bool append_values(std::string_view list, std::vector<std::string>& values) {
  WireReader reader(list);
  while (reader.next())
    if (reader.is(kValue, WireReader::kBytes))
      values.emplace_back(reader.bytes());
  return reader.ok();
}

bool visit_features(std::string_view example, const VisitFeature& visit) {
  WireReader reader(example);
  bool ok = true;
  while (reader.next() && ok) {
    if (!reader.is(kFeaturesOfExample, WireReader::kBytes)) continue;
    bool readable = true;
    ok = visit_map(reader.bytes(),
                   [&](std::string_view name, std::string_view bytes) {
                     FeatureBytes feature;
                     readable = readable && read_feature(bytes, feature);
                     if (readable) visit(name, feature);
                   }) &&
         readable;
  }
  return ok && reader.ok();
}

bool visit_feature_lists(std::string_view example,
                         const VisitNamedBytes& visit) {
  WireReader reader(example);
  bool ok = true;
  while (reader.next() && ok)
    if (reader.is(kListsOfExample, WireReader::kBytes))
      ok = visit_map(reader.bytes(), visit);
  return ok && reader.ok();
}

bool visit_steps(std::string_view list,
                 const std::function<void(const FeatureBytes&)>& visit) {
  WireReader reader(list);
  while (reader.next()) {
    if (!reader.is(kStep, WireReader::kBytes)) continue;
    FeatureBytes feature;
    if (!read_feature(reader.bytes(), feature)) return false;
    visit(feature);
  }
  return reader.ok();
}

void append_varint(std::uint64_t value, std::string& bytes) {
  for (; value >= 0x80; value >>= 7) bytes += static_cast<char>(value | 0x80);
  bytes += static_cast<char>(value);
}

void append_tag(std::uint64_t field,
                WireReader::Kind kind,
                std::string& bytes) {
  append_varint(field << 3 | static_cast<std::uint64_t>(kind), bytes);
}

void append_field(std::uint64_t field,
                  std::string_view payload,
                  std::string& bytes) {
  append_tag(field, WireReader::kBytes, bytes);
  append_varint(payload.size(), bytes);
  bytes += payload;
}

}  // namespace tern::io
