#pragma once

#include "kernels/common/convolution.h"

// Convolutions by matrix products of patches: the reference, and what runs
// where oneDNN does not. Images with the channels last; T is float, double or
// int32_t. Work is cut by shape alone.

namespace tern {

template <class T>
void convolve(const Convolution& s, const T* input, const T* filter, T* output);

/// The gradient by the input, for dy of the output's shape.
template <class T>
void convolve_backprop_input(const Convolution& s,
                             const T* filter,
                             const T* dy,
                             T* dx);

/// The gradient by the filter.
template <class T>
void convolve_backprop_filter(const Convolution& s,
                              const T* input,
                              const T* dy,
                              T* dfilter);

}  // namespace tern
