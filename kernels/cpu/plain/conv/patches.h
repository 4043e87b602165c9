#pragma once

#include <cstdint>

#include "kernels/common/convolution.h"

namespace tern {

/// The taps [begin, end) of a filter, counted in row-major order, on the
/// channels of one group.
struct TapRange {
  std::int64_t begin, end;
  std::int64_t group;
};

/// Makes a matrix of what the taps meet at output pixels [first, last), counted
/// over the batch: a row a pixel, [taps, group's channels] in it, zeros in the
/// padding.
template <class T>
void gather_patches(const Convolution& s,
                    const T* input,
                    TapRange taps,
                    std::int64_t first,
                    std::int64_t last,
                    T* patches);

/// Adds the rows of such a matrix to the pixels that the taps meet.
template <class T>
void scatter_patches(const Convolution& s,
                     const T* patches,
                     TapRange taps,
                     std::int64_t first,
                     std::int64_t last,
                     T* input);

}  // namespace tern
