#pragma once

#include "kernels/common/convolution.h"

// What oneDNN does for Tern. It is in a library of its own, tern_onednn, which
// is opened at the first call that wants it: programs without a convolution
// need not wait for oneDNN to load.

namespace tern::onednn {

/// The entries of tern_onednn. Images and filters as Convolution has them, in
/// float; each call uses this lane's threads, and what it cuts into pieces
/// depends on the shape alone. False: oneDNN has nothing better than a
/// reference implementation, and nothing is computed.
struct Library {
  bool (*convolve)(const Convolution&,
                   const float* input,
                   const float* filter,
                   float* output);
  bool (*convolve_backprop_input)(const Convolution&,
                                  const float* filter,
                                  const float* dy,
                                  float* dx);
  bool (*convolve_backprop_filter)(const Convolution&,
                                   const float* input,
                                   const float* dy,
                                   float* dfilter);
};

/// Null where Tern was built without oneDNN, or tern_onednn is not there.
const Library* library();

}  // namespace tern::onednn
