// shape.cc: kernels that read no elements of their input, only its shape.

#include <limits>

#include "ops/kernel.h"
#include "tern/core/error.h"

namespace tern {
namespace {

/// A dimension or a count as `T`.
template <class T>
T narrow(const KernelContext& c, std::int64_t value) {
  if (value > std::numeric_limits<T>::max())
    throw InvalidArgumentError(
        c.op().name, " output type is 32-bit, but the value is ", value);
  return static_cast<T>(value);
}

template <class T>
void shapes(KernelContext& c) {
  for (int i = 0; i < c.num_inputs(); ++i) {
    T* out = c.out<T>(i).data();
    for (std::int64_t dim : c.input(i).shape()) *out++ = narrow<T>(c, dim);
  }
}

template <class T>
void size(KernelContext& c) {
  c.out<T>()[0] = narrow<T>(c, c.input(0).num_elements());
}

void rank(KernelContext& c) {
  c.out<std::int32_t>()[0] = c.input(0).shape().rank();
}

void reshape(KernelContext& c) { c.forward(0); }

}  // namespace

void register_shape_kernels(KernelRegistry& registry) {
  for (const char* op : {"Shape", "ShapeN"}) {
    registry.add(op, {{"out_type", int32}}, shapes<std::int32_t>);
    registry.add(op, {{"out_type", int64}}, shapes<std::int64_t>);
  }
  registry.add("Size", {{"out_type", int32}}, size<std::int32_t>);
  registry.add("Size", {{"out_type", int64}}, size<std::int64_t>);
  registry.add("Rank", {}, rank);
  for (const char* op : {"Reshape", "ExpandDims", "Squeeze"})
    registry.add(op, {}, reshape);
}

}  // namespace tern
