#include "tern/keras/config.h"

#include <charconv>
#include <cmath>
#include <ostream>

#include "keras/saving/json_parser.h"
#include "tern/core/error.h"

namespace tern::keras {
namespace {

std::string_view kind_name(Config::Kind kind) {
  switch (kind) {
    case Config::Kind::kNull:
      return "null";
    case Config::Kind::kBool:
      return "a bool";
    case Config::Kind::kInteger:
      return "an integer";
    case Config::Kind::kFloat:
      return "a float";
    case Config::Kind::kString:
      return "a string";
    case Config::Kind::kList:
      return "a list";
    case Config::Kind::kObject:
      return "an object";
  }
  return "";
}

/// As Python's json.dumps: ASCII only, other characters as \uXXXX.
void dump_string(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  auto escape = [&](unsigned unit) {
    out += "\\u";
    for (int shift = 12; shift >= 0; shift -= 4)
      out += kHex[unit >> shift & 15];
  };
  out += '"';
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto c = static_cast<unsigned char>(text[i]);
    std::size_t extra = c >= 0xF0 ? 3 : c >= 0xE0 ? 2 : c >= 0xC0 ? 1 : 0;
    if (c == '"' || c == '\\') {
      (out += '\\') += static_cast<char>(c);
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c < 0x20 || c == 0x7F) {
      escape(c);
    } else if (c < 0x80) {
      out += static_cast<char>(c);
    } else if (extra > 0 && i + extra < text.size()) {
      unsigned code = c & (0x3F >> extra);
      for (; extra > 0; --extra)
        code = code << 6 | (static_cast<unsigned char>(text[++i]) & 0x3F);
      if (code < 0x10000) {
        escape(code);
      } else {
        escape(0xD800 + ((code - 0x10000) >> 10));
        escape(0xDC00 + ((code - 0x10000) & 0x3FF));
      }
    } else {
      escape(0xFFFD);  // not UTF-8
    }
  }
  out += '"';
}

/// Python's repr of a float: the shortest digits that read back the same,
/// with an exponent below 1e-4 and from 1e16 on.
void dump_float(std::string& out, double value) {
  if (std::isnan(value)) {
    out += "NaN";
  } else if (std::isinf(value)) {
    out += value < 0 ? "-Infinity" : "Infinity";
  } else {
    double size = std::fabs(value);
    bool exponent = value != 0 && (size < 1e-4 || size >= 1e16);
    char digits[32];
    auto format =
        exponent ? std::chars_format::scientific : std::chars_format::fixed;
    auto end = std::to_chars(digits, digits + sizeof digits, value, format).ptr;
    std::string_view text(digits, static_cast<std::size_t>(end - digits));
    out += text;
    if (!exponent && text.find('.') == std::string_view::npos) out += ".0";
  }
}

void dump_value(std::string& out, const Config& value) {
  switch (value.kind()) {
    case Config::Kind::kNull:
      out += "null";
      break;
    case Config::Kind::kBool:
      out += value.get<bool>() ? "true" : "false";
      break;
    case Config::Kind::kInteger:
      out += std::to_string(value.get<std::int64_t>());
      break;
    case Config::Kind::kFloat:
      dump_float(out, value.get<double>());
      break;
    case Config::Kind::kString:
      dump_string(out, value.get<std::string>());
      break;
    case Config::Kind::kList: {
      out += '[';
      std::string_view separator = "";
      for (const Config& item : value.items()) {
        out += separator;
        separator = ", ";
        dump_value(out, item);
      }
      out += ']';
      break;
    }
    case Config::Kind::kObject: {
      out += '{';
      std::string_view separator = "";
      for (const auto& [key, member] : value.members()) {
        out += separator;
        separator = ", ";
        dump_string(out, key);
        out += ": ";
        dump_value(out, member);
      }
      out += '}';
      break;
    }
  }
}

}  // namespace

Config Config::list(std::vector<Config> items) {
  Config config;
  config.kind_ = Kind::kList;
  config.items_ = std::move(items);
  return config;
}

Config Config::object(std::vector<Member> members) {
  Config config;
  config.kind_ = Kind::kObject;
  config.members_ = std::move(members);
  return config;
}

Config Config::of_shape(const Shape& shape) {
  if (!shape.has_rank()) return Config();
  Config dims = list();
  for (std::int64_t dim : shape)
    dims.push_back(dim < 0 ? Config() : Config(dim));
  return dims;
}

Config& Config::operator[](const std::string& key) {
  if (kind_ == Kind::kNull) kind_ = Kind::kObject;
  if (kind_ != Kind::kObject) throw_kind("an object");
  for (auto& [name, value] : members_)
    if (name == key) return value;
  return members_.emplace_back(key, Config()).second;
}

const Config& Config::operator[](const std::string& key) const {
  if (const Config* member = find(key)) return *member;
  if (kind_ != Kind::kObject) throw_kind("an object");
  std::string keys;
  for (const auto& [name, value] : members_)
    keys += (keys.empty() ? "" : ", ") + name;
  throw NotFoundError("no \"", key, "\" in the configuration; it has: ", keys);
}

const Config* Config::find(std::string_view key) const {
  for (const auto& [name, value] : members_)
    if (name == key) return &value;
  return nullptr;
}

void Config::erase(std::string_view key) {
  std::erase_if(members_,
                [&](const Member& member) { return member.first == key; });
}

const std::vector<Config>& Config::items() const {
  if (kind_ != Kind::kList) throw_kind("a list");
  return items_;
}

void Config::push_back(Config item) {
  if (kind_ == Kind::kNull) kind_ = Kind::kList;
  if (kind_ != Kind::kList) throw_kind("a list");
  items_.push_back(std::move(item));
}

std::string Config::dump() const {
  std::string out;
  dump_value(out, *this);
  return out;
}

Config Config::parse(std::string_view json) { return parse_json(json); }

bool Config::to_bool() const {
  if (kind_ != Kind::kBool) throw_kind("a bool");
  return integer_ != 0;
}

double Config::to_double() const {
  if (kind_ == Kind::kFloat) return float_;
  if (kind_ != Kind::kInteger) throw_kind("a number");
  return static_cast<double>(integer_);
}

std::int64_t Config::to_int64() const {
  if (kind_ == Kind::kFloat && float_ == std::floor(float_) &&
      std::fabs(float_) < 9e15)
    return static_cast<std::int64_t>(float_);
  if (kind_ != Kind::kInteger) throw_kind("an integer");
  return integer_;
}

const std::string& Config::to_string() const {
  if (kind_ != Kind::kString) throw_kind("a string");
  return text_;
}

Shape Config::to_shape() const {
  if (kind_ == Kind::kNull) return Shape::unknown();
  std::vector<std::int64_t> dims;
  for (const Config& item : items())
    dims.push_back(item.is_null() ? -1 : item.to_int64());
  return Shape(dims);
}

void Config::throw_kind(std::string_view wanted) const {
  throw InvalidArgumentError("the configuration wants ",
                             wanted,
                             ", got ",
                             kind_name(kind_),
                             ": ",
                             dump().substr(0, 80));
}

std::ostream& operator<<(std::ostream& stream, const Config& config) {
  return stream << config.dump();
}

}  // namespace tern::keras
