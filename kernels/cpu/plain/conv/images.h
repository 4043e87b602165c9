#pragma once

#include <type_traits>

#include "kernels/common/narrow_floats.h"
#include "kernels/cpu/plain/array/strided_copy.h"
#include "tern/core/parallel.h"
#include "tern/core/tensor.h"

// Kernels see images with the channels last, in a dtype to compute in: half
// and bfloat16 are computed in float. What comes otherwise is converted here.

namespace tern {

template <class T>
using ComputeType = std::conditional_t<kernels::is_narrow<T>, float, T>;

/// Copies [batch, spatial…, channels] to [batch, channels, spatial…] or, with
/// `to_last`, the other way; both lie within `shape`'s sizes, which are those
/// of the layout with the channels second.
inline void move_channels(const Tensor& from, void* to, bool to_last) {
  const Shape& shape = from.shape();
  std::int64_t outer = shape[0];
  std::int64_t rows = to_last ? shape[1] : shape.slice(1, -1).num_elements();
  std::int64_t columns = to_last ? shape.slice(2).num_elements() : shape[-1];
  std::int64_t plane = rows * columns;
  strided_copy(from.dtype(),
               from.raw_data(),
               to,
               {{outer, plane, plane}, {columns, 1, rows}, {rows, columns, 1}});
}

/// Calls convert(begin, end) for all of n elements.
template <class F>
void convert_in_pieces(std::int64_t n, F convert) {
  constexpr std::int64_t kGrain = 1 << 15;
  parallel_for(n, kGrain, convert);
}

/// An input of dtype T, read as ComputeType<T> with the channels last.
template <class T>
class InputImages {
 public:
  using C = ComputeType<T>;

  InputImages(const Tensor& tensor, bool channels_first) : held_(tensor) {
    if (channels_first) {
      const Shape& shape = tensor.shape();
      Shape last = shape;
      for (int i = 1; i < shape.rank(); ++i)
        last.set_dim(i, shape[i + 1 < shape.rank() ? i + 1 : 1]);
      Tensor moved = Tensor::allocate(tensor.dtype(), last);
      move_channels(tensor, moved.mutable_data(), /*to_last=*/true);
      held_ = moved;
    }
    if constexpr (kernels::is_narrow<T>) {
      Tensor wide = Tensor::allocate(float32, held_.shape());
      const T* from = held_.template data<T>();
      float* to = wide.template data<float>();
      convert_in_pieces(wide.num_elements(),
                        [=](std::int64_t begin, std::int64_t end) {
                          kernels::widen(from + begin, to + begin, end - begin);
                        });
      held_ = wide;
    }
  }
  const C* data() const { return static_cast<const C*>(held_.raw_data()); }

 private:
  Tensor held_;
};

/// An output of dtype T, written as ComputeType<T> with the channels last; in
/// place where it is that already.
template <class T>
class OutputImages {
 public:
  using C = ComputeType<T>;

  OutputImages(Tensor& target, bool channels_first)
      : target_(target), channels_first_(channels_first) {
    if (channels_first || kernels::is_narrow<T>) {
      const Shape& shape = target.shape();
      Shape last = shape;
      if (channels_first)
        for (int i = 1; i < shape.rank(); ++i)
          last.set_dim(i, shape[i + 1 < shape.rank() ? i + 1 : 1]);
      written_ = Tensor::allocate(dtype_of<C>, last);
    }
  }
  C* data() {
    Tensor& tensor = written_.defined() ? written_ : target_;
    return static_cast<C*>(tensor.mutable_data());
  }
  /// Brings what was written into the output.
  void finish() {
    if (!written_.defined()) return;
    Tensor narrowed = written_;
    if constexpr (kernels::is_narrow<T>) {
      if (channels_first_)
        narrowed = Tensor::allocate(dtype_of<T>, written_.shape());
      T* to = channels_first_ ? narrowed.template data<T>()
                              : target_.template data<T>();
      const float* from = static_cast<const float*>(written_.raw_data());
      convert_in_pieces(
          written_.num_elements(), [=](std::int64_t begin, std::int64_t end) {
            kernels::narrow(from + begin, to + begin, end - begin);
          });
    }
    if (channels_first_)
      move_channels(narrowed, target_.mutable_data(), /*to_last=*/false);
  }

 private:
  Tensor& target_;
  bool channels_first_;
  Tensor written_;
};

}  // namespace tern
