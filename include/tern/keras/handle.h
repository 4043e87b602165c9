#pragma once

#include <concepts>
#include <initializer_list>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace tern::keras {

/// Names a user's implementation class as a Keras object, used like the
/// built-in ones and shared by its copies:
///
///     class LinearImpl : public LayerBase {...};
///     using Linear = Handle<LinearImpl>;
///     Tensor y = Linear(8, {.name = "out"})(x);
template <class Impl>
class Handle : public Impl::Face {
  using Options = typename Impl::Options;

 public:
  template <class... A>
  requires std::constructible_from<Impl, A...>
  explicit Handle(A&&... arguments)
      : Impl::Face(std::make_shared<Impl>(std::forward<A>(arguments)...)) {}
  // Braced options cannot be deduced, so the type of the last argument is
  // spelled out.
  explicit Handle(
      Options options) requires std::constructible_from<Impl, Options>
      : Impl::Face(std::make_shared<Impl>(std::move(options))) {}
  template <class A>
  requires std::constructible_from<Impl, A, Options> Handle(A&& a,
                                                            Options options)
      : Impl::Face(
            std::make_shared<Impl>(std::forward<A>(a), std::move(options))) {}
  template <class A, class B>
  requires std::constructible_from<Impl, A, B, Options> Handle(A&& a,
                                                               B&& b,
                                                               Options options)
      : Impl::Face(std::make_shared<Impl>(
            std::forward<A>(a), std::forward<B>(b), std::move(options))) {}

  Impl* operator->() const { return static_cast<Impl*>(this->impl()); }
};

namespace detail {
/// The function type whose overload a name like `losses::mse` stands for.
template <class T>
struct FunctionOf {
  struct None;
  using type = None*;
};
template <class T>
requires requires { typename T::Function; }
struct FunctionOf<T> {
  using type = typename T::Function;
};
}  // namespace detail

/// A value for all outputs of a model, or one for each: `"mse"`,
/// `{"mse", "mae"}`, `{{"weather", "mse"}, {"ground", {"acc", AUC()}}}`.
template <class T>
class PerOutput {
  using Function = typename detail::FunctionOf<T>::type;

 public:
  /// The values for one output; `name` is empty where outputs go by position.
  class Item {
   public:
    Item(Function function) : values{make(function)} {}
    Item(std::string output, Function function)
        : name(std::move(output)), values{make(function)} {}
    template <class U>
    requires std::convertible_to<U, T> Item(U&& value)
        : values{T(std::forward<U>(value))} {}
    template <class U>
    requires std::convertible_to<U, T> Item(std::string output, U&& value)
        : name(std::move(output)), values{T(std::forward<U>(value))} {}
    Item(std::string output, std::initializer_list<T> list)
        : name(std::move(output)), values(list) {}

    std::string name;
    std::vector<T> values;

   private:
    static T make(Function function) {
      if constexpr (std::constructible_from<T, Function>)
        return T(function);
      else
        return T();
    }
  };

  PerOutput() = default;
  template <class U>
  requires std::convertible_to<U, T> PerOutput(U&& value)
      : items_{Item(std::forward<U>(value))} {}
  PerOutput(Function function) : items_{Item(function)} {}
  PerOutput(std::initializer_list<Item> items) : items_(items) {}
  /// All for the one output, or one each.
  explicit PerOutput(const std::vector<T>& values) {
    for (const T& value : values) items_.push_back(Item(value));
  }

  static PerOutput of(std::vector<Item> items) {
    PerOutput all;
    all.items_ = std::move(items);
    return all;
  }

  const std::vector<Item>& items() const { return items_; }

 private:
  std::vector<Item> items_;
};

}  // namespace tern::keras
