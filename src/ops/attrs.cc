#include "ops/attrs.h"

#include <cstring>
#include <sstream>

namespace tern {
namespace {

bool same_tensor(const Tensor& a, const Tensor& b) {
  if (a.same_as(b)) return true;
  if (!a.defined() || !b.defined() || a.is_symbolic() || b.is_symbolic())
    return false;
  if (a.dtype() != b.dtype() || !(a.shape() == b.shape())) return false;
  if (a.dtype() == string) {
    auto x = a.values<std::string>(), y = b.values<std::string>();
    return std::equal(x.begin(), x.end(), y.begin(), y.end());
  }
  return !a.dtype().is_object() &&
         std::memcmp(a.raw_data(), b.raw_data(), a.num_bytes()) == 0;
}

struct Printer {
  std::ostream& stream;
  void operator()(std::monostate) const { stream << "default"; }
  void operator()(bool value) const { stream << (value ? "true" : "false"); }
  void operator()(std::int64_t value) const { stream << value; }
  void operator()(float value) const { stream << value; }
  void operator()(DType value) const { stream << value.name(); }
  void operator()(const std::string& value) const {
    stream << '"' << value << '"';
  }
  void operator()(const Shape& value) const { stream << value.debug_string(); }
  void operator()(const FunctionRef& value) const { stream << value.name; }
  void operator()(const Tensor& value) const {
    stream << "tensor " << value.dtype().name() << value.shape();
  }
  template <class T>
  void operator()(const std::vector<T>& values) const {
    stream << '[';
    const char* separator = "";
    for (const auto& value : values) {
      stream << separator;
      (*this)(static_cast<const T&>(value));
      separator = ", ";
    }
    stream << ']';
  }
};

}  // namespace

bool operator==(const AttrValue& a, const AttrValue& b) {
  if (a.holds<Tensor>() && b.holds<Tensor>())
    return same_tensor(a.get<Tensor>(), b.get<Tensor>());
  if (a.storage_.index() != b.storage_.index()) return false;
  return std::visit(
      [&](const auto& value) {
        using T = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<T, Tensor>)
          return false;
        else
          return value == std::get<T>(b.storage_);
      },
      a.storage_);
}

std::string AttrValue::str() const {
  std::ostringstream stream;
  std::visit(Printer{stream}, storage_);
  return std::move(stream).str();
}

}  // namespace tern
