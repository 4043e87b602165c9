#include "ops/array/range_length.h"

#include <cmath>
#include <limits>

#include "tern/core/error.h"

namespace tern {
namespace {

template <class T>
void check(T start, T limit, T delta) {
  if (delta == 0) throw InvalidArgumentError("Requires delta != 0: ", delta);
  if (delta > 0 && start > limit)
    throw InvalidArgumentError(
        "Requires start <= limit when delta > 0: ", start, "/", limit);
  if (delta < 0 && start < limit)
    throw InvalidArgumentError(
        "Requires start >= limit when delta < 0: ", start, "/", limit);
}

std::int64_t real_length(double start, double limit, double delta) {
  check(start, limit, delta);
  const double length = std::ceil(std::abs((limit - start) / delta));
  // NaN compares false: not a length either.
  if (!(length < static_cast<double>(std::numeric_limits<std::int64_t>::max())))
    throw InvalidArgumentError("Requires ((limit - start) / delta) <= ",
                               std::numeric_limits<std::int64_t>::max());
  return static_cast<std::int64_t>(length);
}

std::int64_t integer_length(std::int64_t start,
                            std::int64_t limit,
                            std::int64_t delta) {
  check(start, limit, delta);
  // In unsigned numbers neither the distance nor the step can overflow.
  const std::uint64_t distance = delta > 0
                                     ? static_cast<std::uint64_t>(limit) -
                                           static_cast<std::uint64_t>(start)
                                     : static_cast<std::uint64_t>(start) -
                                           static_cast<std::uint64_t>(limit);
  const std::uint64_t step = delta > 0 ? static_cast<std::uint64_t>(delta)
                                       : -static_cast<std::uint64_t>(delta);
  const std::uint64_t length = distance / step + (distance % step != 0);
  if (length >
      static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
    throw InvalidArgumentError("Requires ((limit - start) / delta) <= ",
                               std::numeric_limits<std::int64_t>::max());
  return static_cast<std::int64_t>(length);
}

}  // namespace

std::int64_t range_length(const Tensor& start,
                          const Tensor& limit,
                          const Tensor& delta) {
  if (start.dtype().is_floating())
    return real_length(
        start.item<double>(), limit.item<double>(), delta.item<double>());
  return integer_length(start.item<std::int64_t>(),
                        limit.item<std::int64_t>(),
                        delta.item<std::int64_t>());
}

}  // namespace tern
