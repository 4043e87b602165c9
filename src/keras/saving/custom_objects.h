#pragma once

#include <map>
#include <string>

#include "tern/keras/model.h"

namespace tern::keras {

/// Makes custom objects known to what is loaded on this thread.
class CustomObjectScope {
 public:
  explicit CustomObjectScope(
      const std::map<std::string, CustomObject>& objects);
  ~CustomObjectScope();
  CustomObjectScope(const CustomObjectScope&) = delete;

 private:
  const std::map<std::string, CustomObject>* outer_;
};

/// The object of that name ("Linear", or "Package>Linear" registered under
/// either name) from the scope, then from register_keras_serializable.
const CustomObject* find_custom_object(const std::string& name);

}  // namespace tern::keras
