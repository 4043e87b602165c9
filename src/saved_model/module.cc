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
  for (const Child& child : children_)
    append_unique(
        all,
        child.module ? child.module->variables() : Variables{child.variable});
  return all;
}

Variables Module::trainable_variables() const {
  Variables all;
  for (const Child& child : children_) {
    if (child.module)
      append_unique(all, child.module->trainable_variables());
    else if (child.variable.trainable())
      append_unique(all, {child.variable});
  }
  return all;
}

Variable Module::variable(std::string_view name) const {
  std::string names;
  for (const Child& child : children_) {
    if (!child.variable.defined()) continue;
    if (child.name == name) return child.variable;
    names += (names.empty() ? "" : ", ") + child.name;
  }
  throw NotFoundError(
      "no variable \"", name, "\" in \"", name_, "\"; it has: ", names);
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
