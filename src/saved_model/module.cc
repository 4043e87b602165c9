#include "tern/module.h"

#include "tern/core/error.h"

namespace tern {
namespace {

/// Appends what is not there yet: a variable may be tracked twice.
void append_unique(Variables& all, const Variables& more) {
  for (const Variable& variable : more) {
    bool known = false;
    for (const Variable& other : all) known = known || other.same_as(variable);
    if (!known) all.push_back(variable);
  }
}

}  // namespace

Module::~Module() = default;

Variables Module::variables() const {
  Variables all;
  for (const Child& child : children_) {
    if (child.module)
      append_unique(all, child.module->variables());
    else if (child.variable.defined())
      append_unique(all, {child.variable});
  }
  return all;
}

Variables Module::trainable_variables() const {
  Variables all;
  for (const Child& child : children_) {
    if (child.module)
      append_unique(all, child.module->trainable_variables());
    else if (child.variable.defined() && child.variable.trainable())
      append_unique(all, {child.variable});
  }
  return all;
}

Variable Module::variable(std::string_view name) const {
  return find_child(name,
                    "variable",
                    [](const Child& child) { return child.variable.defined(); })
      .variable;
}

AnyFunction Module::function(std::string_view name) const {
  return find_child(name,
                    "function",
                    [](const Child& child) {
                      return static_cast<bool>(child.function);
                    })
      .function;
}

const Module::Child& Module::find_child(
    std::string_view name,
    const char* kind,
    bool (*is_of_kind)(const Child&)) const {
  std::string names;
  for (const Child& child : children_) {
    if (!is_of_kind(child)) continue;
    if (child.name == name) return child;
    names += (names.empty() ? "" : ", ") + child.name;
  }
  throw NotFoundError(
      "no ", kind, " \"", name, "\" in \"", name_, "\"; it has: ", names);
}

void Module::add_child(Child child) {
  for (Child& old : children_) {
    if (old.name == child.name) {
      old = std::move(child);
      return;
    }
  }
  children_.push_back(std::move(child));
}

}  // namespace tern
