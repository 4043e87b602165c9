#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "tern/core/dtype.h"
#include "tern/core/shape.h"

namespace tern::keras {

/// A JSON value: what a layer's `get_config` returns and a saved model holds.
/// Objects keep the order of insertion; integers and floats stay apart.
class Config {
 public:
  enum class Kind { kNull, kBool, kInteger, kFloat, kString, kList, kObject };
  using Member = std::pair<std::string, Config>;

  /// null.
  Config() = default;
  template <Number T>
  Config(T value) {
    if constexpr (std::is_same_v<T, bool>) {
      kind_ = Kind::kBool;
      integer_ = value;
    } else if constexpr (std::is_floating_point_v<T>) {
      kind_ = Kind::kFloat;
      float_ = static_cast<double>(value);
    } else {
      kind_ = Kind::kInteger;
      integer_ = static_cast<std::int64_t>(value);
    }
  }
  Config(const char* text) : kind_(Kind::kString), text_(text) {}
  Config(std::string text) : kind_(Kind::kString), text_(std::move(text)) {}
  static Config list(std::vector<Config> items = {});
  static Config object(std::vector<Member> members = {});
  /// [null, 15] for (None, 15); null for an unknown rank.
  static Config of_shape(const Shape& shape);

  Kind kind() const { return kind_; }
  bool is_null() const { return kind_ == Kind::kNull; }
  bool is_number() const {
    return kind_ == Kind::kInteger || kind_ == Kind::kFloat;
  }
  bool is_string() const { return kind_ == Kind::kString; }
  bool is_list() const { return kind_ == Kind::kList; }
  bool is_object() const { return kind_ == Kind::kObject; }

  /// A member of an object; null becomes an object, and a new key a null.
  Config& operator[](const std::string& key);
  /// Throws NotFoundError, naming the keys there are.
  const Config& operator[](const std::string& key) const;
  bool contains(std::string_view key) const { return find(key) != nullptr; }
  /// Null where there is no such member.
  const Config* find(std::string_view key) const;
  void erase(std::string_view key);
  const std::vector<Member>& members() const { return members_; }

  /// The items of a list. Throws InvalidArgumentError for other values.
  const std::vector<Config>& items() const;
  void push_back(Config item);

  /// As bool, a number, std::string, Shape (null is -1) or DType (by name).
  /// Throws InvalidArgumentError for a value of another kind.
  template <class T>
  T get() const {
    if constexpr (std::is_same_v<T, bool>)
      return to_bool();
    else if constexpr (std::is_floating_point_v<T>)
      return static_cast<T>(to_double());
    else if constexpr (std::is_integral_v<T>)
      return static_cast<T>(to_int64());
    else if constexpr (std::is_same_v<T, Shape>)
      return to_shape();
    else if constexpr (std::is_same_v<T, DType>)
      return DType::from_name(to_string());
    else
      return T(to_string());
  }
  /// The member `key` as T, or `otherwise` where it is absent or null.
  template <class T>
  T get(std::string_view key, T otherwise) const {
    const Config* member = find(key);
    return member && !member->is_null() ? member->get<T>() : otherwise;
  }

  /// JSON in one line, as Python's json.dumps writes it.
  std::string dump() const;
  /// Throws InvalidArgumentError with the position of the first mistake.
  static Config parse(std::string_view json);

 private:
  bool to_bool() const;
  double to_double() const;
  std::int64_t to_int64() const;
  const std::string& to_string() const;
  Shape to_shape() const;
  [[noreturn]] void throw_kind(std::string_view wanted) const;

  Kind kind_ = Kind::kNull;
  std::int64_t integer_ = 0;
  double float_ = 0;
  std::string text_;
  std::vector<Config> items_;
  std::vector<Member> members_;
};

/// The value as `dump` gives it.
std::ostream& operator<<(std::ostream& stream, const Config& config);

}  // namespace tern::keras
