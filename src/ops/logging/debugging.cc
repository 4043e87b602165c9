// debugging.cc: assertions on values.

#include "tern/ops/debugging.h"

#include "ops/apply.h"
#include "tern/core/error.h"
#include "tern/core/print.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"

namespace tern::debugging {
namespace {

Tensor flattened(const Tensor& x) { return reshape(x, {-1}); }

/// The first elements in numpy's form.
std::string first_elements(const Tensor& x, int summarize) {
  Tensor flat = flattened(x);
  std::int64_t count = std::min<std::int64_t>(summarize, flat.num_elements());
  return array_str(flat.rows(0, count));
}

/// What TensorFlow says of an eager comparison that does not hold.
[[noreturn]] void throw_failed(std::string_view symbol,
                               const Tensor& x,
                               const Tensor& y,
                               const Tensor& holds,
                               const AssertOptions& options) {
  int shown = options.summarize < 0 ? 1'000'000'000 : options.summarize;
  std::string text =
      options.message.empty() ? std::string() : options.message + "\n";
  text += detail::concat("Condition x ", symbol, " y did not hold.");
  if (shown > 0) {
    if (x.shape() == y.shape() && x.shape().rank() > 0) {
      Tensor mask = raw<"LogicalNot">(holds);
      Tensor places = where(mask);
      std::int64_t count = std::min<std::int64_t>(shown, places.shape()[0]);
      text += detail::concat("\nIndices of first ",
                             count,
                             " different values:\n",
                             array_str(places.rows(0, count)),
                             "\nCorresponding x values:\n",
                             first_elements(boolean_mask(x, mask), shown),
                             "\nCorresponding y values:\n",
                             first_elements(boolean_mask(y, mask), shown));
    }
    text += detail::concat("\nFirst ",
                           std::min<std::int64_t>(shown, x.num_elements()),
                           " elements of x:\n",
                           first_elements(x, shown),
                           "\nFirst ",
                           std::min<std::int64_t>(shown, y.num_elements()),
                           " elements of y:\n",
                           first_elements(y, shown));
  }
  throw InvalidArgumentError(text);
}

using Comparison = Tensor (*)(const Tensor&, const Tensor&);

void assert_compares(std::string_view symbol,
                     Comparison compare,
                     const Tensor& x,
                     const Tensor& y,
                     const AssertOptions& options) {
  Tensor holds = compare(x, y);
  Tensor condition = reduce_all(holds);
  if (!condition.is_symbolic()) {
    if (!condition) throw_failed(symbol, x, y, holds, options);
    return;
  }
  Assert(condition,
         {Tensor(options.message),
          Tensor(detail::concat(
              "Condition x ", symbol, " y did not hold element-wise:")),
          Tensor("x = "),
          x,
          Tensor("y = "),
          y},
         options.summarize);
}

template <detail::FixedString Name>
Tensor compare(const Tensor& x, const Tensor& y) {
  return raw<Name>(x, y);
}

}  // namespace

void Assert(const Tensor& condition, const Tensors& data, int summarize) {
  Tensors inputs{condition};
  inputs.insert(inputs.end(), data.begin(), data.end());
  raw<"Assert">(inputs, {{"summarize", summarize}});
}

void assert_equal(const Tensor& x, const Tensor& y, AssertOptions options) {
  assert_compares("==", compare<"Equal">, x, y, options);
}

void assert_none_equal(const Tensor& x,
                       const Tensor& y,
                       AssertOptions options) {
  assert_compares("!=", compare<"NotEqual">, x, y, options);
}

void assert_less(const Tensor& x, const Tensor& y, AssertOptions options) {
  assert_compares("<", compare<"Less">, x, y, options);
}

void assert_less_equal(const Tensor& x,
                       const Tensor& y,
                       AssertOptions options) {
  assert_compares("<=", compare<"LessEqual">, x, y, options);
}

void assert_greater(const Tensor& x, const Tensor& y, AssertOptions options) {
  assert_compares(">", compare<"Greater">, x, y, options);
}

void assert_greater_equal(const Tensor& x,
                          const Tensor& y,
                          AssertOptions options) {
  assert_compares(">=", compare<"GreaterEqual">, x, y, options);
}

void assert_non_negative(const Tensor& x, AssertOptions options) {
  assert_compares(">=", compare<"GreaterEqual">, x, zeros_like(x), options);
}

void assert_positive(const Tensor& x, AssertOptions options) {
  assert_compares(">", compare<"Greater">, x, zeros_like(x), options);
}

}  // namespace tern::debugging
