#pragma once

#include <functional>
#include <memory>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "tern/core/nest.h"
#include "tern/ops/variable.h"

namespace tern {

struct FunctionOptions {
  /// Traces once for these specs (one for each tensor argument, flattened) and
  /// refuses other inputs. Empty: traces anew for new dtypes and shapes.
  std::vector<TensorSpec> input_signature = {};
  /// Generalises dimensions that differ between traces to unknown ones.
  bool reduce_retracing = false;
  std::string name = {};
};

namespace detail {

class TracedFunction;

/// A callable from nest to nest that somebody else owns.
class NestCallable {
 public:
  template <class F>
  explicit NestCallable(const F& callable)
      : object_(&callable), call_([](const void* object, const Nest& nest) {
          return (*static_cast<const F*>(object))(nest);
        }) {}
  Nest operator()(const Nest& nest) const { return call_(object_, nest); }

 private:
  const void* object_;
  Nest (*call_)(const void*, const Nest&);
};

/// Calls the function's graph for these arguments, tracing `body` first where
/// there is none yet. `values` stands for the arguments that are no tensors.
Nest call_traced(TracedFunction& function,
                 const Nest& arguments,
                 const std::string& values,
                 NestCallable body);
std::shared_ptr<TracedFunction> make_traced_function(FunctionOptions options);

/// All digits of a number.
std::string exact_text(long double value);

template <class F>
struct Signature : Signature<decltype(&F::operator())> {};
template <class R, class... A>
struct Signature<R (*)(A...)> {
  using Result = R;
  using Args = std::tuple<std::decay_t<A>...>;
  using Type = R(std::decay_t<A>...);
};
template <class R, class... A>
struct Signature<R(A...)> : Signature<R (*)(A...)> {};
template <class C, class R, class... A>
struct Signature<R (C::*)(A...)> : Signature<R (*)(A...)> {};
template <class C, class R, class... A>
struct Signature<R (C::*)(A...) const> : Signature<R (*)(A...)> {};

/// Arguments that are part of the trace's key, not of its inputs.
template <class T>
inline constexpr bool is_plain_value =
    std::is_arithmetic_v<T> || std::is_enum_v<T> ||
    std::is_same_v<T, std::string> || std::is_same_v<T, Variable>;

/// Values with equal texts are equal.
template <class T>
void append_value(std::string& key, const T& value) {
  if constexpr (std::is_same_v<T, Variable>)
    key += 'v' + std::to_string(value.handle().id());
  else if constexpr (std::is_enum_v<T>)
    key += std::to_string(static_cast<long long>(value));
  else if constexpr (std::is_floating_point_v<T>)
    key += exact_text(static_cast<long double>(value));
  else if constexpr (std::is_same_v<T, std::string>)
    key += std::to_string(value.size()) + ':' + value;
  else
    key += std::to_string(value);
  key += ';';
}

/// The result of a C++ callable as a Nest; void gives an empty one.
template <class F, class Arguments>
Nest result_nest(const F& function, Arguments&& arguments) {
  using R = decltype(std::apply(function, std::forward<Arguments>(arguments)));
  if constexpr (std::is_void_v<R>) {
    std::apply(function, std::forward<Arguments>(arguments));
    return Nest();
  } else {
    return Nest::of(std::apply(function, std::forward<Arguments>(arguments)));
  }
}

}  // namespace detail

/// A function from nest to nest, whatever its C++ signature was.
class AnyFunction {
 public:
  AnyFunction() = default;
  explicit AnyFunction(std::function<Nest(const Nest&)> call)
      : call_(std::move(call)) {}
  /// Throws FailedPreconditionError when there is no function.
  Nest operator()(const Nest& arguments) const;
  explicit operator bool() const { return static_cast<bool>(call_); }

 protected:
  std::function<Nest(const Nest&)> call_;
};

template <class S>
class Function;

/// A C++ callable that is traced into a graph at its first call for each
/// combination of input dtypes and shapes (and values of plain arguments), and
/// from then on runs as that graph. Side effects on C++ objects happen while
/// tracing alone; variables may be created in the first call alone.
/// Thread-safe.
template <class R, class... A>
class Function<R(A...)> : public AnyFunction {
 public:
  Function() = default;
  template <class F>
  requires std::is_invocable_r_v<R, F, A...> Function(
      F function, FunctionOptions options = {})
      : function_(std::move(function)),
        traced_(detail::make_traced_function(std::move(options))) {
    call_ = [self = *this](const Nest& arguments) {
      return self.call_nest(arguments);
    };
  }

  R operator()(const A&... arguments) const {
    Nest result = call(std::tuple<A...>(arguments...));
    if constexpr (!std::is_void_v<R>)
      return std::get<0>(result.as<std::decay_t<R>>());
  }

 private:
  Nest call_nest(const Nest& arguments) const {
    if constexpr ((detail::is_plain_value<A> || ...))
      throw InvalidArgumentError(
          "a function with arguments that are not tensors cannot be called "
          "with a nest");
    else
      return call(arguments.as<A...>());
  }

  Nest call(const std::tuple<A...>& arguments) const {
    std::vector<Nest> tensors;
    tensors.reserve(sizeof...(A));
    std::string values;
    auto append = [&](const auto& argument) {
      using T = std::decay_t<decltype(argument)>;
      if constexpr (detail::is_plain_value<T>)
        detail::append_value(values, argument);
      else
        tensors.push_back(Nest::of(argument));
    };
    std::apply([&](const auto&... argument) { (append(argument), ...); },
               arguments);
    auto body = [&](const Nest& symbols) {
      std::size_t next = 0;
      auto bind = [&]<class T>(const T& argument) -> T {
        if constexpr (detail::is_plain_value<T>)
          return argument;
        else
          return symbols[next++].template get<T>();
      };
      return std::apply(
          [&](const auto&... argument) {
            // Braces: evaluated from left to right.
            std::tuple<A...> bound{bind(argument)...};
            return detail::result_nest(function_, bound);
          },
          arguments);
    };
    return detail::call_traced(*traced_,
                               Nest::list(std::move(tensors)),
                               values,
                               detail::NestCallable(body));
  }

  std::function<R(const A&...)> function_;
  std::shared_ptr<detail::TracedFunction> traced_;
};

/// Makes a traced function of a callable with typed parameters (Tensor, Dict,
/// Tensors, Nest, tuples of them; numbers and strings go by value).
///
///     auto square = function([](const Tensor& x) { return x * x; });
template <class F>
Function<typename detail::Signature<F>::Type> function(
    F callable, FunctionOptions options = {}) {
  return {std::move(callable), std::move(options)};
}
template <class R, class... A>
Function<R(std::decay_t<A>...)> function(R (*callable)(A...),
                                         FunctionOptions options = {}) {
  return {callable, std::move(options)};
}

namespace config {
/// Lets traced functions run their C++ body at each call, for debugging.
void run_functions_eagerly(bool eagerly);
bool functions_run_eagerly();
}  // namespace config

}  // namespace tern
