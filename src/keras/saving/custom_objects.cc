#include "keras/saving/custom_objects.h"

#include <mutex>

namespace tern::keras {
namespace {

using Objects = std::map<std::string, CustomObject>;

thread_local const Objects* scope_objects = nullptr;

struct Registered {
  std::mutex mutex;
  Objects objects;
};

Registered& registered() {
  static Registered registered;
  return registered;
}

const CustomObject* find_in(const Objects& objects, const std::string& name) {
  auto found = objects.find(name);
  return found == objects.end() ? nullptr : &found->second;
}

const CustomObject* find_exactly(const std::string& name) {
  if (scope_objects)
    if (const CustomObject* object = find_in(*scope_objects, name))
      return object;
  Registered& all = registered();
  std::lock_guard lock(all.mutex);
  return find_in(all.objects, name);
}

}  // namespace

CustomObjectScope::CustomObjectScope(const Objects& objects)
    : outer_(scope_objects) {
  scope_objects = &objects;
}

CustomObjectScope::~CustomObjectScope() { scope_objects = outer_; }

const CustomObject* find_custom_object(const std::string& name) {
  if (const CustomObject* object = find_exactly(name)) return object;
  std::size_t package = name.find('>');
  return package == std::string::npos ? nullptr
                                      : find_exactly(name.substr(package + 1));
}

void register_keras_serializable(std::string name, CustomObject object) {
  Registered& all = registered();
  std::lock_guard lock(all.mutex);
  all.objects.insert_or_assign(std::move(name), std::move(object));
}

}  // namespace tern::keras
