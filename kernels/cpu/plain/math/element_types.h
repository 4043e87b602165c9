#pragma once

#include <complex>
#include <cstdint>
#include <string>

#include "tern/core/dtype.h"
#include "tern/core/error.h"
#include "tern/core/resource.h"

namespace tern {

/// Sixteen bytes that are only moved: a complex128.
struct Bytes16 {
  std::uint64_t words[2];
};

/// Names a type for a generic lambda.
template <class T>
struct TypeTag {
  using type = T;
};

/// Calls visit(TypeTag<T>) with a type that is copied as elements of `dtype`
/// are: an unsigned integer of the same size, or the object itself. Code that
/// only moves elements is compiled for these few types and serves all dtypes.
template <class Visit>
void visit_storage(DType dtype, Visit&& visit) {
  if (dtype == string) return visit(TypeTag<std::string>{});
  if (dtype == resource) return visit(TypeTag<ResourceHandle>{});
  if (dtype == variant) return visit(TypeTag<Variant>{});
  switch (dtype.size()) {
    case 1:
      return visit(TypeTag<std::uint8_t>{});
    case 2:
      return visit(TypeTag<std::uint16_t>{});
    case 4:
      return visit(TypeTag<std::uint32_t>{});
    case 8:
      return visit(TypeTag<std::uint64_t>{});
    case 16:
      return visit(TypeTag<Bytes16>{});
    default:
      throw InternalError("no storage type for ", dtype.name());
  }
}

/// Calls visit(TypeTag<T>) for each type of the list.
template <class... T, class Visit>
void for_each_type(Visit&& visit) {
  (visit(TypeTag<T>{}), ...);
}

template <class Visit>
void for_each_integer_type(Visit&& visit) {
  for_each_type<std::int8_t,
                std::int16_t,
                std::int32_t,
                std::int64_t,
                std::uint8_t,
                std::uint16_t,
                std::uint32_t,
                std::uint64_t>(visit);
}

template <class Visit>
void for_each_real_type(Visit&& visit) {
  for_each_integer_type(visit);
  for_each_type<Half, BFloat16, float, double>(visit);
}

/// Real and complex numbers.
template <class Visit>
void for_each_number_type(Visit&& visit) {
  for_each_real_type(visit);
  for_each_type<std::complex<float>, std::complex<double>>(visit);
}

}  // namespace tern
