#include "tern/core/dtype.h"

#include <array>
#include <ostream>

#include "tern/core/error.h"
#include "tern/core/resource.h"

namespace tern {
namespace {

enum class Family : char {
  kNone,
  kFloating,
  kComplex,
  kSigned,
  kUnsigned,
  kBool,
  kQuantized,
  kObject,
};

struct DTypeFacts {
  std::string_view name;
  Family family;
  /// The name of TensorFlow's enum after "DT_", where `name` in capitals is
  /// not it.
  std::string_view proto = {};
};

using enum Family;

static_assert(detail::kElementBytes[20] == sizeof(ResourceHandle));
static_assert(detail::kElementBytes[21] == sizeof(Variant));

/// By TensorFlow's code (types.proto).
constexpr std::array<DTypeFacts, detail::kDTypeCodes> kFacts = {{
    {"invalid", kNone},
    {"float32", kFloating, "FLOAT"},
    {"float64", kFloating, "DOUBLE"},
    {"int32", kSigned},
    {"uint8", kUnsigned},
    {"int16", kSigned},
    {"int8", kSigned},
    {"string", kObject},
    {"complex64", kComplex},
    {"int64", kSigned},
    {"bool", kBool},
    {"qint8", kQuantized},
    {"quint8", kQuantized},
    {"qint32", kQuantized},
    {"bfloat16", kFloating},
    {"qint16", kQuantized},
    {"quint16", kQuantized},
    {"uint16", kUnsigned},
    {"complex128", kComplex},
    {"float16", kFloating, "HALF"},
    {"resource", kObject},
    {"variant", kObject},
    {"uint32", kUnsigned},
    {"uint64", kUnsigned},
    {"float8_e5m2", kFloating},
    {"float8_e4m3fn", kFloating},
    {"float8_e4m3fnuz", kFloating},
    {"float8_e4m3b11fnuz", kFloating},
    {"float8_e5m2fnuz", kFloating},
    {"int4", kSigned},
    {"uint4", kUnsigned},
    {"int2", kSigned},
    {"uint2", kUnsigned},
}};

const DTypeFacts& facts(DType dtype) {
  return kFacts[DType::is_valid_code(dtype.code)
                    ? static_cast<std::size_t>(dtype.code)
                    : 0];
}

Family family(DType dtype) { return facts(dtype).family; }

/// ASCII case is all that dtype names have.
bool equal_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if ((a[i] | 0x20) != (b[i] | 0x20)) return false;
  return true;
}

}  // namespace

std::string_view DType::name() const { return facts(*this).name; }

bool DType::is_floating() const { return family(*this) == kFloating; }
bool DType::is_complex() const { return family(*this) == kComplex; }
bool DType::is_integer() const {
  return family(*this) == kSigned || family(*this) == kUnsigned;
}
bool DType::is_unsigned() const { return family(*this) == kUnsigned; }
bool DType::is_quantized() const { return family(*this) == kQuantized; }
bool DType::is_numeric() const {
  return is_floating() || is_complex() || is_integer();
}

DType DType::from_name(std::string_view name) {
  bool is_enum_name = name.starts_with("DT_");
  std::string_view bare = is_enum_name ? name.substr(3) : name;
  for (std::size_t code = 1; code < kFacts.size(); ++code) {
    const DTypeFacts& facts = kFacts[code];
    std::string_view proto = facts.proto.empty() ? facts.name : facts.proto;
    if (name == facts.name || equal_ignoring_case(bare, proto))
      return DType{static_cast<int>(code)};
  }
  throw InvalidArgumentError("\"", name, "\" is not the name of a dtype");
}

std::ostream& operator<<(std::ostream& stream, DType dtype) {
  return stream << "<dtype: '" << dtype.name() << "'>";
}

}  // namespace tern
