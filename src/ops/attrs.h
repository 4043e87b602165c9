#pragma once

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "tern/core/tensor.h"

namespace tern {

class GraphFunction;

/// The value of a func attr: a function by name, resolved to a graph where it
/// is known. Two references are equal when they name the same graph.
struct FunctionRef {
  std::string name;
  std::shared_ptr<const GraphFunction> function;
  friend bool operator==(const FunctionRef&, const FunctionRef&) = default;
};

/// The value of one attr; monostate stands for "default, or inferred from the
/// inputs".
class AttrValue {
 public:
  using Storage = std::variant<std::monostate,
                               std::int64_t,
                               float,
                               bool,
                               DType,
                               std::string,
                               Shape,
                               Tensor,
                               FunctionRef,
                               std::vector<std::int64_t>,
                               std::vector<float>,
                               std::vector<bool>,
                               std::vector<DType>,
                               std::vector<std::string>,
                               std::vector<Shape>,
                               std::vector<FunctionRef>>;

  AttrValue() = default;
  template <std::integral T>
  AttrValue(T value) {
    if constexpr (std::is_same_v<T, bool>)
      storage_ = value;
    else
      storage_ = static_cast<std::int64_t>(value);
  }
  template <std::floating_point T>
  AttrValue(T value) : storage_(static_cast<float>(value)) {}
  AttrValue(const char* value) : storage_(std::string(value)) {}
  template <class T>
  requires(!std::is_arithmetic_v<T> && std::is_constructible_v<Storage, T> &&
           !std::is_same_v<T, AttrValue>) AttrValue(T value)
      : storage_(std::move(value)) {}

  bool is_set() const { return storage_.index() != 0; }
  template <class T>
  bool holds() const {
    return std::holds_alternative<T>(storage_);
  }
  template <class T>
  const T& get() const {
    return std::get<T>(storage_);
  }
  const Storage& storage() const { return storage_; }

  /// Tensors compare by dtype, shape and elements.
  friend bool operator==(const AttrValue& a, const AttrValue& b);
  /// For error texts and cache keys.
  std::string str() const;

 private:
  Storage storage_;
};

/// The attrs of one call, in the order of the op's signature; empty means all
/// default. Type attrs that the inputs determine need not be set.
using Attrs = std::vector<AttrValue>;

}  // namespace tern
