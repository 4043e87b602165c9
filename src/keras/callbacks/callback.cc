#include <utility>

#include "tern/core/error.h"
#include "tern/keras/callbacks.h"
#include "tern/keras/model.h"

namespace tern::keras {

// -------------------------------------------------------------------- logs

double& Logs::operator[](std::string_view name) {
  for (auto& [key, value] : items_)
    if (key == name) return value;
  return items_.emplace_back(name, 0).second;
}

double Logs::operator[](std::string_view name) const {
  std::string names;
  for (const auto& [key, value] : items_) {
    if (key == name) return value;
    names += (names.empty() ? "" : ", ") + key;
  }
  throw NotFoundError("no \"", name, "\" in the logs; there are: ", names);
}

bool Logs::contains(std::string_view name) const {
  for (const auto& [key, value] : items_)
    if (key == name) return true;
  return false;
}

std::ostream& operator<<(std::ostream& stream, const Logs& logs) {
  stream << '{';
  const char* separator = "";
  for (const auto& [name, value] : logs) {
    // The shortest digits that read back the same, as Python.
    stream << separator << '\'' << name << "': " << Config(value).dump();
    separator = ", ";
  }
  return stream << '}';
}

// -------------------------------------------------------------------- base

CallbackBase::~CallbackBase() = default;

void CallbackBase::set_model(const Model& model) {
  // A model that is itself a member of its callback would live for ever
  // otherwise; fit takes it away at its end.
  model_ = model ? std::make_shared<Model>(model) : nullptr;
}

Model& CallbackBase::model() const {
  if (!model_)
    throw FailedPreconditionError(
        "a callback has a model only during fit, evaluate and predict");
  return *model_;
}

}  // namespace tern::keras
