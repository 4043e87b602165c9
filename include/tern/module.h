#pragma once

#include <concepts>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tern/graph/function.h"
#include "tern/ops/variable.h"

namespace tern {

class Module;

namespace detail {
/// What leads to a Module: a layer, a model, a metric.
template <class T>
concept ModuleHandle = requires(const T& handle) {
  { handle.module() } -> std::convertible_to<std::shared_ptr<Module>>;
};
}  // namespace detail

/// An object that owns variables and other modules (tf.Module). Users derive
/// from it, and keep what belongs to it in members set by `track`:
///
///     Variable w_ = track("w", Variable(zeros({2, 1})));
///     Function<Tensor(Tensor)> predict = track("predict", function(...));
class Module {
 public:
  explicit Module(std::string name = {}) : name_(std::move(name)) {}
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;
  virtual ~Module();

  const std::string& name() const { return name_; }

  /// All variables of this module and of what it tracks, in the order of
  /// tracking, each once.
  virtual Variables variables() const;
  /// Those of `variables()` that training changes.
  virtual Variables trainable_variables() const;
  /// The tracked variable of that name. Throws NotFoundError, naming the
  /// variables there are.
  Variable variable(std::string_view name) const;

  /// The tracked function of that name. Throws NotFoundError, naming the
  /// functions there are.
  AnyFunction function(std::string_view name) const;

  /// Makes a variable, a function, a layer or another module part of this one
  /// under a name (the checkpoint's) and gives it back.
  template <class T>
  requires(std::same_as<T, Variable> || std::derived_from<T, AnyFunction> ||
           detail::ModuleHandle<T>) T track(std::string_view name, T child) {
    if constexpr (std::same_as<T, Variable>)
      add_child({.name = std::string(name), .variable = child});
    else if constexpr (std::derived_from<T, AnyFunction>)
      add_child({.name = std::string(name), .function = child});
    else
      add_child({.name = std::string(name), .module = child.module()});
    return child;
  }
  template <std::derived_from<Module> M>
  std::shared_ptr<M> track(std::string_view name, std::shared_ptr<M> child) {
    add_child({.name = std::string(name), .module = child});
    return child;
  }

  /// One tracked object: a variable, a module, or a function.
  struct Child {
    std::string name = {};
    Variable variable = {};
    std::shared_ptr<Module> module = {};
    AnyFunction function = {};
  };
  const std::vector<Child>& children() const { return children_; }

 protected:
  void set_name(std::string name) { name_ = std::move(name); }
  /// A child of the same name takes the place of the old one.
  void add_child(Child child);

 private:
  const Child& find_child(std::string_view name,
                          const char* kind,
                          bool (*is_of_kind)(const Child&)) const;

  std::string name_;
  std::vector<Child> children_;
};

}  // namespace tern
