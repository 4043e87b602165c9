#include "keras/naming.h"

#include <cxxabi.h>

#include <cctype>
#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>

#include "tern/keras/layer.h"

namespace tern::keras {
namespace {

struct NameCounters {
  std::mutex mutex;
  std::map<std::string, int> next;
};

NameCounters& counters() {
  static NameCounters counters;
  return counters;
}

bool is_upper(char c) { return std::isupper(static_cast<unsigned char>(c)); }
bool is_lower(char c) { return std::islower(static_cast<unsigned char>(c)); }
bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)); }

}  // namespace

std::string to_snake_case(std::string_view class_name) {
  std::string snake;
  for (std::size_t i = 0; i < class_name.size(); ++i) {
    char c = class_name[i];
    if (i > 0 && is_upper(c)) {
      // "MaxPooling2D" is one word of digits and capitals after another.
      char next = i + 1 < class_name.size() ? class_name[i + 1] : ' ';
      bool starts_word = is_lower(next) || is_digit(next);
      if (is_lower(class_name[i - 1]) || starts_word) snake += '_';
    }
    snake += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return snake;
}

std::string unique_name(const std::string& prefix) {
  NameCounters& names = counters();
  std::lock_guard lock(names.mutex);
  int count = names.next[prefix]++;
  return count == 0 ? prefix : prefix + "_" + std::to_string(count);
}

std::string class_name_of(const std::type_info& type) {
  int status = 0;
  std::unique_ptr<char, decltype(&std::free)> demangled(
      abi::__cxa_demangle(type.name(), nullptr, nullptr, &status), &std::free);
  std::string name = status == 0 ? demangled.get() : type.name();
  if (std::size_t arguments = name.find('<'); arguments != std::string::npos)
    name.erase(arguments);
  if (std::size_t scope = name.rfind("::"); scope != std::string::npos)
    name.erase(0, scope + 2);
  if (name.size() > 4 && name.ends_with("Impl")) name.erase(name.size() - 4);
  return name;
}

void backend::clear_session() {
  NameCounters& names = counters();
  std::lock_guard lock(names.mutex);
  names.next.clear();
}

}  // namespace tern::keras
