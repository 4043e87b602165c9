#include <atomic>
#include <cmath>

#include "core/visit_dtype.h"
#include "kernels/cpu/loops.h"
#include "kernels/cpu/plain/math/element_types.h"
#include "tern/core/parallel.h"

namespace tern {
namespace kernels {
namespace {

using NextAfter = decltype([](auto x, auto y) { return std::nextafter(x, y); });

enum Abnormal : unsigned { kNaN = 1, kPositive = 2, kNegative = 4 };

template <class T>
unsigned abnormal_values(const Tensor& tensor) {
  const T* x = static_cast<const T*>(tensor.raw_data());
  std::atomic<unsigned> found{0};
  parallel_for(tensor.num_elements(),
               kCheapGrain,
               [&](std::int64_t begin, std::int64_t end) {
                 // Zero times a finite number is zero.
                 float sum = 0;
                 for (std::int64_t i = begin; i < end; ++i)
                   sum += static_cast<float>(x[i] * T(0));
                 if (sum == 0) return;
                 unsigned here = 0;
                 for (std::int64_t i = begin; i < end; ++i) {
                   const auto value = static_cast<double>(x[i]);
                   if (std::isnan(value))
                     here |= kNaN;
                   else if (std::isinf(value))
                     here |= value > 0 ? kPositive : kNegative;
                 }
                 found |= here;
               });
  return found;
}

/// "A", "A and B", "A, B, and C".
std::string listed(const std::vector<std::string>& names) {
  if (names.size() == 1) return names[0];
  if (names.size() == 2) return names[0] + " and " + names[1];
  return names[0] + ", " + names[1] + ", and " + names[2];
}

template <class T, bool TellsSigns>
void check_numerics(KernelContext& c) {
  if (unsigned found = abnormal_values<T>(c.input(0)); found != 0) {
    std::vector<std::string> names;
    if (TellsSigns) {
      if (found & kNegative) names.push_back("-Inf");
      if (found & kPositive) names.push_back("+Inf");
    } else if (found & (kNegative | kPositive)) {
      names.push_back("Inf");
    }
    if (found & kNaN) names.push_back("NaN");
    throw InvalidArgumentError(c.attr<std::string>("message"),
                               " : Tensor had ",
                               listed(names),
                               " values");
  }
  c.forward(0);
}

template <class T>
void approximate_equal(KernelContext& c) {
  const T *x = c.in<T>(0).data(), *y = c.in<T>(1).data();
  bool* z = c.out<bool>().data();
  const auto tolerance = static_cast<T>(c.attr<float>("tolerance"));
  parallel_for(c.output().num_elements(),
               kCheapGrain,
               [=](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t i = begin; i < end; ++i)
                   z[i] = std::abs(x[i] - y[i]) < tolerance;
               });
}

/// A scalar is true unless it is zero or empty, any other tensor unless it has
/// no elements.
void to_bool(KernelContext& c) {
  const Tensor& x = c.input(0);
  bool& result = *c.out<bool>().data();
  result = x.num_elements() > 0;
  if (x.shape().rank() > 0) return;
  if (x.dtype() == string)
    result = !x.data<std::string>()->empty();
  else if (x.dtype().is_object())
    throw InvalidArgumentError("Unsupported type ", x.dtype().name());
  else
    visit_number(x.dtype(), [&](auto zero) {
      result = *static_cast<const decltype(zero)*>(x.raw_data()) != zero;
    });
}

}  // namespace
}  // namespace kernels

void register_numeric_check_kernels(KernelRegistry& registry) {
  using namespace kernels;
  for_each_type<Half, BFloat16, float, double>([&]<class T>(TypeTag<T>) {
    registry.add(
        "CheckNumerics", {{"T", dtype_of<T>}}, check_numerics<T, false>);
    registry.add(
        "CheckNumericsV2", {{"T", dtype_of<T>}}, check_numerics<T, true>);
  });
  registry.add("ApproximateEqual", {{"T", float32}}, approximate_equal<float>);
  registry.add("ApproximateEqual", {{"T", float64}}, approximate_equal<double>);
  add_binary<NextAfter, LoopSet::kSame, float, double>(registry, "NextAfter");
  add_unary<Round, float, double>(registry, "Rint");
  registry.add("ToBool", {}, to_bool);
}

}  // namespace tern
