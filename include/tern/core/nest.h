#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "tern/core/error.h"
#include "tern/core/tensor.h"

namespace tern {

class Variable;

/// Tensors by name, in order of insertion.
class Dict {
 public:
  using Item = std::pair<std::string, Tensor>;

  Dict() = default;
  Dict(std::initializer_list<Item> items) : items_(items) {}

  /// Throws NotFoundError, naming the keys there are.
  const Tensor& operator[](std::string_view key) const;
  /// Inserts an undefined tensor for a new key.
  Tensor& operator[](std::string_view key);
  bool contains(std::string_view key) const { return find(key) >= 0; }
  /// Removes and returns. Throws NotFoundError.
  Tensor pop(std::string_view key);
  std::size_t size() const { return items_.size(); }
  bool empty() const { return items_.empty(); }
  auto begin() const { return items_.begin(); }
  auto end() const { return items_.end(); }
  auto begin() { return items_.begin(); }
  auto end() { return items_.end(); }

 private:
  int find(std::string_view key) const;
  [[noreturn]] void throw_missing(std::string_view key) const;

  std::vector<Item> items_;
};

/// dtype, shape and name of a tensor to come.
struct TensorSpec {
  TensorSpec(Shape shape = {}, DType dtype = float32, std::string name = {})
      : shape(std::move(shape)), dtype(dtype), name(std::move(name)) {}
  Shape shape;
  DType dtype;
  std::string name;
  friend bool operator==(const TensorSpec&, const TensorSpec&) = default;
};

/// A structure of tensors (tf.nest): one tensor, a list of nests or nests by
/// name; also nothing at all. Takes Tensor, Variable, Tensors, Dict, tuple
/// and pair, and braces of nests: `{a, b}` is a list, `{{"x", a}}` is named.
class Nest {
 public:
  using Named = std::pair<std::string, Nest>;
  enum class Kind : char {
    kNone = 'n',
    kTensor = 't',
    kList = 'l',
    kDict = 'd'
  };

  Nest() = default;
  Nest(Tensor tensor) : kind_(Kind::kTensor), tensor_(std::move(tensor)) {}
  Nest(const Variable& variable);
  Nest(const Tensors& tensors);
  Nest(const Dict& dict);
  Nest(std::initializer_list<Nest> items) : kind_(Kind::kList), items_(items) {}
  Nest(std::initializer_list<Named> items);
  template <class... T>
  Nest(const std::tuple<T...>& parts) : kind_(Kind::kList) {
    std::apply([&](const auto&... part) { (items_.push_back(of(part)), ...); },
               parts);
  }
  template <class A, class B>
  Nest(const std::pair<A, B>& parts)
      : kind_(Kind::kList), items_{of(parts.first), of(parts.second)} {}
  static Nest list(std::vector<Nest> items);
  static Nest named(std::vector<std::string> keys, std::vector<Nest> items);

  /// Throws InvalidArgumentError unless this is one tensor.
  operator Tensor() const { return tensor(); }
  const Tensor& tensor() const;
  /// Item i of a list or dict. Throws OutOfRangeError.
  const Nest& operator[](std::size_t i) const;
  /// Throws NotFoundError, naming the keys there are.
  const Nest& operator[](std::string_view key) const;
  std::size_t size() const { return items_.size(); }
  /// 't' tensor, 'l' list, 'd' dict, 'n' nothing.
  char kind() const { return static_cast<char>(kind_); }
  bool is_tensor() const { return kind_ == Kind::kTensor; }
  const std::vector<std::string>& keys() const { return keys_; }
  const std::vector<Nest>& items() const { return items_; }

  /// All tensors, depth first; dicts in order of insertion.
  Tensors flatten() const;
  /// This structure with other tensors: the inverse of flatten. Throws
  /// InvalidArgumentError when their number differs.
  Nest pack(const Tensors& flat) const;
  template <class F>
  Nest map(F function) const {
    Tensors flat = flatten();
    for (Tensor& tensor : flat) tensor = function(tensor);
    return pack(flat);
  }
  /// Whether the structures agree (tensors aside).
  bool same_structure(const Nest& other) const;
  /// "{'x': *, 'y': (*, *)}", for error texts and cache keys.
  std::string structure() const;

  /// The parts as C++ values: a list by position; a single tensor as the only
  /// part. Each T is Tensor, Tensors, Dict, Nest, tuple or pair.
  template <class... T>
  std::tuple<T...> as() const;
  template <class T>
  T get() const;

  /// Any value that may stand for a nest: what converts to a Nest, else what
  /// converts to a Tensor (numbers, strings).
  template <class T>
  static Nest of(const T& value) {
    if constexpr (std::is_convertible_v<const T&, Nest>)
      return Nest(value);
    else
      return Nest(Tensor(value));
  }

 private:
  void append_to(Tensors& flat) const;
  Nest pack_from(const Tensors& flat, std::size_t& next) const;
  [[noreturn]] void throw_parts(std::size_t wanted) const;

  Kind kind_ = Kind::kNone;
  Tensor tensor_;
  std::vector<std::string> keys_;
  std::vector<Nest> items_;
};

/// So that `auto [x, y] = nest` works for the two-part nests training binds.
template <std::size_t I>
Tensor get(const Nest& nest) {
  return nest[I];
}

namespace detail {
template <class T>
struct NestAs {
  static T get(const Nest& nest) {
    if constexpr (std::is_same_v<T, Nest>) {
      return nest;
    } else if constexpr (std::is_same_v<T, Tensors>) {
      return nest.flatten();
    } else if constexpr (std::is_same_v<T, Dict>) {
      Dict dict;
      for (std::size_t i = 0; i < nest.keys().size(); ++i)
        dict[nest.keys()[i]] = nest[i].tensor();
      return dict;
    } else if constexpr (std::is_same_v<T, Tensor>) {
      return nest.tensor();
    } else {
      return nest.tensor().template item<T>();
    }
  }
};
template <class... T>
struct NestAs<std::tuple<T...>> {
  static std::tuple<T...> get(const Nest& nest) {
    return nest.template as<T...>();
  }
};
template <class A, class B>
struct NestAs<std::pair<A, B>> {
  static std::pair<A, B> get(const Nest& nest) {
    auto [a, b] = nest.template as<A, B>();
    return {std::move(a), std::move(b)};
  }
};
}  // namespace detail

template <class T>
T Nest::get() const {
  return detail::NestAs<T>::get(*this);
}

template <class... T>
std::tuple<T...> Nest::as() const {
  if constexpr (sizeof...(T) == 1) {
    // A lone parameter takes the whole nest, or the only item of a list.
    if (kind_ == Kind::kList && items_.size() == 1)
      return {items_[0].template get<T>()...};
    return {get<T>()...};
  } else {
    if (items_.size() != sizeof...(T)) throw_parts(sizeof...(T));
    return [this]<std::size_t... I>(std::index_sequence<I...>) {
      return std::tuple<T...>(items_[I].template get<T>()...);
    }
    (std::index_sequence_for<T...>{});
  }
}

}  // namespace tern

template <>
struct std::tuple_size<tern::Nest> : std::integral_constant<std::size_t, 2> {};
template <std::size_t I>
struct std::tuple_element<I, tern::Nest> {
  using type = tern::Tensor;
};
