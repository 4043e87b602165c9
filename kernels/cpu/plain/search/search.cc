#include <algorithm>
#include <cmath>
#include <numeric>

#include "kernels/cpu/plain/math/element_types.h"
#include "ops/kernel.h"
#include "tern/core/error.h"
#include "tern/core/parallel.h"

namespace tern {
namespace kernels {
namespace {

/// Values looked up that are worth a thread of their own.
constexpr std::int64_t kGrain = 2048;

void store_index(Tensor& output, std::int64_t i, std::int64_t value) {
  if (output.dtype() == int32)
    output.data<std::int32_t>()[i] = static_cast<std::int32_t>(value);
  else
    output.data<std::int64_t>()[i] = value;
}

/// std::upper_bound takes NaN as larger than all, std::lower_bound puts it
/// first: as TensorFlow, which calls them.
template <class T, bool Upper>
void bound(KernelContext& c) {
  const Tensor &rows = c.input(0), &values = c.input(1);
  const T* sorted = static_cast<const T*>(rows.raw_data());
  const T* wanted = static_cast<const T*>(values.raw_data());
  const std::int64_t length = rows.shape()[1], count = values.shape()[1];
  Tensor& output = c.output();
  output.mutable_data();
  parallel_for(output.num_elements(),
               kGrain,
               [&, count](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t i = begin; i < end; ++i) {
                   const T* first = sorted + i / count * length;
                   const T* found =
                       Upper
                           ? std::upper_bound(first, first + length, wanted[i])
                           : std::lower_bound(first, first + length, wanted[i]);
                   store_index(output, i, found - first);
                 }
               });
}

template <class Index>
void in_top_k(KernelContext& c) {
  const float* predictions = c.in<float>(0).data();
  const Index* targets = c.in<Index>(1).data();
  bool* result = c.out<bool>().data();
  const std::int64_t classes = c.input(0).shape()[1];
  const std::int64_t k =
      c.num_inputs() == 3 ? c.host_int(2) : c.attr<std::int64_t>("k");
  parallel_for(c.output().num_elements(),
               std::max<std::int64_t>(
                   1, kGrain * 16 / std::max<std::int64_t>(1, classes)),
               [=](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t row = begin; row < end; ++row) {
                   const auto target = static_cast<std::int64_t>(targets[row]);
                   const float* x = predictions + row * classes;
                   bool valid = target >= 0 && target < classes &&
                                std::isfinite(x[target]);
                   std::int64_t larger = 0;
                   for (std::int64_t j = 0; valid && j < classes; ++j) {
                     valid = std::isfinite(x[j]);
                     larger += x[j] > x[target];
                   }
                   result[row] = valid && larger < k;
                 }
               });
}

void unravel_index(KernelContext& c) {
  auto read = [](const Tensor& t, std::int64_t i) {
    return t.dtype() == int32
               ? std::int64_t{static_cast<const std::int32_t*>(t.raw_data())[i]}
               : static_cast<const std::int64_t*>(t.raw_data())[i];
  };
  const Tensor &indices = c.input(0), &dims_input = c.input(1);
  const std::int64_t rank = dims_input.num_elements();
  const std::int64_t count = indices.num_elements();
  std::vector<std::int64_t> dims;
  std::int64_t size = 1;
  for (std::int64_t d = 0; d < rank; ++d) {
    dims.push_back(read(dims_input, d));
    if (dims.back() == 0)
      throw InvalidArgumentError(
          "Input dims cannot contain a dim of zero, but dims contains zero at "
          "index ",
          d);
    if (dims.back() < 0)
      throw InvalidArgumentError("Input dims must not be negative, but dims[",
                                 d,
                                 "] is ",
                                 dims.back());
    if (__builtin_mul_overflow(size, dims.back(), &size))
      throw InvalidArgumentError(
          "Input dims product is causing integer "
          "overflow: (",
          dims_input.shape().debug_string(),
          ")");
  }
  for (std::int64_t i = 0; i < count; ++i) {
    std::int64_t rest = read(indices, i);
    if (rest >= size)
      throw InvalidArgumentError("index is out of bound as with dims");
    // Leading coordinates are quotients, so that a negative index stays one.
    std::int64_t stride = size;
    for (std::int64_t d = 0; d < rank; ++d) {
      stride /= dims[static_cast<std::size_t>(d)];
      store_index(c.output(), d * count + i, rest / stride);
      rest %= stride;
    }
  }
}

template <class T>
void bucketize(KernelContext& c) {
  const auto& bounds = c.attr<std::vector<float>>("boundaries");
  const T* x = c.in<T>(0).data();
  std::int32_t* y = c.out<std::int32_t>().data();
  parallel_for(c.output().num_elements(),
               kGrain,
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t i = begin; i < end; ++i)
                   y[i] = static_cast<std::int32_t>(
                       std::upper_bound(bounds.begin(), bounds.end(), x[i]) -
                       bounds.begin());
               });
}

/// All of the elements are looked at, so the result is exact.
template <class T>
void approx_top_k(KernelContext& c) {
  const Tensor& input = c.input(0);
  const auto k = c.attr<std::int64_t>("k");
  const bool largest = c.attr<bool>("is_max_k");
  const std::int64_t columns = input.shape()[-1];
  if (c.output(0).num_elements() == 0) return;
  const T* x = static_cast<const T*>(input.raw_data());
  T* values = c.out<T>(0).data();
  std::int32_t* indices = c.out<std::int32_t>(1).data();
  parallel_for(
      input.num_elements() / columns,
      std::max<std::int64_t>(1, kGrain / columns),
      [=](std::int64_t begin, std::int64_t end) {
        std::vector<std::int32_t> order(static_cast<std::size_t>(columns));
        for (std::int64_t row = begin; row < end; ++row) {
          const T* from = x + row * columns;
          std::iota(order.begin(), order.end(), 0);
          auto before = [&](std::int32_t a, std::int32_t b) {
            const float left = from[a], right = from[b];
            if (left != right) return largest ? left > right : left < right;
            return a < b;
          };
          std::partial_sort(
              order.begin(), order.begin() + k, order.end(), before);
          for (std::int64_t i = 0; i < k; ++i) {
            indices[row * k + i] = order[static_cast<std::size_t>(i)];
            values[row * k + i] = from[order[static_cast<std::size_t>(i)]];
          }
        }
      });
}

}  // namespace
}  // namespace kernels

void register_search_kernels(KernelRegistry& registry) {
  using namespace kernels;
  for_each_real_type([&]<class T>(TypeTag<T>) {
    registry.add("LowerBound", {{"T", dtype_of<T>}}, bound<T, false>);
    registry.add("UpperBound", {{"T", dtype_of<T>}}, bound<T, true>);
  });
  for (const char* op : {"InTopK", "InTopKV2"}) {
    registry.add(op, {{"T", int32}}, in_top_k<std::int32_t>);
    registry.add(op, {{"T", int64}}, in_top_k<std::int64_t>);
  }
  registry.add("UnravelIndex", {}, unravel_index);
  for_each_type<std::int32_t, std::int64_t, float, double>(
      [&]<class T>(TypeTag<T>) {
        registry.add("Bucketize", {{"T", dtype_of<T>}}, bucketize<T>);
      });
  for_each_type<Half, BFloat16, float>([&]<class T>(TypeTag<T>) {
    registry.add("ApproxTopK", {{"T", dtype_of<T>}}, approx_top_k<T>);
  });
}

}  // namespace tern
