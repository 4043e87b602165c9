// fill.cc: kernels that make tensors from values: fill, range, one-hot.

#include "kernels/cpu/plain/array/index_reader.h"
#include "kernels/cpu/plain/array/strided_copy.h"
#include "kernels/cpu/plain/math/element_types.h"
#include "ops/kernel.h"
#include "tern/core/error.h"

namespace tern {
namespace {

void fill(KernelContext& c) {
  Tensor& out = c.output();
  fill_elements(out.dtype(),
                out.mutable_data(),
                c.input(1).raw_data(),
                out.num_elements());
}

/// All bits zero is zero in every dtype; strings are made empty.
void zeros_like(KernelContext& c) {
  Tensor& out = c.output();
  if (out.dtype().is_object() || out.num_elements() == 0) return;
  const std::complex<double> zero = 0;
  fill_elements(out.dtype(), out.mutable_data(), &zero, out.num_elements());
}

template <class T>
void ones_like(KernelContext& c) {
  const T one(1.f);
  fill_elements(c.output().dtype(),
                c.output().mutable_data(),
                &one,
                c.output().num_elements());
}

/// Sums step by step, as TensorFlow does: the last digits depend on it.
template <class T>
void number_range(KernelContext& c) {
  const T delta = c.in<T>(2)[0];
  const auto out = c.out<T>();
  if (out.empty()) return;
  out[0] = c.in<T>(0)[0];
  for (std::size_t i = 1; i < out.size(); ++i) out[i] = T(out[i - 1] + delta);
}

template <class T>
void linspace(KernelContext& c) {
  const T start = c.in<T>(0)[0];
  const T stop = c.in<T>(1)[0];
  const auto out = c.out<T>();
  const std::size_t last = out.size() - 1;
  out[0] = start;
  if (last == 0) return;
  const T step = (stop - start) / static_cast<T>(last);
  for (std::size_t i = 1; i < last; ++i)
    out[i] = start + step * static_cast<T>(i);
  out[last] = stop;
}

/// indices [before, after] make [before, depth, after].
void one_hot(KernelContext& c) {
  const Shape& indices = c.input(0).shape();
  const std::int64_t depth = c.host_int(1);
  auto axis = static_cast<int>(c.attr<std::int64_t>("axis"));
  if (axis < 0) axis = indices.rank();
  std::int64_t after = 1;
  for (int i = axis; i < indices.rank(); ++i) after *= indices[i];
  Tensor& out = c.output();
  const DType dtype = out.dtype();
  fill_elements(
      dtype, out.mutable_data(), c.input(3).raw_data(), out.num_elements());
  const IndexReader index(c.input(0));
  for (std::int64_t i = 0; i < c.input(0).num_elements(); ++i) {
    if (index[i] < 0 || index[i] >= depth) continue;
    const std::int64_t place =
        (i / after * depth + index[i]) * after + i % after;
    copy_elements(
        dtype, at(dtype, out.mutable_data(), place), c.input(2).raw_data(), 1);
  }
}

}  // namespace

void register_fill_kernels(KernelRegistry& registry) {
  registry.add("Fill", {}, fill);
  registry.add("ZerosLike", {}, zeros_like);
  for_each_number_type([&]<class T>(TypeTag<T>) {
    registry.add("OnesLike", {{"T", dtype_of<T>}}, ones_like<T>);
  });
  registry.add("OnesLike", {{"T", bool_}}, ones_like<bool>);
  for_each_real_type([&]<class T>(TypeTag<T>) {
    // Range is not declared for uint8.
    if (!(dtype_of<T> == uint8))
      registry.add("Range", {{"Tidx", dtype_of<T>}}, number_range<T>);
  });
  registry.add("LinSpace", {{"T", float32}}, linspace<float>);
  registry.add("LinSpace", {{"T", float64}}, linspace<double>);
  registry.add("OneHot", {}, one_hot);
}

}  // namespace tern
