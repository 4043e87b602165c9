#include "keras/saving/json_parser.h"

#include <charconv>
#include <limits>
#include <string>

#include "tern/core/error.h"

namespace tern::keras {
namespace {

/// Deeper files are damaged or hostile; models nest a few dozen levels.
constexpr int kMaxDepth = 200;

void append_utf8(std::string& out, unsigned code) {
  auto byte = [&](unsigned value) { out += static_cast<char>(value); };
  if (code < 0x80) {
    byte(code);
  } else if (code < 0x800) {
    byte(0xC0 | code >> 6);
    byte(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    byte(0xE0 | code >> 12);
    byte(0x80 | (code >> 6 & 0x3F));
    byte(0x80 | (code & 0x3F));
  } else {
    byte(0xF0 | code >> 18);
    byte(0x80 | (code >> 12 & 0x3F));
    byte(0x80 | (code >> 6 & 0x3F));
    byte(0x80 | (code & 0x3F));
  }
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Config document() {
    Config value = this->value(0);
    skip_space();
    if (position_ != text_.size()) fail("nothing more");
    return value;
  }

 private:
  Config value(int depth) {
    if (depth > kMaxDepth) fail("a flatter value");
    skip_space();
    if (position_ == text_.size()) fail("a value");
    switch (text_[position_]) {
      case '{':
        return object(depth);
      case '[':
        return list(depth);
      case '"':
        return string();
      default:
        break;
    }
    if (take("null")) return {};
    if (take("true")) return true;
    if (take("false")) return false;
    if (take("NaN")) return std::numeric_limits<double>::quiet_NaN();
    if (take("Infinity")) return std::numeric_limits<double>::infinity();
    if (take("-Infinity")) return -std::numeric_limits<double>::infinity();
    return number();
  }

  Config object(int depth) {
    Config result = Config::object();
    ++position_;
    skip_space();
    if (take("}")) return result;
    do {
      skip_space();
      if (peek() != '"') fail("a key in quotes");
      std::string key = string();
      skip_space();
      if (!take(":")) fail("':'");
      result[key] = value(depth + 1);
      skip_space();
    } while (take(","));
    if (!take("}")) fail("',' or '}'");
    return result;
  }

  Config list(int depth) {
    Config result = Config::list();
    ++position_;
    skip_space();
    if (take("]")) return result;
    do {
      result.push_back(value(depth + 1));
      skip_space();
    } while (take(","));
    if (!take("]")) fail("',' or ']'");
    return result;
  }

  std::string string() {
    std::string result;
    ++position_;
    for (;;) {
      if (position_ == text_.size()) fail("a closing quote");
      char c = text_[position_++];
      if (c == '"') return result;
      if (static_cast<unsigned char>(c) < 0x20) fail("no control character");
      if (c != '\\') {
        result += c;
        continue;
      }
      char escaped = position_ < text_.size() ? text_[position_++] : '\0';
      switch (escaped) {
        case '"':
        case '\\':
        case '/':
          result += escaped;
          break;
        case 'b':
          result += '\b';
          break;
        case 'f':
          result += '\f';
          break;
        case 'n':
          result += '\n';
          break;
        case 'r':
          result += '\r';
          break;
        case 't':
          result += '\t';
          break;
        case 'u':
          append_utf8(result, code_point());
          break;
        default:
          fail("an escape sequence");
      }
    }
  }

  /// After "\u": four hexadecimal digits, and the second half of a pair.
  unsigned code_point() {
    unsigned first = hex4();
    if (first < 0xD800 || first > 0xDFFF) return first;
    if (first > 0xDBFF || !take("\\u")) fail("a surrogate pair");
    unsigned second = hex4();
    if (second < 0xDC00 || second > 0xDFFF) fail("a surrogate pair");
    return 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
  }

  unsigned hex4() {
    unsigned code = 0;
    const char* begin = text_.data() + position_;
    if (text_.size() - position_ < 4 ||
        std::from_chars(begin, begin + 4, code, 16).ptr != begin + 4)
      fail("four hexadecimal digits");
    position_ += 4;
    return code;
  }

  Config number() {
    const char* begin = text_.data() + position_;
    const char* end = text_.data() + text_.size();
    std::int64_t integer = 0;
    auto [integer_end, error] = std::from_chars(begin, end, integer);
    bool is_integer =
        error == std::errc() &&
        (integer_end == end ||
         (*integer_end != '.' && *integer_end != 'e' && *integer_end != 'E'));
    if (is_integer) {
      position_ += static_cast<std::size_t>(integer_end - begin);
      return integer;
    }
    double real = 0;
    auto [real_end, real_error] = std::from_chars(begin, end, real);
    // from_chars also takes "inf" and "nan" in any case.
    bool starts =
        begin != end && (*begin == '-' || (*begin >= '0' && *begin <= '9'));
    if (!starts || real_error == std::errc::invalid_argument) fail("a value");
    position_ += static_cast<std::size_t>(real_end - begin);
    return real;
  }

  void skip_space() {
    while (position_ < text_.size() &&
           std::string_view(" \t\r\n").find(text_[position_]) !=
               std::string_view::npos)
      ++position_;
  }

  char peek() const {
    return position_ < text_.size() ? text_[position_] : '\0';
  }

  bool take(std::string_view token) {
    if (text_.substr(position_, token.size()) != token) return false;
    position_ += token.size();
    return true;
  }

  [[noreturn]] void fail(std::string_view expected) const {
    std::size_t line = 1, column = 1;
    for (char c : text_.substr(0, position_)) {
      column = c == '\n' ? 1 : column + 1;
      line += c == '\n';
    }
    throw InvalidArgumentError("not valid JSON: expected ",
                               expected,
                               " at line ",
                               line,
                               " column ",
                               column,
                               " (char ",
                               position_,
                               ")");
  }

  std::string_view text_;
  std::size_t position_ = 0;
};

}  // namespace

Config parse_json(std::string_view text) { return Parser(text).document(); }

}  // namespace tern::keras
