#include "kernels/cpu/plain/math/row_arithmetic.h"

#include <algorithm>
#include <limits>

#include "kernels/cpu/plain/math/element_types.h"

namespace tern {
namespace {

template <class T>
constexpr bool kIsComplex = false;
template <class T>
constexpr bool kIsComplex<std::complex<T>> = true;
template <class T>
constexpr bool kIsReal = !kIsComplex<T> && !std::is_same_v<T, bool> &&
                         !std::is_same_v<T, std::string>;

/// A row function of an operation on two elements.
template <class T, class Combine>
RowFunction rows(Combine) {
  return [](void* to, const void* from, std::int64_t n) {
    T* target = static_cast<T*>(to);
    const T* source = static_cast<const T*>(from);
    for (std::int64_t i = 0; i < n; ++i)
      target[i] = Combine()(target[i], source[i]);
  };
}

/// Integers wrap: computed in 64 bits without a sign, where that is defined.
template <class T>
T sum(const T& a, const T& b) {
  if constexpr (std::is_integral_v<T>)
    return static_cast<T>(static_cast<std::uint64_t>(a) +
                          static_cast<std::uint64_t>(b));
  else
    return T(a + b);
}

template <class T>
T difference(const T& a, const T& b) {
  if constexpr (std::is_integral_v<T>)
    return static_cast<T>(static_cast<std::uint64_t>(a) -
                          static_cast<std::uint64_t>(b));
  else
    return T(a - b);
}

template <class T>
T product(const T& a, const T& b) {
  if constexpr (std::is_integral_v<T>)
    return static_cast<T>(static_cast<std::uint64_t>(a) *
                          static_cast<std::uint64_t>(b));
  else
    return T(a * b);
}

template <class T>
T quotient(const T& a, const T& b) {
  if constexpr (std::is_integral_v<T>) {
    if (b == 0) throw InvalidArgumentError("Integer division by zero");
    // The lowest integer by -1 has no quotient of its type.
    if constexpr (std::is_signed_v<T>)
      if (b == -1) return difference(T(0), a);
  }
  return T(a / b);
}

template <class T>
RowFunction function_of(RowOperation operation) {
  if (operation == RowOperation::kAdd) {
    if constexpr (std::is_same_v<T, bool>)
      return rows<T>([](bool a, bool b) { return a || b; });
    else
      return rows<T>([](const T& a, const T& b) { return sum<T>(a, b); });
  }
  if constexpr (std::is_same_v<T, bool>) {
    // As C++ has it: the difference as an integer, and whether it is not 0.
    if (operation == RowOperation::kSub)
      return rows<T>([](bool a, bool b) { return a != b; });
  }
  if constexpr (kIsReal<T> || kIsComplex<T>) {
    switch (operation) {
      case RowOperation::kSub:
        return rows<T>([](T a, T b) { return difference<T>(a, b); });
      case RowOperation::kMul:
        return rows<T>([](T a, T b) { return product<T>(a, b); });
      case RowOperation::kDiv:
        return rows<T>([](T a, T b) { return quotient<T>(a, b); });
      default:
        break;
    }
  }
  if constexpr (kIsReal<T>) {
    switch (operation) {
      case RowOperation::kMax:
        return rows<T>([](T a, T b) { return b > a ? b : a; });
      case RowOperation::kMin:
        return rows<T>([](T a, T b) { return b < a ? b : a; });
      case RowOperation::kSegmentMax:
        return rows<T>([](T a, T b) { return a > b ? a : b; });
      case RowOperation::kSegmentMin:
        return rows<T>([](T a, T b) { return a < b ? a : b; });
      default:
        break;
    }
  }
  return nullptr;
}

template <class T>
T neutral(RowOperation operation) {
  if constexpr (kIsReal<T>) {
    if (operation == RowOperation::kMax ||
        operation == RowOperation::kSegmentMax)
      return std::numeric_limits<T>::lowest();
    if (operation == RowOperation::kMin ||
        operation == RowOperation::kSegmentMin)
      return std::numeric_limits<T>::max();
  }
  if constexpr (std::is_same_v<T, std::string>) {
    return {};
  } else {
    const bool one =
        operation == RowOperation::kMul || operation == RowOperation::kDiv;
    return one ? T(1.f) : T(0.f);
  }
}

}  // namespace

RowFunction row_function(RowOperation operation, DType dtype) {
  RowFunction found = nullptr;
  auto look_at = [&]<class T>(TypeTag<T>) {
    if (dtype == dtype_of<T>) found = function_of<T>(operation);
  };
  for_each_number_type(look_at);
  for_each_type<bool, std::string>(look_at);
  return found;
}

void fill_neutral(RowOperation operation,
                  DType dtype,
                  void* to,
                  std::int64_t n) {
  auto fill = [&]<class T>(TypeTag<T>) {
    if (dtype == dtype_of<T>)
      std::fill_n(static_cast<T*>(to), n, neutral<T>(operation));
  };
  for_each_number_type(fill);
  for_each_type<bool, std::string>(fill);
}

}  // namespace tern
